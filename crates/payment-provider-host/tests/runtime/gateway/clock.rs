//! The clock of the tests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use payment_provider_core::Clock;
use payment_provider_core::reexport::jiff::Timestamp;

/// Time that only a test moves.
#[derive(Debug, Clone)]
pub(crate) struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(
            Timestamp::from_second(1_790_000_000).unwrap(),
        )))
    }

    /// Sets the clock back, as an operator or a time server does.
    pub(crate) fn set_back(&self, by: Duration) {
        *self.0.lock().unwrap() -= by;
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}
