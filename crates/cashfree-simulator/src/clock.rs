//! Sources of the simulator's time.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// A source of the current time.
///
/// Expiry, timestamps, read-after-write lag and rate windows use it. The waits between webhook attempts do not; they
/// are scaled by [`RetryScale`](crate::RetryScale).
pub trait SimulatorClock: fmt::Debug + Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
}

/// The system clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl SimulatorClock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<Timestamp>,
}

impl ManualClock {
    /// Creates a clock that shows `now`.
    pub const fn new(now: Timestamp) -> Self {
        Self {
            now: Mutex::new(now),
        }
    }

    /// Moves the clock forward. Saturates at the last representable time.
    pub fn advance(&self, by: Duration) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = later(*now, by);
    }

    /// Sets the clock.
    pub fn set(&self, to: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }
}

impl SimulatorClock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns `at` plus `by`, saturating.
pub(crate) fn later(at: Timestamp, by: Duration) -> Timestamp {
    // Adding a duration saturates; only calendar units are an error.
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// Returns `at` minus `by`, saturating.
pub(crate) fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(Timestamp::MIN)
}
