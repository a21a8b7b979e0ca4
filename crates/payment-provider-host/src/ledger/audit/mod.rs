//! The ledger audit: the check that every total follows from its payments and refunds.

mod finding;
mod lists;
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
use finding::Checked;
use payable::findings;
pub use report::{About, CurrencyTotals, Finding, Invariant, LedgerReport, Stated};

/// The number of payables that are read at once.
const BATCH: i64 = 500;
/// The maximum number of findings that are listed.
const MOST_FINDINGS: usize = 1_000;

impl Ledger {
    /// Audits the ledger of one organization, or of all. Checks every total against the payments
    /// and refunds that it is made of, every posted payment against the dedup key that keeps it
    /// from being posted twice, and every row against its owner. Lists that were begun long ago and
    /// not posted as a whole are findings as well. Findings are listed with both values.
    ///
    /// Reads in batches, each from one consistent state, while payments are posted; changes
    /// nothing.
    ///
    /// **Errors.** The store failed, or holds rows that cannot be read.
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
        let dangling = tx.dangling_rows(organization, most).await?;
        let begun_by = self.now().saturating_sub(lists::PATIENCE);
        let incomplete = tx.incomplete_lists(organization, begun_by, most).await?;
        tx.commit().await?;
        for row in dangling {
            sums.find(dangling_finding(row));
        }
        for list in incomplete {
            sums.find(lists::finding(list));
        }
        Ok(sums.into_report(dedup_keys))
    }

    /// Reads the dedup keys of all posted payments and of the payments that refunds name; most of
    /// these are the same. Returns the payment that each key is recorded for.
    async fn dedup_keys_of<'a>(
        &self,
        tx: &mut Transaction,
        payments: &'a [AuditedPayment],
        refunds: &'a [AuditedRefund],
    ) -> Result<DedupKeys<'a>, StoreError> {
        let posted = payments
            .iter()
            .filter(|row| row.allocation_outcome.is_some());
        let posted = posted.map(|row| (row.connection_pk, row.id.as_str()));
        let refunded = refunds
            .iter()
            .filter_map(|row| Some((row.connection_pk, row.payment_id.as_deref()?)));
        let names: BTreeSet<_> = posted.chain(refunded).collect();
        let (names, keys): (Vec<_>, Vec<_>) = names
            .into_iter()
            .filter_map(|name| Some((name, (name.0, key_of(name.1)?))))
            .unzip();
        let found = tx.payments_of_dedup_keys(&keys).await?;
        let found = names.into_iter().zip(found);
        Ok(found
            .filter_map(|(name, key_owner)| Some((name, key_owner?)))
            .collect())
    }
}

/// The row keys of the payments that dedup keys are recorded for, by connection and payment id.
type DedupKeys<'a> = HashMap<(i64, &'a str), i64>;

/// Returns the dedup key under which a payment was posted, from the payment id in a column. The key
/// depends on no amount.
fn key_of(payment: &str) -> Option<DedupKey> {
    let id = PaymentId::new(payment).ok()?;
    let amount = Money::zero(Currency::INR);
    Some(Payment::new(id, PaymentStatus::Succeeded, amount).dedup_key())
}

#[derive(Default)]
struct Sums {
    payables: u64,
    payments: u64,
    posted: u64,
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
            self.posted += u64::from(row.allocation_outcome.is_some());
            let key_owner = dedup_keys.get(&(row.connection_pk, row.id.as_str()));
            let key_owner = key_owner.copied();
            let of_payable = payments_of.entry(row.payable_pk).or_default();
            of_payable.push(Checked { row, key_owner });
        }
        let mut refunds_of: HashMap<i64, Vec<Checked<'_, AuditedRefund>>> = HashMap::new();
        for row in refunds {
            self.refunds += 1;
            let payment = row.payment_id.as_deref();
            let key_owner =
                payment.and_then(|id| dedup_keys.get(&(row.connection_pk, id)).copied());
            let of_payable = refunds_of.entry(row.payable_pk).or_default();
            of_payable.push(Checked { row, key_owner });
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
            posted: self.posted,
            refunds: self.refunds,
            dedup_keys: u64::try_from(dedup_keys).unwrap_or_default(),
            totals: self.totals.into_values().collect(),
            findings: self.findings,
            unlisted: self.unlisted,
        }
    }
}

fn dangling_finding(row: DanglingRow) -> Finding {
    let connection = |pk: i64| Stated::Text(format!("connection row {pk}"));
    let checkout = Stated::Text("a checkout of a payable".to_owned());
    let (invariant, about, expected) = match row.kind {
        DanglingKind::DedupKey => (
            Invariant::DedupKeyPayment,
            About::DedupKey(row.name),
            connection(row.connection_pk),
        ),
        DanglingKind::Payment => (
            Invariant::PaymentCheckout,
            About::Payment(row.name),
            checkout,
        ),
        DanglingKind::Refund => (Invariant::RefundCheckout, About::Refund(row.name), checkout),
    };
    Finding {
        invariant,
        organization: row.organization,
        payable: None,
        about: Some(about),
        stated: row.found.map_or(Stated::Nothing, connection),
        expected,
    }
}
