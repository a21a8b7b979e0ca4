use payment_provider_core::CheckoutStatus;
use serde::{Deserialize, Serialize};

/// Where a checkout stands, as far as this host knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckoutState {
    /// Asked for; it may or may not exist at the gateway.
    Creating,
    /// Never came to be at the gateway.
    Failed,
    /// Payable, nothing paid.
    Open,
    /// Payable, some of it paid.
    PartiallyPaid,
    /// Paid, the gateway says.
    Paid,
    /// Takes no new payments: its time is over.
    Expired,
    /// Takes no new payments: called off.
    Cancelled,
}

impl CheckoutState {
    /// Whether no new payment can be begun on it, for a reason other than being paid.
    pub const fn is_dead(self) -> bool {
        matches!(self, Self::Failed | Self::Expired | Self::Cancelled)
    }

    /// Whether a payer may still be able to begin a payment.
    pub const fn may_take_money(self) -> bool {
        matches!(self, Self::Creating | Self::Open | Self::PartiallyPaid)
    }

    /// The state after the gateway was heard to say `status`. News may come in any order, so an
    /// ended checkout never opens again, and paid outranks the other ends.
    pub fn after(self, status: &CheckoutStatus) -> Self {
        let told = match status {
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
        if told.rank() > self.rank() {
            told
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
