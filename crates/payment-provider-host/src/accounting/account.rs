//! The whole state of one payable, as loaded from the store under its lock.

use std::ops::Deref;

use payment_provider_core::{
    CheckoutLocator, CheckoutReference, ConnectionCode, Currency, CustomerId, DedupKey, Dispute,
    Environment, GatewayCheckoutId, Money, OrderId, OrganizationId, Payment, PaymentStatus, Pii,
    PreparedCheckout, Refund,
};

use super::allocation::{Allocation, AllocationOutcome, Balance};
use super::checkout_state::CheckoutState;
use super::close_reason::CloseReason;
use super::history::HistoryEntry;
use super::status::{PaymentProgress, progress};
use super::target_name::TargetName;
use crate::payable_id::PayableId;

/// A stored record, and whether it has to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tracked<T> {
    value: T,
    changed: bool,
}

impl<T> Tracked<T> {
    /// A record as loaded from the store.
    pub(crate) const fn loaded(value: T) -> Self {
        Self {
            value,
            changed: false,
        }
    }

    /// A record that the store does not have yet.
    pub(crate) const fn added(value: T) -> Self {
        Self {
            value,
            changed: true,
        }
    }

    /// Returns the record for a change, and marks it to be written.
    pub(crate) const fn edit(&mut self) -> &mut T {
        self.changed = true;
        &mut self.value
    }

    /// Returns the record for a change that is not stored in its row, such as its new row key.
    pub(crate) const fn unmarked(&mut self) -> &mut T {
        &mut self.value
    }

    /// Returns the record after it was written: nothing of it is left to write.
    pub(crate) const fn written(&mut self) -> &mut T {
        self.changed = false;
        &mut self.value
    }

    /// True if the record has to be written.
    pub(crate) const fn is_changed(&self) -> bool {
        self.changed
    }
}

impl<T> Deref for Tracked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A payable: the amount owed, and its totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PayableRecord {
    /// The row key; 0 before the record is stored.
    pub(crate) pk: i64,
    pub(crate) organization: OrganizationId,
    pub(crate) payable: PayableId,
    pub(crate) currency: Currency,
    pub(crate) amount: i64,
    pub(crate) applicable: i64,
    pub(crate) received: i64,
    pub(crate) applied: i64,
    pub(crate) overpaid: i64,
    pub(crate) refunded: i64,
    pub(crate) closed: Option<CloseReason>,
    pub(crate) created_at: i64,
}

impl PayableRecord {
    pub(crate) const fn balance(&self) -> Balance {
        Balance::restore(
            self.currency,
            self.applicable,
            self.received,
            self.refunded,
            self.closed,
        )
    }

    pub(crate) fn set_balance(&mut self, balance: Balance) {
        self.applicable = balance.applicable();
        self.received = balance.received().minor_units();
        self.applied = balance.applied().minor_units();
        self.overpaid = balance.overpaid().minor_units();
        self.refunded = balance.refunded().minor_units();
        self.closed = balance.closed();
    }
}

/// One request for payment at a gateway.
#[derive(Debug, Clone)]
pub(crate) struct CheckoutRecord {
    /// The row key; 0 before the record is stored.
    pub(crate) pk: i64,
    pub(crate) payable_pk: i64,
    pub(crate) connection_pk: i64,
    /// The connection's code; never written.
    pub(crate) connection: ConnectionCode,
    /// Counts the checkouts of a payable from 1.
    pub(crate) attempt: i64,
    pub(crate) reference: CheckoutReference,
    pub(crate) customer: CustomerId,
    pub(crate) environment: Environment,
    pub(crate) amount: Money,
    /// True if instalments are accepted.
    pub(crate) partial: bool,
    /// The request in the bytes that are sent.
    pub(crate) prepared: PreparedCheckout,
    /// Milliseconds since 1970, as all times here.
    pub(crate) expires_at: i64,
    pub(crate) state: CheckoutState,
    /// The number of times that the request was sent.
    pub(crate) tries: i64,
    /// The time at which it was sent last.
    pub(crate) tried_at: i64,
    pub(crate) gateway_id: Option<String>,
    /// The payment page. It is kept out of `Debug`, since everybody who has it can pay.
    pub(crate) url: Option<Pii>,
    /// The most that the gateway ever reported as paid, in smallest units.
    pub(crate) gateway_paid: i64,
    /// The part of that which is not posted and was declared not to have come in.
    pub(crate) written_off: i64,
    /// True if the gateway has something else under this reference.
    pub(crate) conflicting: bool,
    /// The time at which the first part of the gateway's list was recorded, until the rest is: it has to be
    /// fetched again.
    pub(crate) list_begun_at: Option<i64>,
    pub(crate) created_at: i64,
    /// The sum of all payments posted on it in its currency. Derived when loading.
    pub(crate) posted: i64,
    /// True if a payment is posted on it, in any currency. Derived when loading.
    pub(crate) has_payment: bool,
}

impl CheckoutRecord {
    /// Returns true if the gateway reports money on it that is neither posted nor written off, or if its
    /// list is recorded in part.
    pub(crate) fn has_unreconciled_amount(&self) -> bool {
        self.has_incomplete_list() || self.has_unexplained_amount()
    }

    /// Returns true if only a part of the gateway's list is recorded.
    pub(crate) const fn has_incomplete_list(&self) -> bool {
        self.list_begun_at.is_some()
    }

    /// Returns true if the gateway reports money on it that is neither posted nor written off.
    pub(crate) fn has_unexplained_amount(&self) -> bool {
        let paid_without_amount = self.state == CheckoutState::Paid && !self.has_payment;
        self.gateway_paid > self.explained() || (paid_without_amount && self.written_off == 0)
    }

