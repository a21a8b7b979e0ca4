use std::time::Duration;

/// How many calls the gateway allows, as its answer told. Each part is told by some gateways only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RateLimit {
    /// Most calls within the gateway's window.
    pub limit: Option<u64>,
    /// How many of them are left.
    pub remaining: Option<u64>,
    /// How long until calls are accepted again.
    pub wait: Option<Duration>,
    /// What the calls are counted by, in the gateway's word.
    pub scope: Option<String>,
}

impl RateLimit {
    /// Nothing known.
    pub const fn unknown() -> Self {
        Self {
            limit: None,
            remaining: None,
            wait: None,
            scope: None,
        }
    }

    /// Whether anything is known.
    pub fn is_known(&self) -> bool {
        *self != Self::unknown()
    }
}
