use std::fmt;

use async_trait::async_trait;
use payment_provider_core::{
    CheckoutReference, ConnectionCode, Money, OrganizationId, Payment, Refund,
};

use crate::cash::{Account, Booking, Closed, PaymentProgress};
use crate::checkouts::CheckoutState;
use crate::store::Transaction;
use crate::{ChangeKey, PayableId};

/// The host's own reaction to news about a payable, in the transaction that records them.
///
/// **Contract.** What the handler writes through `tx` becomes durable together with the effect, or
/// not at all: neither is ever there without the other. The handler is called once for each effect
/// that takes hold; after an error the whole transaction is rolled back and the delivery is tried
/// again later. It must not wait for the network, nor call methods of the runtime that write: what it
/// would wait for is held here, the one writer of SQLite, or on PostgreSQL everything about this
/// payable.
///
/// **Tables elsewhere.** If the host's tables live in another database, the promise weakens to *at
/// least once*: what was written there stays although the transaction here is rolled back, and comes
/// again. Totals are those after the change, not differences, so writing them twice changes nothing:
/// they are what to store. What is done once for each change, a line in a ledger or a letter, goes
/// under [`PayableChange::key`], which is the same each time; a handler that finds the key there
/// already has nothing to do for it. What is told has happened only when its transaction is committed,
/// which the handler does not see. What is rolled back is tried again, yet need not come again as it
/// was: a [`close`](crate::Host::close) that failed comes if the host asks for it again, and money that
/// a gateway tells of under two payment ids may come under the other one. And a process that was frozen
/// may write there after the server gave up its transaction here and another process went on. So
/// whoever keeps books elsewhere compares them now and then with
/// [`Host::payable`](crate::Host::payable), which is what holds.
///
/// `()` is a handler that does nothing.
#[async_trait]
pub trait PaymentHandler: fmt::Debug + Send + Sync + 'static {
    /// Something changed. The totals are those after the change.
    async fn on_change(
        &self,
        tx: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError>;
}

/// Why the host could not take a change.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// A change of one payable, and how it stands after it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct PayableChange<'a> {
    /// The tenant.
    pub organization: &'a OrganizationId,
    /// The payable.
    pub payable: &'a PayableId,
    /// By which of its connections: the one that tells of the money, or that the checkout is of.
    /// `None` if it is the host's own doing.
    pub connection: Option<&'a ConnectionCode>,
    /// What happened.
    pub cause: Cause<'a>,
    /// All money that came in for it, in its currency.
    pub received: Money,
    /// What of it counts toward what was owed.
    pub credited: Money,
    /// What of it does not.
    pub surplus: Money,
    /// What was given back, in its currency. It may be told before the payment is.
    pub refunded: Money,
    /// How far its payment has come.
    pub progress: PaymentProgress,
}

impl<'a> PayableChange<'a> {
    /// A change that led to this account, by no connection. The runtime makes these; so may the test
    /// of a handler.
    pub fn new(
        organization: &'a OrganizationId,
        payable: &'a PayableId,
        cause: Cause<'a>,
        account: &Account,
        progress: PaymentProgress,
    ) -> Self {
        Self {
            organization,
            payable,
            connection: None,
            cause,
            received: account.received(),
            credited: account.credited(),
            surplus: account.surplus(),
            refunded: account.refunded(),
            progress,
        }
    }

    /// The same change, by this connection.
    #[must_use]
    pub const fn with_connection(mut self, connection: &'a ConnectionCode) -> Self {
        self.connection = Some(connection);
        self
    }

    /// What this change is known by: the same when it is told again, and no other change's.
    pub fn key(&self) -> ChangeKey {
        ChangeKey::of(self)
    }
}

/// What changed a payable.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Cause<'a> {
    /// Money was booked.
    Booked {
        /// The payment.
        payment: &'a Payment,
        /// What it meant.
        booking: Booking,
    },
    /// An attempt to pay ended without money, or is not decided yet.
    Attempted {
        /// The attempt.
        payment: &'a Payment,
    },
    /// Money went back to the payer, or what went back came back: whether it is the one or the other
    /// is said by the refund's status. News of a refund that moved no money is no change.
    Refunded {
        /// The refund as it stands.
        refund: &'a Refund,
        /// Whether it is in what was [given back](PayableChange::refunded). One that failed is not, nor
        /// one in another currency, nor one that was taken for this payable's and is another's.
        counts: bool,
    },
    /// The host settled or voided it.
    Closed {
        /// Which of the two.
        reason: Closed,
    },
    /// One of its checkouts was made, ended, or could not be made.
    Checkout {
        /// Which of them.
        reference: &'a CheckoutReference,
        /// How it stands.
        state: CheckoutState,
    },
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
