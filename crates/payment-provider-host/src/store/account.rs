//! Whole accounts: loaded under their locks, and written as decided.

use std::borrow::Cow;
use std::collections::HashMap;

use payment_provider_core::DedupKey;

use super::account_keys::AccountKeys;
use super::nul_escape::{escaped_key, name_key, without_nul};
use super::row::{Row, json};
use super::statement::statement;
use super::tables::payments::PostedOnCheckout;
use super::tables::{checkouts, dedup_keys, disputes, history, payments, refunds};
use super::{Result, StoreError, Transaction};
use crate::accounting::{
    Account, Decision, DisputeRecord, HistoryEntry, PaymentRecord, TargetName, Tracked,
};
use crate::crash_point::Moment;

/// The row key of a record that is not stored yet.
const NEW: i64 = 0;

impl Transaction {
    /// Loads one account by the row key of its payable, without payments.
    pub(crate) async fn account(&mut self, payable_pk: i64) -> Result<Account> {
        let keys = AccountKeys {
            payables: &[payable_pk],
            ..AccountKeys::default()
        };
        let found = self.accounts(&keys).await?.pop();
        found.ok_or_else(|| StoreError::new("read an account", sqlx::Error::RowNotFound))
    }

    /// Loads the account of a checkout by its row key, without payments.
    pub(crate) async fn account_of_checkout(&mut self, checkout_pk: i64) -> Result<Account> {
        let keys = AccountKeys {
            checkouts: &[checkout_pk],
            ..AccountKeys::default()
        };
        let found = self.accounts(&keys).await?.pop();
        found.ok_or_else(|| StoreError::new("read an account", sqlx::Error::RowNotFound))
    }

    /// Loads the accounts that any of these keys leads to, in the order of their row keys, after
    /// locking all of them, with the payments that the keys name.
    pub(crate) async fn accounts(&mut self, keys: &AccountKeys<'_>) -> Result<Vec<Account>> {
        #[cfg(feature = "postgres")]
        self.plan_for(keys).await?;
        let found = self.lock_accounts(keys).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let pks: Vec<i64> = found.iter().map(|row| row.pk).collect();
        let find = statement!("read checkouts", checkouts::OF_PAYABLES, &pks[..]);
        let mut checkouts = self.fetch_all(find, checkouts::read).await?;
        let find = statement!("sum up payments", payments::POSTED, &pks[..]);
        let posted: Vec<PostedOnCheckout> = self.fetch_all(find, payments::read_posted).await?;
        for sum in &posted {
            for checkout in checkouts.iter_mut().filter(|row| row.pk == sum.checkout_pk) {
                (checkout.posted, checkout.has_payment) = (sum.amount, true);
            }
        }
        let owners: HashMap<i64, i64> = checkouts
            .iter()
            .map(|row| (row.pk, row.payable_pk))
            .collect();
        let mut payments = self.payments_of(keys, &pks, &posted).await?;
        payments.retain(|row| owners.contains_key(&row.checkout_pk));
        if !payments.is_empty() {
            let payment_pks: Vec<i64> = payments.iter().map(|row| row.pk).collect();
            let find = statement!("read dedup keys", dedup_keys::OF_PAYMENTS, &payment_pks[..]);
            let read = |row: &Row<'_>| Ok((row.number("payment_pk")?, row.dedup_key("dedup_key")?));
            let mut keys: HashMap<i64, Vec<Tracked<DedupKey>>> = HashMap::new();
            for (payment, key) in self.fetch_all(find, read).await? {
                keys.entry(payment).or_default().push(Tracked::loaded(key));
            }
            for payment in &mut payments {
                payment.dedup_keys = keys.remove(&payment.pk).unwrap_or_default();
            }
        }
        let find = statement!("read refunds", refunds::OF_PAYABLES, &pks[..]);
        let mut refunds = self.fetch_all(find, refunds::read).await?;
        let mut contested: Vec<DisputeRecord> = Vec::new();
        if keys.with_all_payments || !keys.disputes.is_empty() {
            let find = statement!("read disputes", disputes::OF_PAYABLES, &pks[..]);
            contested = self.fetch_all(find, disputes::read).await?;
        }
        let mut entries: Vec<HistoryEntry> = Vec::new();
        if keys.with_refund_history {
            let find = statement!("read history", history::REFUNDS_OF_PAYABLES, &pks[..]);
            entries = self.fetch_all(find, history::read).await?;
        }
        let accounts = found.into_iter().map(|payable| {
            let pk = payable.pk;
            let is_owner = |checkout: &i64| owners.get(checkout) == Some(&pk);
            let mut account = Account::new(
                payable,
                take(&mut checkouts, |row| row.payable_pk == pk),
                take(&mut payments, |row| is_owner(&row.checkout_pk)),
                take(&mut refunds, |row| is_owner(&row.checkout_pk)),
            );
            let disputes = take(&mut contested, |row| is_owner(&row.checkout_pk));
            account.disputes = disputes.into_iter().map(Tracked::loaded).collect();
            account.refund_history = take(&mut entries, |row| row.payable_pk == pk);
            account
        });
        Ok(accounts.collect())
    }

