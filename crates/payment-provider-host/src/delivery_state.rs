//! The state of a stored delivery.

use serde::{Deserialize, Serialize};

/// The state of a stored delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryState {
    /// Stored, not applied yet.
    Pending,
    /// Applied.
    Applied,
    /// Contains nothing about a checkout, for instance a ping or an event of an unknown type.
    Ignored,
    /// Contains something about a payment or checkout that this host does not know. It is kept, and
    /// applied if the payment or checkout becomes known.
    Unmatched,
    /// Dead-lettered: it failed too often, reports what the gateway does not list, cannot be read, or
    /// was parked by an operator; its error says which. It is not retried until an operator, or a
    /// duplicate of it, requests that.
    Parked,
}

impl DeliveryState {
    /// Returns the name used in the database and in APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Applied => "applied",
            Self::Ignored => "ignored",
            Self::Unmatched => "unmatched",
            Self::Parked => "parked",
        }
    }
}
