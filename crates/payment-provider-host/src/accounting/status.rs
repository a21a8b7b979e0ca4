//! The progress of a payable's payment.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::allocation::Balance;
use super::checkout_state::CheckoutState;
use super::close_reason::CloseReason;

/// The progress of a payable's payment, in the words of billing platforms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentProgress {
    /// Nothing was received, and the payer can still pay or was not asked yet.
    Pending,
    /// Part of the amount was received.
    Processing,
    /// All of the amount was received, or the host says that it was paid elsewhere.
    Succeeded,
    /// Nothing was received, and the payer can no longer pay on the latest checkout: it expired, was
    /// cancelled, or could not be made, or the payable was voided. Unless it was voided, a new
    /// payment URL makes it pending again.
    Failed,
}

impl PaymentProgress {
    /// The word used in APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for PaymentProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Returns the progress of a payable of `amount` smallest units.
///
/// The money decides first. Only where none is applied do the closing and the latest checkout
/// decide. A failed attempt to pay has no influence.
pub fn progress(
    amount: i64,
    balance: &Balance,
    latest_checkout: Option<CheckoutState>,
) -> PaymentProgress {
    let applied = balance.applied().minor_units();
    if applied >= amount || balance.closed() == Some(CloseReason::PaidElsewhere) {
        PaymentProgress::Succeeded
    } else if applied > 0 {
        PaymentProgress::Processing
    } else if balance.closed().is_some() || latest_checkout.is_some_and(CheckoutState::is_dead) {
        PaymentProgress::Failed
    } else {
        PaymentProgress::Pending
    }
}
