//! The reason for which a host closes a payable.

use serde::{Deserialize, Serialize};

/// The reason for which a payable takes no more money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CloseReason {
    /// The amount was paid, here or in another way.
    PaidElsewhere,
    /// The host withdrew the payable.
    Voided,
}

impl CloseReason {
    /// The word used in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaidElsewhere => "paid_elsewhere",
            Self::Voided => "voided",
        }
    }

    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::PaidElsewhere => "closed by the host as paid elsewhere",
            Self::Voided => "voided by the host",
        }
    }
}