    /// The amount that is posted or written off, in smallest units.
    pub(crate) const fn explained(&self) -> i64 {
        self.posted.saturating_add(self.written_off)
    }

    /// The identifiers by which a gateway finds it.
    pub(crate) fn locator(&self) -> CheckoutLocator {
        let gateway_id = self
            .gateway_id
            .clone()
            .and_then(|id| GatewayCheckoutId::new(id).ok());
        CheckoutLocator::new(self.reference.clone(), gateway_id)
    }

    /// Returns an amount in the checkout's currency.
    pub(crate) const fn money(&self, minor_units: i64) -> Money {
        Money::from_minor_units(minor_units, self.amount.currency())
    }
}

/// One attempt to pay, as the gateway reported it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaymentRecord {
    /// The row key; 0 before the record is stored.
    pub(crate) pk: i64,
    pub(crate) checkout_pk: i64,
    pub(crate) connection_pk: i64,
    pub(crate) payment: Payment,
    /// Set once its money is posted.
    pub(crate) outcome: Option<AllocationOutcome>,
    pub(crate) applied: i64,
    pub(crate) overpaid: i64,
    pub(crate) seen_at: i64,
    /// The reports of it that took effect.
    pub(crate) dedup_keys: Vec<Tracked<DedupKey>>,
}

impl PaymentRecord {
    pub(crate) const fn is_posted(&self) -> bool {
        self.outcome.is_some()
    }

    pub(crate) const fn order_id(&self) -> Option<&OrderId> {
        self.payment.order_id.as_ref()
    }

    pub(crate) fn succeeded(&self) -> bool {
        self.payment.status == PaymentStatus::Succeeded
    }

    /// The allocation of its money, once posted.
    pub(crate) fn allocation(&self) -> Option<Allocation> {
        let currency = self.payment.amount.currency();
        Some(Allocation {
            outcome: self.outcome?,
            applied: Money::from_minor_units(self.applied, currency),
            overpaid: Money::from_minor_units(self.overpaid, currency),
        })
    }

    /// The names under which events find its checkout: its order, and once posted its id.
    pub(crate) fn names(&self) -> impl Iterator<Item = TargetName> + use<> {
        let order = self.order_id().map(OrderId::to_string);
        let own = self.is_posted().then(|| self.payment.id.clone());
        let names = [order.map(TargetName::Order), own.map(TargetName::Payment)];
        names.into_iter().flatten()
    }
}

/// One refund, in the latest state of its life that was ever reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefundRecord {
    /// The row key; 0 before the record is stored.
    pub(crate) pk: i64,
    pub(crate) checkout_pk: i64,
    pub(crate) connection_pk: i64,
    pub(crate) refund: Refund,
    pub(crate) seen_at: i64,
}

/// One dispute, in the latest state that was ever reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DisputeRecord {
    /// The row key; 0 before the record is stored.
    pub(crate) pk: i64,
    pub(crate) checkout_pk: i64,
    pub(crate) connection_pk: i64,
    pub(crate) dispute: Dispute,
    pub(crate) seen_at: i64,
}

/// The state of one payable.
///
/// An account may have thousands of payments. A decision is about few of them, so only those are loaded:
/// the payments that a report names by an id or a dedup key, the first one of each order that it names,
/// all of an order that it claims, and those that an operator recorded. What depends on all payments is a
/// total: of the payable, or [`CheckoutRecord::posted`].
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) payable: Tracked<PayableRecord>,
    /// By attempt.
    pub(crate) checkouts: Vec<Tracked<CheckoutRecord>>,
    /// The payments that a decision may depend on, in the order in which they became known.
    pub(crate) payments: Vec<Tracked<PaymentRecord>>,
    /// In the order in which they became known.
    pub(crate) refunds: Vec<Tracked<RefundRecord>>,
    /// In the order in which they became known. Loaded only for reports of disputes, and for a view.
    pub(crate) disputes: Vec<Tracked<DisputeRecord>>,
    /// Its history entries about refunds and disputes, by time. Loaded only for reports of these.
    pub(crate) refund_history: Vec<HistoryEntry>,
}

/// The position of a checkout among the accounts of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CheckoutAt {
    pub(crate) account: usize,
    pub(crate) checkout: usize,
}

impl Account {
    /// Puts together the records of one payable.
    pub(crate) fn new(
        payable: PayableRecord,
        checkouts: Vec<CheckoutRecord>,
        payments: Vec<PaymentRecord>,
        refunds: Vec<RefundRecord>,
    ) -> Self {
        Self {
            payable: Tracked::loaded(payable),
            checkouts: checkouts.into_iter().map(Tracked::loaded).collect(),
            payments: payments.into_iter().map(Tracked::loaded).collect(),
            refunds: refunds.into_iter().map(Tracked::loaded).collect(),
            disputes: Vec::new(),
            refund_history: Vec::new(),
        }
    }

    pub(crate) fn balance(&self) -> Balance {
        self.payable.balance()
    }

    /// The progress of its payment.
    pub(crate) fn progress(&self) -> PaymentProgress {
        let latest = self.checkouts.last().map(|checkout| checkout.state);
        progress(self.payable.amount, &self.balance(), latest)
    }

    /// Finds one of its checkouts by row key.
    pub(crate) fn checkout(&self, pk: i64) -> Option<&CheckoutRecord> {
        self.checkouts
            .iter()
            .map(|row| &**row)
            .find(|row| row.pk == pk)
    }
}

/// Counts a payment among those posted on its checkout.
pub(in crate::accounting) fn count_posted(checkout: &mut CheckoutRecord, amount: Money) {
    checkout.has_payment = true;
    if amount.currency() == checkout.amount.currency() {
        checkout.posted = checkout.posted.saturating_add(amount.minor_units());
    }
}
