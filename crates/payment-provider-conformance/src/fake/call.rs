use std::fmt;

use payment_provider_core::{CheckoutReference, Environment, Operation};

/// A call that reached the gateway.
///
/// Written as the operation and, where there is one, the reference, and equal to that text:
/// `assert_eq!(gateway.calls(), ["create_checkout inv-1", "check_connection"])`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FakeCall {
    /// What was asked for.
    pub operation: Operation,
    /// About which checkout.
    pub reference: Option<CheckoutReference>,
    /// The name of the account that asked.
    pub account: String,
    /// The environment it asked in.
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
