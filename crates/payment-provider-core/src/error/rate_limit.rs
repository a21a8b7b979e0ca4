use std::time::Duration;

/// The rate limit that the gateway's response reported. Each field is reported by some gateways
/// only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RateLimit {
    /// The maximum number of calls within the gateway's window.
    pub limit: Option<u64>,
    /// The number of calls that remain.
    pub remaining: Option<u64>,
    /// The time until calls are accepted again.
    pub wait: Option<Duration>,
    /// The scope by which calls are counted, in the gateway's own term.
    pub scope: Option<String>,
}

impl RateLimit {
    /// Creates a rate limit with no known values.
    pub const fn unknown() -> Self {
        Self {
            limit: None,
            remaining: None,
            wait: None,
            scope: None,
        }
    }

    /// Returns `true` if any value is known.
    pub fn is_known(&self) -> bool {
        *self != Self::unknown()
    }
}
