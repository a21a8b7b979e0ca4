use std::fmt;

use jiff::Timestamp;

/// Where "now" comes from, so that expiry and acceptance windows can be tested without waiting.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present moment, in UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
