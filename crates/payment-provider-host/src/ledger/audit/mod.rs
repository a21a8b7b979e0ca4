//! Proving the books: that every total is what its payments and refunds make it.

mod payable;
mod payments;
mod refunds;
mod report;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use payment_provider_core::{
    Currency, DedupKey, Money, OrganizationId, Payment, PaymentId, PaymentStatus,
};

use super::Ledger;
use crate::accounting::{AllocationOutcome, PayableRecord, gives_back};
use crate::error::Error;
use crate::store::{
    AuditedPayment, AuditedRefund, DanglingKind, DanglingRow, StoreError, Transaction,
};
use payable::{Checked, findings};
pub use report::{About, CurrencyTotals, Finding, Invariant, LedgerReport, Stated};

/// How many payables are read at once.
const BATCH: i64 = 500;
/// How many findings are listed.
const MOST_FINDINGS: usize = 1_000;

impl Ledger {
    /// Proves that the books of an organization, or of all, add up: every total from the payments or
    /// refunds it is made of, every payment by the effect that keeps it from being counted twice, and
    /// whose each of them is.
    /// What does not add up is listed with both numbers.
    ///
    /// Reads in batches, each on one consistent state, so that bookings go on meanwhile; changes
    /// nothing.
    ///
    /// **Errors.** The store failed, or holds what cannot be read at all.
    pub(crate) async fn audit(
        &self,
        organization: Option<&OrganizationId>,
    ) -> Result<LedgerReport, Error> {
        let store = &self.store;
        let mut sums = Sums::default();
        let mut after = 0;
        loop {
            let mut tx = store.begin_read().await?;
            let payables = tx.audited_payables(organization, after, BATCH).await?;
            let Some(last) = payables.last() else { break };
            let through = last.pk;
            let payments = tx.audited_payments(organization, after, through).await?;
            let refunds = tx.audited_refunds(organization, after, through).await?;
            let dedup_keys = self.dedup_keys_of(&mut tx, &payments, &refunds).await?;
            tx.commit().await?;
            sums.add_all(&payables, &payments, &refunds, &dedup_keys);
            after = through;
        }
        let mut tx = store.begin_read().await?;
        let dedup_keys = tx.count_dedup_keys(organization).await?;
        let most = i64::try_from(MOST_FINDINGS).unwrap_or(i64::MAX);
        let loose = tx.dangling_rows(organization, most).await?;
        tx.commit().await?;
        for end in loose {
            sums.find(of_loose_end(end));
        }
        Ok(sums.into_report(dedup_keys))
    }

    /// For which payment the dedup_keys are recorded of each booked payment, and of each that a refund
    /// names: mostly the same ones.
    async fn dedup_keys_of<'a>(
        &self,
        tx: &mut Transaction,
        payments: &'a [AuditedPayment],
        refunds: &'a [AuditedRefund],
    ) -> Result<DedupKeys<'a>, StoreError> {
        let booked = payments
            .iter()
            .filter(|row| row.allocation_outcome.is_some());
        let booked = booked.map(|row| (row.connection_pk, row.id.as_str()));
        let given_back = refunds
            .iter()
            .filter_map(|row| Some((row.connection_pk, row.payment_id.as_deref()?)));
        let names: BTreeSet<_> = booked.chain(given_back).collect();
        let (names, keys): (Vec<_>, Vec<_>) = names
            .into_iter()
            .filter_map(|name| Some((name, (name.0, key_of(name.1)?))))
            .unzip();
        let found = tx.payments_of_dedup_keys(&keys).await?;
        let found = names.into_iter().zip(found);
        Ok(found
            .filter_map(|(name, effect)| Some((name, effect?)))
            .collect())
    }
}

/// Keys of payments by the connections and the ids under which they are booked.
type DedupKeys<'a> = HashMap<(i64, &'a str), i64>;

/// The key under which a payment was booked, by what is in a column: that is what it is found by.
fn key_of(payment: &str) -> Option<DedupKey> {
    let id = PaymentId::new(payment).ok()?;
    let amount = Money::zero(Currency::INR);
    Some(Payment::new(id, PaymentStatus::Succeeded, amount).dedup_key())
}