    /// Loads the payments that the keys name; some of them may belong to other payables.
    async fn payments_of(
        &mut self,
        keys: &AccountKeys<'_>,
        payables: &[i64],
        posted: &[PostedOnCheckout],
    ) -> Result<Vec<PaymentRecord>> {
        const ACTION: &str = "read payments";
        if keys.needs_no_payments() {
            return Ok(Vec::new());
        }
        if keys.with_all_payments {
            let find = statement!(ACTION, payments::OF_PAYABLES, payables);
            return self.fetch_all(find, payments::read).await;
        }
        let is_by_order = !keys.claimed_orders.is_empty();
        let (mut manual, mut without_order) = (Vec::new(), Vec::new());
        for sum in posted {
            manual.extend(sum.has_manual.then_some(sum.checkout_pk));
            without_order.extend((is_by_order && sum.has_no_order).then_some(sum.checkout_pk));
        }
        let (mut reports, mut orders) = (Vec::new(), Vec::new());
        for name in keys.names {
            match name {
                TargetName::Payment(_) => reports.push(name_key(name)),
                TargetName::Order(order) => orders.push([without_nul(order)]),
                TargetName::Reference(_) | TargetName::GatewayId(_) => {}
            }
        }
        reports.extend(keys.reports.iter().map(|key| escaped_key(key.as_str())));
        let texts = |ids: &[&str]| -> Vec<Cow<'_, str>> {
            ids.iter().map(|id| Cow::Owned((*id).to_owned())).collect()
        };
        let find = statement!(ACTION, payments::NAMED, keys.connection_pk)
            .bind(texts(&keys.payments))
            .bind(reports)
            .bind(texts(&keys.claimed_orders))
            .bind(json(&orders)?)
            .bind(&manual[..])
            .bind(&without_order[..]);
        self.fetch_all(find, payments::read).await
    }

    /// Writes everything that a decision changed: payables, checkouts, payments with their dedup keys,
    /// refunds, disputes and history. New records get their row keys, and no record is left to be written. `now` is the time at which dedup keys were
    /// applied.
    ///
    /// Returns the number of deliveries that waited for a name which is known now.
    pub(crate) async fn save<T>(&mut self, decision: &mut Decision<T>, now: i64) -> Result<u64> {
        for merged in &decision.merged {
            self.merge_payments(merged.removed_pk, merged.kept_pk)
                .await?;
        }
        Moment::MergedSaved.pass();
        for account in &mut decision.accounts {
            if account.payable.is_changed() {
                let pk = self.put_payable(&account.payable).await?;
                account.payable.written().pk = pk;
            }
            let payable_pk = account.payable.pk;
            Moment::PayableSaved.pass();
            for row in &mut account.checkouts {
                if row.is_changed() {
                    row.unmarked().payable_pk = payable_pk;
                    let pk = self.put_checkout(row).await?;
                    row.written().pk = pk;
                }
            }
            Moment::CheckoutsSaved.pass();
            self.save_payments(&mut account.payments, now).await?;
            Moment::PaymentsSaved.pass();
            for row in &mut account.refunds {
                if row.is_changed() {
                    let pk = self.put_refund(row).await?;
                    row.written().pk = pk;
                }
            }
            for row in &mut account.disputes {
                if row.is_changed() {
                    let pk = self.put_dispute(row).await?;
                    row.written().pk = pk;
                }
            }
            Moment::RefundsSaved.pass();
        }
        for entry in &mut decision.history {
            if entry.payable_pk == NEW {
                // A decision makes at most one payable, and then it has no other account.
                entry.payable_pk = decision.accounts.first().map_or(NEW, |row| row.payable.pk);
            }
        }
        self.append_history(&decision.history).await?;
        Moment::HistorySaved.pass();
        let mut requeued = 0;
        let mut names: HashMap<i64, Vec<TargetName>> = HashMap::new();
        for (connection_pk, name) in &decision.new_names {
            let names = names.entry(*connection_pk).or_default();
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        for (connection_pk, names) in names {
            requeued += self.requeue_unmatched(connection_pk, &names, now).await?;
        }
        Moment::NamesSaved.pass();
        Ok(requeued)
    }
}

impl Transaction {
    /// Writes the payments of one account that changed, with their dedup keys.
    async fn save_payments(
        &mut self,
        payments: &mut [Tracked<PaymentRecord>],
        now: i64,
    ) -> Result<()> {
        for row in payments.iter_mut() {
            if row.is_changed() && row.pk != NEW {
                self.update_payment(row).await?;
                row.written();
            }
        }
        let mut new: Vec<_> = payments.iter_mut().filter(|row| row.pk == NEW).collect();
        let records: Vec<&PaymentRecord> = new.iter().map(|row| &***row).collect();
        let pks = self.insert_payments(&records).await?;
        for (row, pk) in new.iter_mut().zip(pks) {
            row.written().pk = pk;
        }
        let keys = payments.iter().flat_map(|row| {
            let new = row.dedup_keys.iter().filter(|key| key.is_changed());
            new.map(|key| (row.connection_pk, &**key, row.pk))
        });
        let keys: Vec<_> = keys.collect();
        self.add_dedup_keys(&keys, now).await?;
        for row in payments {
            for key in &mut row.unmarked().dedup_keys {
                key.written();
            }
        }
        Ok(())
    }
}

/// Takes the elements that belong to one account out of a list, in order.
fn take<T>(rows: &mut Vec<T>, belongs: impl Fn(&T) -> bool) -> Vec<T> {
    let (taken, rest) = std::mem::take(rows)
        .into_iter()
        .partition(|row| belongs(row));
    *rows = rest;
    taken
}
