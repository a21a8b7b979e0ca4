//! The state of a checkout as far as this host knows it.

use payment_provider_core::CheckoutStatus;
use serde::{Deserialize, Serialize};

/// The state of a checkout as far as this host knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckoutState {
    /// Requested; it may or may not exist at the gateway.
    Creating,
    /// Never made at the gateway.
    Failed,
    /// Payable, nothing paid.
    Open,
    /// Payable, partly paid.
    PartiallyPaid,
    /// Paid, as the gateway reports.
    Paid,
    /// Takes no new payments: it expired.
    Expired,
    /// Takes no new payments: it was cancelled.
    Cancelled,
}

impl CheckoutState {
    /// Returns true if no new payment can begin on it, for a reason other than being paid.
    pub const fn is_dead(self) -> bool {
        matches!(self, Self::Failed | Self::Expired | Self::Cancelled)
    }

    /// Returns true if a payer may still be able to begin a payment.
    pub const fn may_take_money(self) -> bool {
        matches!(self, Self::Creating | Self::Open | Self::PartiallyPaid)
    }

    /// Returns the state after the gateway reported `status`. Reports come in any order, so an ended
    /// checkout never opens again, and paid outranks the other ends.
    pub fn after(self, status: &CheckoutStatus) -> Self {
        let reported = match status {
            CheckoutStatus::Open => Self::Open,
            CheckoutStatus::PartiallyPaid => Self::PartiallyPaid,
            CheckoutStatus::Paid => Self::Paid,
            CheckoutStatus::Expired => Self::Expired,
            CheckoutStatus::Cancelled => Self::Cancelled,
            _ => {
                return if self == Self::Creating {
                    Self::Open
                } else {
                    self
                };
            }
        };
        if reported.rank() > self.rank() {
            reported
        } else {
            self
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Creating | Self::Failed => 0,
            Self::Open => 1,
            Self::PartiallyPaid => 2,
            Self::Expired | Self::Cancelled => 3,
            Self::Paid => 4,
        }
    }

    /// The word used in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Failed => "failed",
            Self::Open => "open",
            Self::PartiallyPaid => "partially_paid",
            Self::Paid => "paid",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }
}
