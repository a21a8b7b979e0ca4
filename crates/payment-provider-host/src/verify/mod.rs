//! Proving the books: that every total is what its payments make it.

mod payable;
mod report;

use std::collections::{BTreeMap, HashMap};

use payment_provider_core::{
    Currency, EffectKey, Money, OrganizationId, Payment, PaymentId, PaymentStatus,
};

use crate::Host;
use crate::cash::Verdict;
use crate::store::{LedgerPayment, Loose, LooseEnd, PayableRow, Store, StoreError};
use payable::{Checked, findings};
pub use report::{CurrencyTotals, Finding, Invariant, LedgerReport, Stated};

/// How many payables are read at once.
const BATCH: i64 = 500;
/// How many findings are listed.
const MOST_FINDINGS: usize = 1_000;

impl<S: Store> Host<S> {
    /// Proves that the books of an organization, or of all, add up: every total from the payments it is
    /// made of, every payment by the effect that keeps it from being counted twice, and whose it is.
    /// What does not add up is listed with both numbers.
    ///
    /// Reads in batches, each on one consistent state, so that bookings go on meanwhile; changes
    /// nothing.
    ///
    /// **Errors.** The store failed, or holds what cannot be read at all.
    pub async fn verify_ledger(
        &self,
        organization: Option<&OrganizationId>,
    ) -> Result<LedgerReport, StoreError> {
        let store = &self.inner.store;
        let mut sums = Sums::default();
        let mut after = 0;
        loop {
            let mut tx = store.begin_read().await?;
            let payables = store
                .ledger_payables(&mut tx, organization, after, BATCH)
                .await?;
            let Some(last) = payables.last() else { break };
            let through = last.pk;
            let payments = store
                .ledger_payments(&mut tx, organization, after, through)
                .await?;
            let effects = self.effects_of(&mut tx, &payments).await?;
            store.commit(tx).await?;
            sums.add_all(&payables, &payments, &effects);
            after = through;
        }
        let mut tx = store.begin_read().await?;
        let effects = store.ledger_effects(&mut tx, organization).await?;
        let most = i64::try_from(MOST_FINDINGS).unwrap_or(i64::MAX);
        let loose = store.loose_ends(&mut tx, organization, most).await?;
        store.commit(tx).await?;
        for end in loose {
            sums.find(of_loose_end(end));
        }
        Ok(sums.into_report(effects))
    }

    /// For which payment the effect of each booked one is recorded, by its key.
    async fn effects_of(
        &self,
        tx: &mut S::Tx,
        payments: &[LedgerPayment],
    ) -> Result<HashMap<i64, i64>, StoreError> {
        let booked = payments.iter().filter(|payment| payment.verdict.is_some());
        let (pks, keys): (Vec<_>, Vec<_>) = booked
            .filter_map(|payment| Some((payment.pk, (payment.connection_pk, key_of(payment)?))))
            .unzip();
        let found = self.inner.store.effect_payments(tx, &keys).await?;
        let found = pks.into_iter().zip(found);
        Ok(found
            .filter_map(|(pk, effect)| Some((pk, effect?)))
            .collect())
    }
}

/// The key under which a booked payment was booked, by its columns: they are what it is found by.
fn key_of(payment: &LedgerPayment) -> Option<EffectKey> {
    let id = PaymentId::new(payment.id.clone()).ok()?;
    let amount = Money::zero(payment.currency);
    Some(Payment::new(id, PaymentStatus::Succeeded, amount).effect_key())
}

#[derive(Default)]
struct Sums {
    payables: u64,
    payments: u64,
    booked: u64,
    totals: BTreeMap<String, CurrencyTotals>,
    findings: Vec<Finding>,
    unlisted: u64,
}

impl Sums {
    fn add_all(
        &mut self,
        payables: &[PayableRow],
        payments: &[LedgerPayment],
        effects: &HashMap<i64, i64>,
    ) {
        let mut of_payable: HashMap<i64, Vec<Checked<'_>>> = HashMap::new();
        for payment in payments {
            self.payments += 1;
            self.booked += u64::from(payment.verdict.is_some());
            let effect = effects.get(&payment.pk).copied();
            let checked = Checked { payment, effect };
            of_payable
                .entry(payment.payable_pk)
                .or_default()
                .push(checked);
        }
        for payable in payables {
            self.payables += 1;
            let totals = self.totals_of(payable.currency);
            totals.received += i128::from(payable.received);
            totals.credited += i128::from(payable.credited);
            totals.surplus += i128::from(payable.surplus);
            let payments = of_payable.remove(&payable.pk).unwrap_or_default();
            for Checked { payment, .. } in &payments {
                if payment.verdict == Some(Verdict::CurrencyMismatch) {
                    self.totals_of(payment.currency).elsewhere += i128::from(payment.amount);
                }
            }
            for finding in findings(payable, &payments) {
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

    fn into_report(self, effects: i64) -> LedgerReport {
        LedgerReport {
            payables: self.payables,
            payments: self.payments,
            booked: self.booked,
            effects: u64::try_from(effects).unwrap_or_default(),
            totals: self.totals.into_values().collect(),
            findings: self.findings,
            unlisted: self.unlisted,
        }
    }
}

fn of_loose_end(end: LooseEnd) -> Finding {
    let connection = |pk: i64| Stated::Text(format!("connection row {pk}"));
    let (invariant, expected) = match end.what {
        Loose::Effect => (Invariant::EffectPayment, connection(end.connection_pk)),
        Loose::Payment => (
            Invariant::PaymentCheckout,
            Stated::Text("a checkout of a payable".to_owned()),
        ),
    };
    Finding {
        invariant,
        organization: end.organization,
        payable: None,
        about: Some(end.name),
        stated: end.found.map_or(Stated::Nothing, connection),
        expected,
    }
}
