use jiff::SignedDuration;

use crate::Environment;

/// The result of a read-only check of a connection at the gateway.
///
/// # Examples
/// ```
/// use payment_provider_core::{ConnectionCheck, CredentialCheck, Environment};
///
/// let check = ConnectionCheck::new(CredentialCheck::Rejected, Environment::Sandbox);
/// assert!(!check.is_usable());
/// assert!(check.next_steps.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionCheck {
    /// The gateway's verdict on the credentials.
    pub credentials: CredentialCheck,
    /// The environment that the connection is configured for and in which the credentials were
    /// checked.
    pub environment: Environment,
    /// The gateway's clock minus the local clock, to the second. A webhook outside the acceptance
    /// window is only trusted as a hint, so a large skew costs one fetch per webhook.
    pub clock_skew: Option<SignedDuration>,
    /// The remaining steps for the operator; empty if there are none.
    pub next_steps: Vec<String>,
}

impl ConnectionCheck {
    /// Creates a check result with no clock skew and no next steps.
    pub const fn new(credentials: CredentialCheck, environment: Environment) -> Self {
        Self {
            credentials,
            environment,
            clock_skew: None,
            next_steps: Vec::new(),
        }
    }

    /// Returns `true` if the connection can be used.
    pub fn is_usable(&self) -> bool {
        self.credentials == CredentialCheck::Accepted
    }
}

/// The gateway's verdict on the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialCheck {
    /// The credentials work in this environment.
    Accepted,
    /// The credentials do not work: they are wrong, revoked, or belong to the other environment.
    Rejected,
}
