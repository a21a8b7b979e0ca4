//! The host's handler: its own reaction to changes, in the transaction that records them.

use std::fmt;

use async_trait::async_trait;
use payment_provider_core::{
    CheckoutReference, ConnectionCode, Money, OrganizationId, Payment, Refund,
};

use super::ChangeKey;
use crate::PayableId;
use crate::accounting::{
    Allocation, Balance, Change, CheckoutState, CloseReason, Notification, PaymentProgress,
};
use crate::store::Transaction;

/// The host's reaction to changes of a payable, in the transaction that records them.
///
/// **Contract.** The handler's writes through `tx` become durable together with the change, or not at
/// all. The handler is called once for each change that takes effect. After an error the whole
/// transaction is rolled back, and the delivery is tried again later. The handler must not wait for
/// the network, nor call methods of the runtime that write: it would wait for locks that its own
/// transaction holds, which are the one writer of SQLite, or on PostgreSQL everything about this
/// payable.
///
/// **Tables in another database.** There the promise weakens to *at least once*: writes stay although
/// the transaction here is rolled back, and the change is notified again. The totals are those after the
/// change, not differences, so storing them twice changes nothing. Anything that is done once for each
/// change, such as a ledger line or a letter, is stored under [`PayableChange::key`], which is the same
/// each time: a handler that finds the key there already is done. A change has taken effect only when
/// its transaction is committed, which the handler does not see; a change that is rolled back need not
/// come again in the same form. A process that was frozen may write there after the server ended its
/// transaction here and another process took over. Compare such tables now and then with
/// [`Host::payable`](crate::Host::payable), which is authoritative.
///
/// `()` is a handler that does nothing.
#[async_trait]
pub trait PaymentHandler: fmt::Debug + Send + Sync + 'static {
    /// Reacts to a change. The totals are those after it.
    async fn on_change(
        &self,
        tx: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError>;
}

/// The error of a handler. The change is rolled back and tried again.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// A change of one payable, with the totals after it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct PayableChange<'a> {
    /// The tenant.
    pub organization: &'a OrganizationId,
    /// The payable.
    pub payable: &'a PayableId,
    /// The connection that reported the change, or through which the checkout was requested. `None`
    /// if the host made the change itself.
    pub connection: Option<&'a ConnectionCode>,
    /// The cause of the change.
    pub cause: Cause<'a>,
    /// All money received for it, in its currency.
    pub received: Money,
    /// The part that is applied to the amount owed.
    pub applied: Money,
    /// The part that is overpaid.
    pub overpaid: Money,
    /// All refunds, in its currency. A refund may be known before its payment.
    pub refunded: Money,
    /// The progress of its payment.
    pub progress: PaymentProgress,
}

impl<'a> PayableChange<'a> {
    /// Creates a change that led to this balance, by no connection. For tests of a handler; the
    /// runtime makes its own.
    pub fn new(
        organization: &'a OrganizationId,
        payable: &'a PayableId,
        cause: Cause<'a>,
        balance: &Balance,
        progress: PaymentProgress,
    ) -> Self {
        Self {
            organization,
            payable,
            connection: None,
            cause,
            received: balance.received(),
            applied: balance.applied(),
            overpaid: balance.overpaid(),
            refunded: balance.refunded(),
            progress,
        }
    }

    pub(super) fn of(
        organization: &'a OrganizationId,
        payable: &'a PayableId,
        notification: &'a Notification,
    ) -> Self {
        let cause = Cause::of(&notification.change);
        let Notification {
            balance, progress, ..
        } = notification;
        Self {
            connection: notification.connection.as_ref(),
            ..Self::new(organization, payable, cause, balance, *progress)
        }
    }

    /// Sets the connection.
    #[must_use]
    pub const fn with_connection(mut self, connection: &'a ConnectionCode) -> Self {
        self.connection = Some(connection);
        self
    }

    /// Returns the key of this change: the same each time it is notified, and no other change's.
    pub fn key(&self) -> ChangeKey {
        ChangeKey::of(self)
    }
}

/// The cause of a change.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Cause<'a> {
    /// A payment was posted.
    Posted {
        /// The payment.
        payment: &'a Payment,
        /// Its allocation.
        allocation: Allocation,
    },
    /// An attempt to pay ended without money, or is not decided yet.
    Attempted {
        /// The attempt.
        payment: &'a Payment,
    },
    /// Money went back to the payer, or a refund came back, as the refund's status says. A report of
    /// a refund that moved no money is no change.
    Refunded {
        /// The refund in its present state.
        refund: &'a Refund,
        /// True if it is part of the [refunded total](PayableChange::refunded). A failed refund, one
        /// in another currency, or one that turned out to belong to another payable is not.
        counts: bool,
    },
    /// The host closed the payable.
    Closed {
        /// The reason.
        reason: CloseReason,
    },
    /// A checkout was made, ended, or could not be made.
    Checkout {
        /// Its reference.
        reference: &'a CheckoutReference,
        /// Its state.
        state: CheckoutState,
    },
}

impl<'a> Cause<'a> {
    const fn of(change: &'a Change) -> Self {
        match change {
            Change::Posted {
                payment,
                allocation,
            } => Self::Posted {
                payment,
                allocation: *allocation,
            },
            Change::Attempted { payment } => Self::Attempted { payment },
            Change::Refunded { refund, counts } => Self::Refunded {
                refund,
                counts: *counts,
            },
            Change::Closed { reason } => Self::Closed { reason: *reason },
            Change::Checkout { reference, state } => Self::Checkout {
                reference,
                state: *state,
            },
        }
    }
}

#[async_trait]
impl PaymentHandler for () {
    async fn on_change(
        &self,
        _: &mut Transaction,
        _: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        Ok(())
    }
}
