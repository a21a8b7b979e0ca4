//! The identity of a payable.

use std::fmt;

use payment_provider_core::{CustomerId, InvalidIdentifier};
use serde::{Deserialize, Serialize};

/// The host's id of a payable, such as an invoice or a payment request. Unique within its organization; 1
/// to 255 characters without control characters.
///
/// # Examples
/// ```
/// use payment_provider_host::prelude::*;
///
/// let id: PayableId = "invoice-2026-001".parse()?;
/// assert_eq!(id.as_str(), "invoice-2026-001");
/// assert!(PayableId::new("").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PayableId(String);

impl PayableId {
    /// Creates an id from a text.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidIdentifier> {
        // The rules for a customer's id apply.
        CustomerId::new(text)
            .map(|id| Self(id.into()))
            .map_err(|mut error| {
                error.what = "payable id";
                error
            })
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PayableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for PayableId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PayableId {
    type Error = InvalidIdentifier;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<PayableId> for String {
    fn from(id: PayableId) -> Self {
        id.0
    }
}

impl std::str::FromStr for PayableId {
    type Err = InvalidIdentifier;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}
