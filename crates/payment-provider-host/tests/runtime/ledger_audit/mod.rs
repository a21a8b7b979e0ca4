//! The audit of the ledger finds every change that was made past the runtime.

mod large_ledgers;
mod payments;
mod refunds;

use payment_provider_core::*;
use payment_provider_host::accounting::CloseReason;
use payment_provider_host::ledger::audit::Invariant as I;
use payment_provider_host::ledger::audit::LedgerReport;

use crate::fixture::database::{Database, each_database, tamper};
use crate::fixture::{Bench, invoice, organization};
use crate::gateway::paid_event;

each_database! {
    the_postings_of_the_runtime_add_up,
}

impl Bench {
    async fn audit(&self) -> LedgerReport {
        self.host.audit_ledger(None).await.unwrap()
    }

    async fn paid(&self, reference: &str, amount: &str) {
        let payment = self.gateway.pay(reference, amount);
        self.receive(&[paid_event(reference, &payment)]).await;
        self.apply_all().await;
    }

    /// One more connection, and one of another organization.
    async fn add_others(&self) {
        let other = OrganizationId::new("other").unwrap();
        for (organization, code) in [(organization(), "second"), (other, "theirs")] {
            self.add_connection_of(&organization, code, "k1").await;
        }
    }

    /// An invoice over 100.00 for which 100.00 and then 40.00 came in.
    async fn overpaid(database: Database) -> Self {
        let bench = Self::new(database).await;
        let url = bench.url(&invoice("inv", "100.00")).await;
        for amount in ["100.00", "40.00"] {
            bench.paid(url.reference.as_str(), amount).await;
        }
        let totals = bench.totals("inv").await;
        assert_eq!(totals, "140.00 100.00 40.00 succeeded");
        bench
    }
}

async fn the_postings_of_the_runtime_add_up(database: Database) {
    let bench = Bench::overpaid(database).await;
    // An instalment, an attempt that failed, and money in another currency.
    let mut partly = invoice("partly", "100.00");
    partly.partial_payments = Some(PartialPayments::any());
    let url = bench.url(&partly).await;
    let reference = url.reference.as_str();
    bench.paid(reference, "30.00").await;
    let failed = bench
        .gateway
        .attempt(reference, "70.00", PaymentStatus::Failed);
    bench.receive(&[paid_event(reference, &failed)]).await;
    let dollars = Money::from_decimal("5.00", Currency::USD).unwrap();
    let id = PaymentId::new("dollars").unwrap();
    let dollars = Payment::new(id, PaymentStatus::Succeeded, dollars);
    bench.gateway.add_to_list(reference, dollars.clone());
    bench.report(paid_event(reference, &dollars)).await;
    // Voided, then paid all the same; and voided before anything came.
    let late = invoice("late", "20.00");
    let url = bench.url(&late).await;
    bench.gateway.state().will_not_cancel = true;
    bench.host.close(&late, CloseReason::Voided).await.unwrap();
    bench.paid(url.reference.as_str(), "20.00").await;
    bench
        .host
        .close(&partly, CloseReason::PaidElsewhere)
        .await
        .unwrap();

    let report = bench.audit().await;
    assert!(report.is_sound(), "{:#?}", report.findings);
    assert_eq!((report.payables, report.payments, report.posted), (3, 6, 5));
    assert_eq!((report.dedup_keys, report.refunds), (6, 0));
    let totals: Vec<_> = report
        .totals
        .iter()
        .map(|of| {
            let word = of.currency.code();
            (word, of.received, of.applied, of.overpaid, of.elsewhere)
        })
        .collect();
    assert_eq!(
        totals,
        [("INR", 19_000, 13_000, 6_000, 0), ("USD", 0, 0, 0, 500)]
    );
    let ours = bench.host.audit_ledger(Some(&organization())).await;
    assert_eq!(ours.unwrap(), report);
    let unknown_organization = OrganizationId::new("unknown").unwrap();
    let none = bench
        .host
        .audit_ledger(Some(&unknown_organization))
        .await
        .unwrap();
    assert!(none.is_sound());
    assert_eq!((none.payables, none.dedup_keys), (0, 0));
}

const OTHER: &str = "(SELECT max(connection_pk) FROM connections WHERE code = 'second')";

const FOREIGN: &str =
    "(SELECT max(connection_pk) FROM connections WHERE organization_id = 'other')";

/// Changes the rows of a sound ledger, and asserts that the audit finds exactly these invariants broken. A
/// finding names its payable unless its invariant is one of the `dangling` ones.
async fn assert_found(bench: &Bench, statement: &str, expected: &[I], dangling: &[I]) {
    bench.add_others().await;
    bench.assert_sound().await;
    let statement = statement
        .replace("OTHER", OTHER)
        .replace("FOREIGN", FOREIGN);
    tamper(&bench.host, &statement).await;
    let report = bench.audit().await;
    let found: Vec<_> = report.findings.iter().map(|one| one.invariant).collect();
    assert_eq!(found, expected, "{statement}\n{:#?}", report.findings);
    for finding in &report.findings {
        assert_ne!(finding.stated, finding.expected, "{finding}");
        let is_dangling = dangling.contains(&finding.invariant);
        assert_eq!(finding.payable.is_none(), is_dangling, "{finding}");
    }
}
