use std::sync::Mutex;
use std::time::Duration;

use payment_provider_core::Clock;
use payment_provider_core::reexport::time::OffsetDateTime;
use time::macros::datetime;
use tokio::time::Instant;

/// The time of day in a case. It goes with the runtime's paused time, and leaps where a case says.
#[derive(Debug)]
pub(crate) struct KitClock {
    begun: Instant,
    leapt: Mutex<Duration>,
}

const MORNING: OffsetDateTime = datetime!(2026-11-21 09:00 UTC);

impl KitClock {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            leapt: Mutex::new(Duration::ZERO),
        }
    }

    pub(crate) fn at(&self) -> OffsetDateTime {
        let leapt = *self
            .leapt
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        MORNING + self.begun.elapsed() + leapt
    }

    /// Goes forward without anything else happening.
    pub(crate) fn leap(&self, by: Duration) {
        *self
            .leapt
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) += by;
    }
}

impl Clock for KitClock {
    fn now(&self) -> OffsetDateTime {
        self.at()
    }
}
