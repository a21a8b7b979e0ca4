use std::fmt;

use async_trait::async_trait;
use payment_provider_core::{CheckoutReference, Money, OrganizationId, Payment, Refund};

use crate::PayableId;
use crate::cash::{Account, Booking, Closed, PaymentProgress};
use crate::checkouts::CheckoutState;

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
/// again. Totals are those after the change, not differences, so writing them twice changes nothing.
/// What adds up, or is told to others, is kept apart by the effect key of the payment
/// ([`Payment::effect_key`]) or refund ([`Refund::effect_key`](payment_provider_core::Refund::effect_key)),
/// which is the same each time; for the other causes by the payable and what the cause names.
///
/// `()` is a handler that does nothing.
#[async_trait]
pub trait PaymentHandler<Tx: Send>: fmt::Debug + Send + Sync + 'static {
    /// Something changed. The totals are those after the change.
    async fn on_change(&self, tx: &mut Tx, change: &PayableChange<'_>) -> Result<(), HandlerError>;
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
    /// A change that led to this account. The runtime makes these; so may the test of a handler.
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
            cause,
            received: account.received(),
            credited: account.credited(),
            surplus: account.surplus(),
            refunded: account.refunded(),
            progress,
        }
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
impl<Tx: Send> PaymentHandler<Tx> for () {
    async fn on_change(&self, _: &mut Tx, _: &PayableChange<'_>) -> Result<(), HandlerError> {
        Ok(())
    }
}
