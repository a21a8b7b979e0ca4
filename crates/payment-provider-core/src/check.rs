use jiff::SignedDuration;

use crate::Environment;

/// What a read-only call to the gateway told about a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionCheck {
    /// Whether the gateway accepted the credentials.
    pub credentials: CredentialCheck,
    /// The environment the connection is set up for, and in which the credentials were tried.
    pub environment: Environment,
    /// The gateway's clock minus ours, to the second. Webhooks outside the acceptance window are
    /// only trusted as a hint, so a clock that is far off costs a fetch for each of them.
    pub clock_skew: Option<SignedDuration>,
    /// What to do next, for a person; empty when nothing is left to do.
    pub next_steps: Vec<String>,
}

impl ConnectionCheck {
    /// A check with this outcome.
    pub const fn new(credentials: CredentialCheck, environment: Environment) -> Self {
        Self {
            credentials,
            environment,
            clock_skew: None,
            next_steps: Vec::new(),
        }
    }

    /// Whether the connection can be used.
    pub fn is_usable(&self) -> bool {
        self.credentials == CredentialCheck::Accepted
    }
}

/// What the gateway said to the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialCheck {
    /// They work in this environment.
    Accepted,
    /// They do not; they are wrong, revoked, or those of the other environment.
    Rejected,
}
