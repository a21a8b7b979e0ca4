//! A decision: what is to be stored and whom to notify; and the draft in which it is made.

use std::collections::HashMap;

use payment_provider_core::{
    CheckoutReference, ConnectionCode, DedupKey, Dispute, Payment, PaymentId, Refund,
};

use super::account::{Account, CheckoutAt, CheckoutRecord, PaymentRecord, Tracked};
use super::allocation::{Allocation, Balance};
use super::checkout_state::CheckoutState;
use super::close_reason::CloseReason;
use super::history::{AuditEvent, HistoryEntry};
use super::status::PaymentProgress;
use super::target_name::TargetName;

/// A decision about some accounts. It is stored as a whole or not at all.
#[derive(Debug)]
pub(crate) struct Decision<T> {
    /// The result for the caller.
    pub(crate) outcome: T,
    /// The accounts after it; changed records are marked.
    pub(crate) accounts: Vec<Account>,
    /// New history entries, in their order.
    pub(crate) history: Vec<HistoryEntry>,
    /// Calls of the host's handler, in their order.
    pub(crate) notifications: Vec<Notification>,
    /// Names that became known, each within its connection: deliveries that waited for one of these
    /// are tried again.
    pub(crate) new_names: Vec<(i64, TargetName)>,
    /// Payment rows that turned out to be another payment's: removed before other rows are written.
    pub(crate) merged: Vec<MergedPayment>,
}

/// A stored payment that turned out to be another stored payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MergedPayment {
    /// The row to remove.
    pub(crate) removed_pk: i64,
    /// The row that takes over its dedup keys.
    pub(crate) kept_pk: i64,
}

/// A change of one payable that the host's handler is notified of, with the totals after it.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    /// The index of the account in [`Decision::accounts`].
    pub(crate) account: usize,
    /// The connection that reported the change; `None` if the host made it.
    pub(crate) connection: Option<ConnectionCode>,
    pub(crate) change: Change,
    pub(crate) balance: Balance,
    pub(crate) progress: PaymentProgress,
}

/// The cause of a notification.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Posted {
        payment: Payment,
        allocation: Allocation,
    },
    Attempted {
        payment: Payment,
    },
    Refunded {
        refund: Refund,
        counts: bool,
    },
    Closed {
        reason: CloseReason,
    },
    Checkout {
        reference: CheckoutReference,
        state: CheckoutState,
    },
}

/// The position of a payment among the accounts of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PaymentAt {
    pub(super) account: usize,
    pub(super) payment: usize,
}

/// Accounts on which a decision is being made.
#[derive(Debug)]
pub(super) struct Draft {
    accounts: Vec<Account>,
    now: i64,
    history: Vec<HistoryEntry>,
    notifications: Vec<Notification>,
    new_names: Vec<(i64, TargetName)>,
    merged: Vec<MergedPayment>,
    posted_on: Vec<CheckoutAt>,
    /// Payments by connection and the gateway's id.
    by_id: HashMap<(i64, PaymentId), PaymentAt>,
    /// Payments by connection and the reports that took effect.
    by_key: HashMap<(i64, DedupKey), PaymentAt>,
}

impl Draft {
    /// Begins a decision on these accounts. `now` is in milliseconds since 1970.
    pub(super) fn new(accounts: Vec<Account>, now: i64) -> Self {
        let mut draft = Self {
            accounts,
            now,
            history: Vec::new(),
            notifications: Vec::new(),
            new_names: Vec::new(),
            merged: Vec::new(),
            posted_on: Vec::new(),
            by_id: HashMap::new(),
            by_key: HashMap::new(),
        };
        draft.reindex();
        draft
    }

    /// Notes that money was posted on a checkout.
    pub(super) fn note_posted_on(&mut self, at: CheckoutAt) {
        self.posted_on.push(at);
    }

    /// Returns the checkouts on which money was posted, once.
    pub(super) fn take_posted_on(&mut self) -> Vec<CheckoutAt> {
        std::mem::take(&mut self.posted_on)
    }

    /// Ends the decision.
    pub(super) fn decide<T>(self, outcome: T) -> Decision<T> {
        Decision {
            outcome,
            accounts: self.accounts,
            history: self.history,
            notifications: self.notifications,
            new_names: self.new_names,
            merged: self.merged,
        }
    }

    /// Builds the look-ups of payments anew, after an id or a position changed.
    pub(super) fn reindex(&mut self) {
        self.by_id.clear();
        self.by_key.clear();
        for (account, state) in self.accounts.iter().enumerate() {
            for (payment, row) in state.payments.iter().enumerate() {
                let at = PaymentAt { account, payment };
                self.by_id
                    .insert((row.connection_pk, row.payment.id.clone()), at);
                for key in &row.dedup_keys {
                    self.by_key
                        .insert((row.connection_pk, DedupKey::clone(key)), at);
                }
            }
        }
    }

    pub(super) const fn now(&self) -> i64 {
        self.now
    }

    pub(super) fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    pub(super) fn account(&self, account: usize) -> &Account {
        &self.accounts[account]
    }

    pub(super) fn account_mut(&mut self, account: usize) -> &mut Account {
        &mut self.accounts[account]
    }

    pub(super) fn checkout(&self, at: CheckoutAt) -> &CheckoutRecord {
        &self.accounts[at.account].checkouts[at.checkout]
    }

    pub(super) fn edit_checkout(&mut self, at: CheckoutAt) -> &mut CheckoutRecord {
        self.accounts[at.account].checkouts[at.checkout].edit()
    }

