use std::fmt;

use jiff::Timestamp;

/// The source of the current time, so that expiry and acceptance windows can be tested without
/// waiting.
///
/// # Examples
/// ```
/// use payment_provider_core::Clock;
/// use payment_provider_core::reexport::jiff::Timestamp;
///
/// /// A clock that stands still, for tests.
/// #[derive(Debug)]
/// struct Stopped;
///
/// impl Clock for Stopped {
///     fn now(&self) -> Timestamp {
///         Timestamp::UNIX_EPOCH
///     }
/// }
/// assert_eq!(Stopped.now().as_second(), 0);
/// ```
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
