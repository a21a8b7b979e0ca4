use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::{Clock, SystemClock};
use payment_provider_http::HttpConfig;
pub use payment_provider_http::RetryTuning;

const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// Configuration shared by all connections of one factory: clock, timeouts, retries, proxies and
/// the acceptance window of webhooks.
///
/// Values that belong to a single merchant account are settings of its connection.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use provider_cashfree::{CashfreeConfig, RetryTuning};
///
/// let config = CashfreeConfig::new()
///     .with_connect_timeout(Duration::from_secs(3))
///     .with_request_timeout(Duration::from_secs(8))
///     .with_operation_deadline(Duration::from_secs(20))
///     .with_retry(RetryTuning::new().with_max_attempts(3))
///     .with_environment_proxies(true);
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct CashfreeConfig {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) webhook_past: Duration,
    pub(crate) webhook_future: Duration,
    pub(crate) http: HttpConfig,
}

impl Default for CashfreeConfig {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            webhook_past: Duration::from_hours(24),
            webhook_future: Duration::from_mins(10),
            http: HttpConfig::new().with_user_agent(USER_AGENT),
        }
    }
}

impl CashfreeConfig {
    /// Creates the default configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the source of the current time. Default: the system clock.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    ///
    /// use payment_provider_core::Clock;
    /// use payment_provider_core::reexport::jiff::Timestamp;
    /// use provider_cashfree::CashfreeConfig;
    ///
    /// /// A clock for tests.
    /// #[derive(Debug)]
    /// struct Fixed(Timestamp);
    ///
    /// impl Clock for Fixed {
    ///     fn now(&self) -> Timestamp {
    ///         self.0
    ///     }
    /// }
    ///
    /// let config = CashfreeConfig::new().with_clock(Arc::new(Fixed(Timestamp::UNIX_EPOCH)));
    /// # let _ = config;
    /// ```
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the acceptance window: how old, and how far in the future, the signed timestamp of a
    /// delivery may be. Default: 24 hours and 10 minutes.
    ///
    /// A delivery outside the window is still verified, but its content is not trusted: it only
    /// reports that the gateway has to be asked. The default is wide because Cashfree repeats a
    /// delivery for tens of minutes and lets a merchant resend it much later
    /// (<https://www.cashfree.com/docs/api-reference/webhooks/reliability-and-operations>).
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// use provider_cashfree::CashfreeConfig;
    ///
    /// // Trusts deliveries of the last hour, from a gateway whose clock is at most a minute ahead.
    /// let (past, future) = (Duration::from_hours(1), Duration::from_mins(1));
    /// let config = CashfreeConfig::new().with_webhook_window(past, future);
    /// # let _ = config;
    /// ```
    pub fn with_webhook_window(mut self, past: Duration, future: Duration) -> Self {
        self.webhook_past = past;
        self.webhook_future = future;
        self
    }

    payment_provider_http::http_config_methods! {
        field: http,
        type: "provider_cashfree::CashfreeConfig",
        gateway: "Cashfree",
    }
}
