use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use payment_provider_core::Clock;

/// A clock that only the test advances. Clones share the time: give one to the gateway and one to
/// the host.
///
/// ```
/// use std::time::Duration;
///
/// use payment_provider_conformance::fake::{FakeClock, FakeGateway};
/// use payment_provider_core::Clock;
///
/// let clock = FakeClock::default();
/// let gateway = FakeGateway::builder().with_clock(clock.clone()).build();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().duration_since(before).as_secs(), 60);
/// # let _ = gateway;
/// ```
#[derive(Debug, Clone)]
pub struct FakeClock(Arc<Mutex<Timestamp>>);

impl FakeClock {
    /// Creates a clock that stands at this time.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Advances the clock, at most to the maximum timestamp.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by).unwrap_or(Timestamp::MAX);
    }

    /// Sets the time, forward or back.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Default for FakeClock {
    /// Creates a clock that stands at 2026-01-05T09:00:00Z.
    fn default() -> Self {
        Self::at(Timestamp::constant(1_767_603_600, 0))
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