#[derive(Default)]
struct Sums {
    payables: u64,
    payments: u64,
    booked: u64,
    refunds: u64,
    totals: BTreeMap<String, CurrencyTotals>,
    findings: Vec<Finding>,
    unlisted: u64,
}

impl Sums {
    fn add_all(
        &mut self,
        payables: &[PayableRecord],
        payments: &[AuditedPayment],
        refunds: &[AuditedRefund],
        dedup_keys: &DedupKeys<'_>,
    ) {
        let mut payments_of: HashMap<i64, Vec<Checked<'_, AuditedPayment>>> = HashMap::new();
        for row in payments {
            self.payments += 1;
            self.booked += u64::from(row.allocation_outcome.is_some());
            let effect = dedup_keys.get(&(row.connection_pk, row.id.as_str()));
            let effect = effect.copied();
            let of_payable = payments_of.entry(row.payable_pk).or_default();
            of_payable.push(Checked { row, effect });
        }
        let mut refunds_of: HashMap<i64, Vec<Checked<'_, AuditedRefund>>> = HashMap::new();
        for row in refunds {
            self.refunds += 1;
            let payment = row.payment_id.as_deref();
            let effect = payment.and_then(|id| dedup_keys.get(&(row.connection_pk, id)).copied());
            let of_payable = refunds_of.entry(row.payable_pk).or_default();
            of_payable.push(Checked { row, effect });
        }
        for payable in payables {
            self.payables += 1;
            let totals = self.totals_of(payable.currency);
            totals.received += i128::from(payable.received);
            totals.applied += i128::from(payable.applied);
            totals.overpaid += i128::from(payable.overpaid);
            totals.refunded += i128::from(payable.refunded);
            let payments = payments_of.remove(&payable.pk).unwrap_or_default();
            let refunds = refunds_of.remove(&payable.pk).unwrap_or_default();
            for Checked { row, .. } in &payments {
                if row.allocation_outcome == Some(AllocationOutcome::CurrencyMismatch) {
                    self.totals_of(row.currency).elsewhere += i128::from(row.amount);
                }
            }
            for Checked { row, .. } in &refunds {
                let (status, amount) = refunds::as_it_stands(row);
                if row.currency != payable.currency && gives_back(&status, amount) {
                    self.totals_of(row.currency).refunded_elsewhere += i128::from(row.amount);
                }
            }
            for finding in findings(payable, &payments, &refunds) {
                self.find(finding);
            }
        }
    }

    fn totals_of(&mut self, currency: Currency) -> &mut CurrencyTotals {
        self.totals
            .entry(currency.code().to_owned())
            .or_insert(CurrencyTotals::none(currency))
    }

    fn find(&mut self, finding: Finding) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        } else {
            self.unlisted += 1;
        }
    }

    fn into_report(self, dedup_keys: i64) -> LedgerReport {
        LedgerReport {
            payables: self.payables,
            payments: self.payments,
            booked: self.booked,
            refunds: self.refunds,
            dedup_keys: u64::try_from(dedup_keys).unwrap_or_default(),
            totals: self.totals.into_values().collect(),
            findings: self.findings,
            unlisted: self.unlisted,
        }
    }
}

fn of_loose_end(end: DanglingRow) -> Finding {
    let connection = |pk: i64| Stated::Text(format!("connection row {pk}"));
    let checkout = Stated::Text("a checkout of a payable".to_owned());
    let (invariant, about, expected) = match end.kind {
        DanglingKind::DedupKey => (
            Invariant::DedupKeyPayment,
            About::DedupKey(end.name),
            connection(end.connection_pk),
        ),
        DanglingKind::Payment => (
            Invariant::PaymentCheckout,
            About::Payment(end.name),
            checkout,
        ),
        DanglingKind::Refund => (Invariant::RefundCheckout, About::Refund(end.name), checkout),
    };
    Finding {
        invariant,
        organization: end.organization,
        payable: None,
        about: Some(about),
        stated: end.found.map_or(Stated::Nothing, connection),
        expected,
    }
}
