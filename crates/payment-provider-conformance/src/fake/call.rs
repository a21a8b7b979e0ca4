use std::fmt;

use payment_provider_core::{CheckoutReference, Environment, Operation};

/// A call that the gateway received.
///
/// It displays as the operation followed by the reference, if there is one, and compares equal to
/// that text: `assert_eq!(gateway.calls(), ["create_checkout inv-1", "check_connection"])`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FakeCall {
    /// The operation.
    pub operation: Operation,
    /// The reference of the checkout, if the operation is about one.
    pub reference: Option<CheckoutReference>,
    /// Name of the calling account.
    pub account: String,
    /// Environment of the calling account.
    pub environment: Environment,
}

impl fmt::Display for FakeCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reference {
            Some(reference) => write!(f, "{} {reference}", self.operation),
            None => self.operation.fmt(f),
        }
    }
}

impl PartialEq<str> for FakeCall {
    fn eq(&self, text: &str) -> bool {
        let written = self.to_string();
        written == text
    }
}

impl PartialEq<&str> for FakeCall {
    fn eq(&self, text: &&str) -> bool {
        *self == **text
    }
}
