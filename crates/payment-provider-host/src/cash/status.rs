use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Account, Closed};
use crate::checkouts::CheckoutState;

/// How far the payment of a payable has come, in the words of billing platforms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentProgress {
    /// Nothing came in, and the payer can still pay or was not asked yet.
    Pending,
    /// Some of it came in.
    Processing,
    /// All of it came in, or the host says that it was settled in another way.
    Succeeded,
    /// Nothing came in, and the payer can no longer pay on what they were given: it expired, was
    /// cancelled, or could not be made, or the payable was voided. Unless it was, asking again makes
    /// it pending again.
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

/// How far a payable of `amount` smallest units has come. Decided by the money first; only where
/// none counts toward it, by whether it is closed and by its latest checkout. A failed attempt to
/// pay is no argument at all.
pub fn progress(
    amount: i64,
    account: &Account,
    latest_checkout: Option<CheckoutState>,
) -> PaymentProgress {
    let credited = account.credited().minor_units();
    if credited >= amount || account.closed() == Some(Closed::Settled) {
        PaymentProgress::Succeeded
    } else if credited > 0 {
        PaymentProgress::Processing
    } else if account.closed().is_some() || latest_checkout.is_some_and(CheckoutState::is_dead) {
        PaymentProgress::Failed
    } else {
        PaymentProgress::Pending
    }
}
