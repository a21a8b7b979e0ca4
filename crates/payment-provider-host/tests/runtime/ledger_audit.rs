//! The audit of the ledger finds every change that was made past the runtime.

use payment_provider_core::*;
use payment_provider_host::accounting::CloseReason;
use payment_provider_host::ledger::audit::Invariant as I;
use payment_provider_host::ledger::audit::{About, Finding, LedgerReport, Stated};
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database, tamper};
use crate::fixture::{Bench, invoice, organization};
use crate::gateway::paid_event;

each_database! {
    the_postings_of_the_runtime_add_up,
    each_total_and_each_row_that_is_tampered_with_is_found,
    a_finding_says_whose_payable_it_is_and_both_numbers,
    one_of_a_hundred_thousand_payables_is_found,
    more_findings_than_can_be_listed_are_counted,
    refunds_that_the_runtime_counts_add_up_in_every_status,
    a_refund_that_waits_for_its_payment_is_on_no_account_until_then,
    each_refund_that_is_tampered_with_is_found,
    a_finding_says_which_refund_it_is_about,
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
    bench.receive(&[paid_event(reference, &dollars)]).await;
    bench.apply_all().await;
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
const SECOND: &str = "allocation_outcome = 'duplicate'";

/// Changes of the rows of an overpaid invoice, each with the invariants that it breaks.
const TAMPERED: &[(&str, &[I])] = &[
    (
        "UPDATE payables SET received = received - 1, overpaid = overpaid - 1",
        &[I::Received, I::Overpaid],
    ),
    (
        "UPDATE payables SET applied = applied - 1, overpaid = overpaid + 1",
        &[I::Applied, I::Overpaid, I::Split],
    ),
    (
        "UPDATE payables SET applicable = applicable + 500",
        &[I::Split, I::Applicable],
    ),
    ("UPDATE payables SET amount = amount + 1", &[I::Applicable]),
    (
        "UPDATE payables SET currency = 'USD'",
        &[
            I::Currency,
            I::Currency,
            I::Received,
            I::Applied,
            I::Overpaid,
        ],
    ),
    (
        "UPDATE payments SET amount = amount + 1, overpaid = overpaid + 1 WHERE SECOND",
        &[I::Details, I::Received, I::Overpaid],
    ),
    (
        "UPDATE payments SET applied = applied - 1, overpaid = overpaid + 1 WHERE allocation_outcome = 'exact'",
        &[I::Applied, I::Overpaid],
    ),
    (
        "UPDATE payments SET applied = -1, overpaid = amount + 1 WHERE SECOND",
        &[I::Shares, I::Applied, I::Overpaid],
    ),
    (
        "UPDATE payments SET allocation_outcome = 'currency_mismatch' WHERE allocation_outcome = 'exact'",
        &[I::Shares, I::Received, I::Applied],
    ),
    (
        "UPDATE payments SET allocation_outcome = NULL WHERE SECOND",
        &[I::Posted, I::Received, I::Overpaid],
    ),
    (
        "UPDATE payments SET status = 'failed' WHERE SECOND",
        &[I::Details, I::Posted],
    ),
    (
        "UPDATE payments SET currency = 'USD' WHERE SECOND",
        &[I::Details, I::Currency, I::Received, I::Overpaid],
    ),
    (
        "UPDATE payments SET details = '{}' WHERE SECOND",
        &[I::Details],
    ),
    (
        "UPDATE payments SET gateway_payment_id = 'x' WHERE SECOND",
        &[I::Details, I::DedupKey],
    ),
    (
        "DELETE FROM dedup_keys WHERE payment_pk = (SELECT payment_pk FROM payments WHERE SECOND)",
        &[I::DedupKey],
    ),
    (
        "UPDATE dedup_keys SET payment_pk = (SELECT min(payment_pk) FROM payments)",
        &[I::DedupKey],
    ),
    (
        "UPDATE dedup_keys SET payment_pk = 999 WHERE payment_pk = (SELECT payment_pk FROM payments WHERE SECOND)",
        &[I::DedupKey, I::DedupKeyPayment],
    ),
    (
        "UPDATE dedup_keys SET connection_pk = OTHER WHERE payment_pk = (SELECT payment_pk FROM payments WHERE SECOND)",
        &[I::DedupKey, I::DedupKeyPayment],
    ),
    (
        "UPDATE payments SET connection_pk = OTHER WHERE SECOND",
        &[I::Connection, I::DedupKey, I::DedupKeyPayment],
    ),
    (
        "UPDATE checkouts SET connection_pk = FOREIGN; UPDATE payments SET connection_pk = FOREIGN;
             UPDATE dedup_keys SET connection_pk = FOREIGN",
        &[I::Organization, I::Organization],
    ),
    (
        "UPDATE payments SET checkout_pk = 999 WHERE SECOND",
        &[I::Received, I::Overpaid, I::PaymentCheckout],
    ),
    (
        "DELETE FROM payments WHERE SECOND",
        &[I::Received, I::Overpaid, I::DedupKeyPayment],
    ),
    (
        "UPDATE payables SET closed = 'voided', applicable = applicable + 7",
        &[I::Split, I::Applicable],
    ),
];

async fn each_total_and_each_row_that_is_tampered_with_is_found(database: Database) {
    for (statement, expected) in TAMPERED {
        let bench = Bench::overpaid(database).await;
        bench.add_others().await;
        let report = bench.audit().await;
        assert!(report.is_sound(), "{:#?}", report.findings);
        let statement = statement
            .replace("OTHER", OTHER)
            .replace("FOREIGN", FOREIGN)
            .replace("SECOND", SECOND);
        tamper(&bench.host, &statement).await;
        let report = bench.audit().await;
        let found: Vec<_> = report.findings.iter().map(|one| one.invariant).collect();
        assert_eq!(found, *expected, "{statement}\n{:#?}", report.findings);
        for finding in &report.findings {
            assert_ne!(finding.stated, finding.expected, "{finding}");
            let is_dangling = [I::DedupKeyPayment, I::PaymentCheckout].contains(&finding.invariant);
            assert_eq!(finding.payable.is_none(), is_dangling, "{finding}");
        }
    }
}

async fn a_finding_says_whose_payable_it_is_and_both_numbers(database: Database) {
    let bench = Bench::overpaid(database).await;
    let statement = "UPDATE payables SET received = 13999, overpaid = 3999";
    tamper(&bench.host, statement).await;
    let report = bench.host.audit_ledger(Some(&organization())).await;
    let finding = report.unwrap().findings.remove(0);
    assert_eq!(finding.organization, Some(organization()));
    assert_eq!(finding.payable, Some(PayableId::new("inv").unwrap()));
    let rupees = |amount| Money::from_decimal(amount, Currency::INR).unwrap();
    assert_eq!(finding.stated, Stated::Amount(rupees("139.99")));
    assert_eq!(finding.expected, Stated::Amount(rupees("140.00")));
    assert_eq!(
        finding.to_string(),
        "payable inv: received is not the sum of its posted payments: INR 139.99 instead of \
         INR 140.00"
    );
    let unknown_organization = OrganizationId::new("unknown").unwrap();
    let theirs = bench
        .host
        .audit_ledger(Some(&unknown_organization))
        .await
        .unwrap();
    assert!(theirs.is_sound(), "inside one organization");
}

/// The payables of one month of a platform, each with one payment, part of which is refunded; then the statistics of the
/// database, which otherwise are collected later.
const MANY: &str = "
    INSERT INTO payables (organization_id, payable_id, currency, amount, applicable, received, applied,
            overpaid, refunded, created_at)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
        SELECT 'org', 'many-' || i, 'INR', 100, 100, 100, 100, 0, 7, 1 FROM n;
    INSERT INTO checkouts (payable_pk, connection_pk, attempt, reference, customer_id, environment,
            currency, amount, partial, prepared, expires_at, state, tries, tried_at, conflicting,
            created_at)
        SELECT payable_pk, (SELECT connection_pk FROM connections), 1, 'r' || payable_pk, 'c', 'sandbox',
            'INR', 100, false, '{}', 1, 'paid', 1, 1, false, 1 FROM payables;
    INSERT INTO payments (checkout_pk, connection_pk, gateway_payment_id, status, currency, amount,
            details, allocation_outcome, applied, overpaid, seen_at)
        SELECT checkout_pk, connection_pk, 'p' || checkout_pk, 'succeeded', 'INR', 100,
            replace('DETAILS', 'ID', 'p' || checkout_pk), 'exact', 100, 0, 1 FROM checkouts;
    INSERT INTO dedup_keys (connection_pk, dedup_key, payment_pk, applied_at)
        SELECT connection_pk, 'payment:succeeded:' || gateway_payment_id, payment_pk, 1 FROM payments;
    INSERT INTO refunds (checkout_pk, connection_pk, gateway_refund_id, gateway_payment_id, status,
            currency, amount, details, seen_at)
        SELECT checkout_pk, connection_pk, 'r' || checkout_pk, gateway_payment_id, 'succeeded', 'INR', 7,
            replace(replace('REFUND', 'ID', 'r' || checkout_pk), 'PAYMENT', gateway_payment_id), 1
        FROM payments;
    ANALYZE";

/// Returns a ledger of this many payables.
async fn many(database: Database, count: &str) -> Bench {
    let bench = Bench::new(database).await;
    let id = PaymentId::new("ID").unwrap();
    let amount = Money::from_minor_units(100, Currency::INR);
    let payment = Payment::new(id, PaymentStatus::Succeeded, amount);
    let details = serde_json::to_string(&payment).unwrap();
    let amount = Money::from_minor_units(7, Currency::INR);
    let mut refund = Refund::new(
        RefundId::new("ID").unwrap(),
        RefundStatus::Succeeded,
        amount,
    );
    refund.payment_id = PaymentId::new("PAYMENT").ok();
    let refund = serde_json::to_string(&refund).unwrap();
    let fill = MANY
        .replace("DETAILS", &details)
        .replace("REFUND", &refund)
        .replace("100000", count);
    tamper(&bench.host, &fill).await;
    bench
}

async fn one_of_a_hundred_thousand_payables_is_found(database: Database) {
    let bench = many(database, "100000").await;
    let last = "UPDATE payables SET received = 99, applied = 99 WHERE payable_id = 'many-100000'";
    tamper(&bench.host, last).await;
    let begun = std::time::Instant::now();
    let report = bench.audit().await;
    println!("100000 payables audited in {:?}", begun.elapsed());
    let counts = (report.payables, report.posted, report.refunds);
    assert_eq!(counts, (100_000, 100_000, 100_000));
    assert_eq!(report.dedup_keys, 100_000);
    assert_eq!(report.totals[0].received, 9_999_999);
    assert_eq!(report.totals[0].refunded, 700_000);
    let found: Vec<_> = report.findings.iter().map(|one| one.invariant).collect();
    assert_eq!(found, [I::Received, I::Applied], "{:#?}", report.findings);
    let payable = PayableId::new("many-100000").unwrap();
    let is_it = |finding: &Finding| finding.payable.as_ref() == Some(&payable);
    assert!(report.findings.iter().all(is_it));
}

async fn more_findings_than_can_be_listed_are_counted(database: Database) {
    let bench = many(database, "1700").await;
    let report = bench.audit().await;
    assert!(report.is_sound(), "{:#?}", report.findings);
    tamper(&bench.host, "UPDATE payables SET amount = 101").await;
    let report = bench.audit().await;
    assert_eq!((report.findings.len(), report.unlisted), (1_000, 700));
    assert!(!report.is_sound());
}

/// A refund that names its payment and its order, as gateways report it.
fn refund(id: &str, payment: &Payment, status: RefundStatus, amount: &str) -> Event {
    let amount = Money::from_decimal(amount, Currency::INR).unwrap();
    let mut refund = Refund::new(RefundId::new(id).unwrap(), status, amount);
    refund.payment_id = Some(payment.id.clone());
    refund_event(payment, refund)
}

fn refund_event(payment: &Payment, refund: Refund) -> Event {
    let target = EventTarget::none().with_order_id(payment.order_id.clone());
    Event::new("REFUND", target, EventKind::Refund(refund))
}

impl Bench {
    /// Two invoices over 100.00, each paid; 30.00 of one given back, and of the other 20.00, 5.00 that
    /// came back, and 7.00 that are under way.
    async fn refunded(database: Database) -> Self {
        let bench = Self::new(database).await;
        let mut payments = Vec::new();
        for id in ["inv", "other"] {
            let url = bench.url(&invoice(id, "100.00")).await;
            let reference = url.reference.as_str();
            let payment = bench.gateway.pay(reference, "100.00");
            bench.report(paid_event(reference, &payment)).await;
            payments.push(payment);
        }
        let [one, two] = &payments[..] else {
            unreachable!()
        };
        for event in [
            refund("r1", one, RefundStatus::Succeeded, "30.00"),
            refund("r2", two, RefundStatus::Succeeded, "20.00"),
            refund("r3", two, RefundStatus::Succeeded, "5.00"),
            refund("r3", two, RefundStatus::Failed, "5.00"),
            refund("r4", two, RefundStatus::Pending, "7.00"),
        ] {
            bench.report(event).await;
        }
        bench
    }
}

async fn refunds_that_the_runtime_counts_add_up_in_every_status(database: Database) {
    let bench = Bench::refunded(database).await;
    let payment = {
        let state = bench.gateway.state();
        let paid = state.links.values().find_map(|link| link.payments.first());
        paid.unwrap().clone()
    };
    // In another currency; of a word that looks like ours; and of nothing.
    let dollars = Money::from_decimal("5.00", Currency::USD).unwrap();
    let odd = Money::from_decimal("1.00", Currency::INR).unwrap();
    for (id, status, amount) in [
        ("dollars", RefundStatus::Succeeded, dollars),
        ("odd", RefundStatus::Unknown("succeeded".to_owned()), odd),
        ("zero", RefundStatus::Succeeded, Money::zero(Currency::INR)),
        ("nul", RefundStatus::Unknown("a\0b ₹".to_owned()), odd),
    ] {
        let mut refund = Refund::new(RefundId::new(id).unwrap(), status, amount);
        refund.payment_id = Some(payment.id.clone());
        bench.report(refund_event(&payment, refund)).await;
    }
    // Reported before its payment, which is fetched.
    let url = bench.url(&invoice("early", "10.00")).await;
    let early = bench.gateway.pay(url.reference.as_str(), "10.00");
    let mut refund = refund("early", &early, RefundStatus::Succeeded, "10.00");
    refund.target = crate::gateway::about(url.reference.as_str());
    bench.report(refund).await;
    // An attempt of a word that looks like ours.
    let status = PaymentStatus::Unknown("succeeded".to_owned());
    let attempt = bench
        .gateway
        .attempt(url.reference.as_str(), "1.00", status);
    bench
        .report(paid_event(url.reference.as_str(), &attempt))
        .await;

    let report = bench.audit().await;
    assert!(report.is_sound(), "{:#?}", report.findings);
    assert_eq!((report.payables, report.refunds), (3, 9));
    let totals = report.totals.iter().map(|of| {
        let word = of.currency.code();
        (word, of.received, of.refunded, of.refunded_elsewhere)
    });
    let totals: Vec<_> = totals.collect();
    assert_eq!(totals, [("INR", 21_000, 6_000, 0), ("USD", 0, 0, 500)]);
}

async fn a_refund_that_waits_for_its_payment_is_on_no_account_until_then(database: Database) {
    let bench = Bench::new(database).await;
    bench.gateway.state().unaskable = true;
    let url = bench.url(&invoice("inv", "100.00")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "100.00");
    bench
        .report(refund("r1", &payment, RefundStatus::Succeeded, "30.00"))
        .await;
    let report = bench.audit().await;
    assert!(report.is_sound(), "{:#?}", report.findings);
    assert_eq!((report.refunds, report.totals[0].refunded), (0, 0));
    bench
        .report(paid_event(url.reference.as_str(), &payment))
        .await;
    let report = bench.audit().await;
    assert!(report.is_sound(), "{:#?}", report.findings);
    assert_eq!((report.refunds, report.totals[0].refunded), (1, 3_000));
}

/// Changes of the rows of two invoices with refunds, each with the invariants that it breaks.
const REFUNDS_TAMPERED: &[(&str, &[I])] = &[
    ("UPDATE payables SET refunded = 2999 WHERE INV", &[I::Refunded]),
    ("UPDATE payables SET refunded = 0", &[I::Refunded, I::Refunded]),
    (
        "UPDATE refunds SET amount = amount - 1 WHERE R1",
        &[I::Details, I::Refunded],
    ),
    (
        "UPDATE refunds SET amount = amount - 1 WHERE gateway_refund_id = 'r4'",
        &[I::Details],
    ),
    (
        "UPDATE refunds SET amount = amount - 1, details = replace(details, '3000', '2999') WHERE R1",
        &[I::Refunded],
    ),
    (
        "UPDATE refunds SET status = 'failed' WHERE R1",
        &[I::Details, I::Refunded],
    ),
    (
        "UPDATE refunds SET status = 'succeeded' WHERE gateway_refund_id = 'r3'",
        &[I::Details, I::Refunded],
    ),
    (
        "UPDATE refunds SET details = replace(details, '\"succeeded\"', '{\"unknown\":\"succeeded\"}')
             WHERE R1",
        &[I::Refunded],
    ),
    (
        "UPDATE refunds SET currency = 'USD' WHERE R1",
        &[I::Details, I::Refunded],
    ),
    ("UPDATE refunds SET details = '{}' WHERE R1", &[I::Details]),
    (
        "UPDATE refunds SET gateway_refund_id = 'x' WHERE R1",
        &[I::Details],
    ),
    (
        "UPDATE refunds SET gateway_payment_id = NULL WHERE R1",
        &[I::Details],
    ),
    (
        "UPDATE refunds SET gateway_payment_id = 'x' WHERE R1",
        &[I::Details, I::RefundPayment],
    ),
    (
        "UPDATE refunds SET connection_pk = OTHER WHERE R1",
        &[I::Connection, I::RefundPayment],
    ),
    (
        "UPDATE checkouts SET connection_pk = FOREIGN WHERE MINE; UPDATE payments SET connection_pk =
             FOREIGN WHERE MINE; UPDATE dedup_keys SET connection_pk = FOREIGN WHERE payment_pk IN
             (SELECT payment_pk FROM payments WHERE MINE);
         UPDATE refunds SET connection_pk = FOREIGN WHERE MINE",
        &[I::Organization, I::Organization],
    ),
    (
        "UPDATE refunds SET checkout_pk = THEIRS WHERE R1",
        &[I::Refunded, I::RefundPayment, I::Refunded],
    ),
    (
        "UPDATE refunds SET checkout_pk = 999 WHERE R1",
        &[I::Refunded, I::RefundCheckout],
    ),
    ("DELETE FROM refunds WHERE R1", &[I::Refunded]),
    (
        "DELETE FROM dedup_keys WHERE payment_pk IN (SELECT payment_pk FROM payments WHERE MINE);
         DELETE FROM payments WHERE MINE; UPDATE payables SET received = 0, applied = 0 WHERE INV",
        &[I::RefundPayment],
    ),
    (
        "UPDATE payables SET currency = 'USD' WHERE INV",
        &[
            I::Currency,
            I::Received,
            I::Applied,
            I::Refunded,
        ],
    ),
];

/// The one checkout of each invoice.
const MINE: &str = "checkout_pk = (SELECT min(checkout_pk) FROM checkouts)";
const THEIRS: &str = "(SELECT max(checkout_pk) FROM checkouts)";

async fn each_refund_that_is_tampered_with_is_found(database: Database) {
    for (statement, expected) in REFUNDS_TAMPERED {
        let bench = Bench::refunded(database).await;
        bench.add_others().await;
        let report = bench.audit().await;
        assert!(report.is_sound(), "{:#?}", report.findings);
        let statement = statement
            .replace("OTHER", OTHER)
            .replace("FOREIGN", FOREIGN)
            .replace("THEIRS", THEIRS)
            .replace("MINE", MINE)
            .replace("INV", "payable_id = 'inv'")
            .replace("R1", "gateway_refund_id = 'r1'");
        tamper(&bench.host, &statement).await;
        let report = bench.audit().await;
        let found: Vec<_> = report.findings.iter().map(|one| one.invariant).collect();
        assert_eq!(found, *expected, "{statement}\n{:#?}", report.findings);
        for finding in &report.findings {
            assert_ne!(finding.stated, finding.expected, "{finding}");
            let is_dangling = finding.invariant == I::RefundCheckout;
            assert_eq!(finding.payable.is_none(), is_dangling, "{finding}");
        }
    }
}

async fn a_finding_says_which_refund_it_is_about(database: Database) {
    let bench = Bench::refunded(database).await;
    let statement = "UPDATE refunds SET status = 'failed' WHERE gateway_refund_id = 'r1'";
    tamper(&bench.host, statement).await;
    let [details, total] = &bench.audit().await.findings[..] else {
        panic!("two findings")
    };
    assert_eq!(details.about, Some(About::Refund("r1".to_owned())));
    assert_eq!(total.about, None);
    assert_eq!(
        [details.to_string(), total.to_string()],
        [
            "payable inv, refund r1: its columns disagree with its details: failed instead of \
             succeeded",
            "payable inv: refunded is not the sum of its refunds: INR 30.00 instead of INR 0.00",
        ]
    );
}
