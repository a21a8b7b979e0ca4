use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use payment_provider_core::Clock;
use time::OffsetDateTime;
use time::macros::datetime;

/// Time that only a test moves. Clones share it: give one to the gateway and one to the host.
#[derive(Debug, Clone)]
pub struct FakeClock(Arc<Mutex<OffsetDateTime>>);

impl FakeClock {
    /// Time that stands at this moment.
    pub fn at(now: OffsetDateTime) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Lets time pass; at the end of what a calendar knows it stands.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let by = time::Duration::try_from(by).unwrap_or(time::Duration::MAX);
        *now = now.saturating_add(by);
    }

    /// Sets the time, forward or back.
    pub fn set(&self, now: OffsetDateTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Default for FakeClock {
    /// Time that stands at a moment of no significance.
    fn default() -> Self {
        Self::at(datetime!(2026-01-05 09:00 UTC))
    }
}

impl Clock for FakeClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
