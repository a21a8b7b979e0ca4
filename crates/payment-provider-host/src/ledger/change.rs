//! A change of a payable, as the host's handler is notified of it.

use std::fmt;

use data_encoding::HEXLOWER;
use payment_provider_core::{
    CheckoutReference, ConnectionCode, Money, OrganizationId, Payment, Refund,
};
use sha2::{Digest, Sha256};

use crate::accounting::{
    Allocation, Balance, Change, CheckoutState, CloseReason, Notification, PaymentProgress,
};
use crate::payable_id::PayableId;

/// A change of one payable, with the totals after it.
///
/// # Examples
/// ```
/// use payment_provider_host::accounting::{Balance, CloseReason, PaymentProgress};
/// use payment_provider_host::ledger::Cause;
/// use payment_provider_host::prelude::*;
///
/// // A change for the test of a handler.
/// let (organization, id) = (OrganizationId::new("acme")?, PayableId::new("invoice-1")?);
/// let balance = Balance::open(Money::from_decimal("200.12", Currency::INR)?);
/// let cause = Cause::Closed { reason: CloseReason::Voided };
/// let change = PayableChange::new(&organization, &id, cause, &balance, PaymentProgress::Failed);
/// assert!(change.received.is_zero());
/// assert_eq!(change.key(), change.key());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

/// The first part of every key before it is hashed: a change of the way keys are made changes it.
const MADE_AS: &str = "payable-change-1";

/// Identifies one change of one payable: the same each time that the host's handler is notified of it.
///
/// No two changes that took effect have the same key, whatever their cause, payable, connection or
/// tenant. 64 characters of lower-case hexadecimal, from which nothing can be read. The way it is made
/// does not change between versions of this crate.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChangeKey(String);

impl ChangeKey {
    pub(crate) fn of(change: &PayableChange<'_>) -> Self {
        let mut parts = vec![
            MADE_AS.to_owned(),
            change.organization.to_string(),
            change.payable.to_string(),
            change
                .connection
                .map(ToString::to_string)
                .unwrap_or_default(),
        ];
        match change.cause {
            Cause::Posted { payment, .. } => {
                parts.extend(["posted".to_owned(), payment.dedup_key().to_string()]);
            }
            Cause::Attempted { payment } => {
                parts.extend(["attempted".to_owned(), payment.dedup_key().to_string()]);
            }
            Cause::Refunded { refund, counts } => {
                // The amount of a refund may be corrected, and its payable.
                let (amount, currency) = (refund.amount.minor_units(), refund.amount.currency());
                let counts = if counts { "counts" } else { "does not count" };
                parts.extend([
                    "refunded".to_owned(),
                    refund.dedup_key().to_string(),
                    format!("{amount} {}", currency.code()),
                    counts.to_owned(),
                ]);
            }
            Cause::Closed { reason } => {
                parts.extend(["closed", reason.as_str()].map(str::to_owned));
            }
            Cause::Checkout { reference, state } => {
                let parts_of = ["checkout", reference.as_str(), state.as_str()];
                parts.extend(parts_of.map(str::to_owned));
            }
        }
        let mut hash = Sha256::new();
        for part in parts {
            // With its length, since a name may contain any separator.
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        Self(HEXLOWER.encode(&hash.finalize()))
    }

    /// Returns the key as text, to store under a unique constraint.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChangeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use payment_provider_core::{Currency, PaymentId, PaymentStatus};

    use super::*;
    use crate::accounting::AllocationOutcome;

    /// Hosts store the keys: another key for the same change would make it count twice.
    #[test]
    fn the_key_of_a_change_is_the_same_in_every_version() {
        let organization = OrganizationId::new("acme").unwrap();
        let payable = PayableId::new("invoice-1").unwrap();
        let connection = ConnectionCode::new("main").unwrap();
        let amount = Money::from_minor_units(20_012, Currency::INR);
        let id = PaymentId::new("pay-1").unwrap();
        let payment = Payment::new(id, PaymentStatus::Succeeded, amount);
        let allocation = Allocation {
            outcome: AllocationOutcome::Exact,
            applied: amount,
            overpaid: Money::zero(Currency::INR),
        };
        let cause = Cause::Posted {
            payment: &payment,
            allocation,
        };
        let balance = Balance::open(amount);
        let progress = PaymentProgress::Succeeded;
        let change = PayableChange::new(&organization, &payable, cause, &balance, progress);
        assert_eq!(
            change.with_connection(&connection).key().as_str(),
            "9c366c9dfd161583ede478c3d4b7eb98970055b9344d4b579cd683a19f3073bf"
        );
    }
}