    /// Finds a checkout by row key.
    pub(super) fn checkout_at(&self, pk: i64) -> Option<CheckoutAt> {
        self.accounts.iter().enumerate().find_map(|(account, row)| {
            let checkout = row.checkouts.iter().position(|row| row.pk == pk)?;
            Some(CheckoutAt { account, checkout })
        })
    }

    pub(super) fn payment(&self, at: PaymentAt) -> &PaymentRecord {
        &self.accounts[at.account].payments[at.payment]
    }

    pub(super) fn edit_payment(&mut self, at: PaymentAt) -> &mut PaymentRecord {
        self.accounts[at.account].payments[at.payment].edit()
    }

    /// Finds a payment by the gateway's id.
    pub(super) fn payment_by_id(&self, connection_pk: i64, id: &PaymentId) -> Option<PaymentAt> {
        self.by_id.get(&(connection_pk, id.clone())).copied()
    }

    /// Finds the payment of which a report took effect.
    pub(super) fn payment_by_key(&self, connection_pk: i64, key: &DedupKey) -> Option<PaymentAt> {
        self.by_key.get(&(connection_pk, key.clone())).copied()
    }

    pub(super) fn add_payment(&mut self, account: usize, record: PaymentRecord) -> PaymentAt {
        let payments = &mut self.accounts[account].payments;
        let at = PaymentAt {
            account,
            payment: payments.len(),
        };
        self.by_id
            .insert((record.connection_pk, record.payment.id.clone()), at);
        payments.push(Tracked::added(record));
        at
    }

    /// Moves a payment to another checkout, and to that checkout's account.
    pub(super) fn move_payment(&mut self, from: PaymentAt, to: CheckoutAt) -> PaymentAt {
        let checkout_pk = self.checkout(to).pk;
        self.edit_payment(from).checkout_pk = checkout_pk;
        if from.account == to.account {
            return from;
        }
        let record = self.accounts[from.account].payments.remove(from.payment);
        let payments = &mut self.accounts[to.account].payments;
        payments.push(record);
        let at = PaymentAt {
            account: to.account,
            payment: payments.len() - 1,
        };
        self.reindex();
        at
    }

    /// Lets one payment take over the reports of another, which is the same payment and is removed.
    /// Returns the position of the remaining one.
    pub(super) fn merge_payments(&mut self, removed: PaymentAt, kept: PaymentAt) -> PaymentAt {
        let mut gone = self.accounts[removed.account]
            .payments
            .remove(removed.payment);
        let shift = removed.account == kept.account && removed.payment < kept.payment;
        let kept = PaymentAt {
            account: kept.account,
            payment: kept.payment - usize::from(shift),
        };
        let record = self.accounts[kept.account].payments[kept.payment].unmarked();
        if gone.pk != 0 {
            self.merged.push(MergedPayment {
                removed_pk: gone.pk,
                kept_pk: record.pk,
            });
        }
        record.dedup_keys.append(&mut gone.unmarked().dedup_keys);
        self.reindex();
        kept
    }

    /// Marks a report of a payment as having taken effect.
    pub(super) fn add_dedup_key(&mut self, at: PaymentAt, key: DedupKey) {
        let payment = self.accounts[at.account].payments[at.payment].unmarked();
        let connection_pk = payment.connection_pk;
        payment.dedup_keys.push(Tracked::added(key.clone()));
        self.by_key.insert((connection_pk, key), at);
    }

    /// Tries deliveries again that waited for one of these names.
    pub(super) fn add_names(
        &mut self,
        connection_pk: i64,
        names: impl IntoIterator<Item = TargetName>,
    ) {
        let new = names.into_iter().map(|name| (connection_pk, name));
        self.new_names.extend(new);
    }

    pub(super) fn set_balance(&mut self, account: usize, balance: Balance) {
        self.accounts[account].payable.edit().set_balance(balance);
    }

    pub(super) fn record_history(&mut self, account: usize, event: AuditEvent, detail: String) {
        let payable_pk = self.accounts[account].payable.pk;
        self.history.push(HistoryEntry {
            payable_pk,
            at: self.now,
            event,
            detail,
            delivery_pk: None,
        });
    }

    pub(super) fn push_history(&mut self, entry: HistoryEntry) {
        self.history.push(entry);
    }

    /// Notifies the host's handler of a change, with the totals as they are now. `reported` is the
    /// checkout whose connection reported it.
    pub(super) fn notify(&mut self, account: usize, reported: Option<CheckoutAt>, change: Change) {
        let connection = reported.map(|at| self.checkout(at).connection.clone());
        let state = &self.accounts[account];
        self.notifications.push(Notification {
            account,
            connection,
            change,
            balance: state.balance(),
            progress: state.progress(),
        });
    }

    /// Finds a dispute by the gateway's id.
    pub(super) fn find_dispute(
        &self,
        connection_pk: i64,
        dispute: &Dispute,
    ) -> Option<(usize, usize)> {
        self.accounts.iter().enumerate().find_map(|(account, row)| {
            let is_it = |row: &Tracked<super::account::DisputeRecord>| {
                row.connection_pk == connection_pk && row.dispute.id == dispute.id
            };
            Some((account, row.disputes.iter().position(is_it)?))
        })
    }

    /// Finds a refund by the gateway's id.
    pub(super) fn find_refund(
        &self,
        connection_pk: i64,
        refund: &Refund,
    ) -> Option<(usize, usize)> {
        self.accounts.iter().enumerate().find_map(|(account, row)| {
            let is_it = |row: &Tracked<super::account::RefundRecord>| {
                row.connection_pk == connection_pk && row.refund.id == refund.id
            };
            Some((account, row.refunds.iter().position(is_it)?))
        })
    }
}
