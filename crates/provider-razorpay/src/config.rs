use std::sync::Arc;

use payment_provider_core::{Clock, SystemClock};
use payment_provider_http::HttpConfig;

/// Configuration shared by all connections of one factory: clock, timeouts, retries and proxies.
///
/// Values that belong to a single merchant account are settings of its connection.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use provider_razorpay::{RazorpayConfig, RetryTuning};
///
/// let config = RazorpayConfig::new()
///     .with_connect_timeout(Duration::from_secs(3))
///     .with_request_timeout(Duration::from_secs(8))
///     .with_operation_deadline(Duration::from_secs(20))
///     .with_retry(RetryTuning::new().with_max_attempts(3))
///     .with_environment_proxies(true);
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct RazorpayConfig {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) http: HttpConfig,
}

impl Default for RazorpayConfig {
    fn default() -> Self {
        let user_agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        Self {
            clock: Arc::new(SystemClock),
            http: HttpConfig::new().with_user_agent(user_agent),
        }
    }
}

impl RazorpayConfig {
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
    /// use provider_razorpay::RazorpayConfig;
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
    /// let config = RazorpayConfig::new().with_clock(Arc::new(Fixed(Timestamp::UNIX_EPOCH)));
    /// # let _ = config;
    /// ```
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    payment_provider_http::http_config_methods! {
        field: http,
        type: "provider_razorpay::RazorpayConfig",
        gateway: "Razorpay",
    }
}
