//! The reasons for which deliveries are refused.

use serde::{Deserialize, Serialize};

/// The reason for which a delivery to a connection was refused, or its content not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefusalReason {
    /// It carries no signature. Scanners send such requests, and gateways whose webhook was set up
    /// without a secret.
    Unsigned,
    /// Its signature matches no secret of the connection: the secret at the gateway is another one, or the
    /// delivery is forged or changed on its way.
    SignatureMismatch,
    /// Its timestamp is older than the acceptance window. It is stored, and only makes the host ask
    /// the gateway.
    Stale,
    /// Its timestamp is later than the acceptance window: a clock is wrong. It is stored, and only makes
    /// the host ask the gateway.
    FromFuture,
    /// It verifies, and the connection receives more than
    /// [`HostConfig::intake_limit`](crate::HostConfig::intake_limit). The gateway sends it again.
    TooMany,
    /// The provider could not verify it at the time. The gateway sends it again.
    Unverifiable,
    /// The connection cannot be used: its provider is not registered, or its settings cannot be read. The
    /// gateway sends it again.
    UnusableConnection,
}

impl RefusalReason {
    /// Returns the name used in the database and in APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::SignatureMismatch => "signature_mismatch",
            Self::Stale => "stale",
            Self::FromFuture => "from_future",
            Self::TooMany => "too_many",
            Self::Unverifiable => "unverifiable",
            Self::UnusableConnection => "unusable_connection",
        }
    }
}
