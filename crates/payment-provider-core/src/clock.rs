use std::fmt;

use jiff::Timestamp;

/// The source of the current time, so that expiry and acceptance windows can be tested without
/// waiting.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the current time, in UTC.
    fn now(&self) -> Timestamp;
}

/// The system clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
