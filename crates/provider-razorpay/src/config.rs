use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::{Clock, SystemClock};
use payment_provider_http::{HttpConfig, RetryTuning};

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

    /// Sets the time limit for establishing a connection. Default: 5 seconds.
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.http = self.http.with_connect_timeout(timeout);
        self
    }

    /// Sets the time limit for one request, up to the last byte of the response. Default: 10
    /// seconds.
    pub fn with_request_timeout(mut self, timeout: Duration) -> Self {
        self.http = self.http.with_request_timeout(timeout);
        self
    }

    /// Sets the time limit for one operation, including all its requests and pauses. Default: 30
    /// seconds.
    pub fn with_operation_deadline(mut self, deadline: Duration) -> Self {
        self.http = self.http.with_operation_deadline(deadline);
        self
    }

    /// Sets how often a request is repeated and how long to pause before each repetition. Only
    /// requests that are safe to repeat are repeated.
    pub fn with_retry(mut self, retry: RetryTuning) -> Self {
        self.http = self.http.with_retry(retry);
        self
    }

    /// Uses the proxies named in the process environment (`HTTPS_PROXY` and the like) for calls to
    /// the gateway if `used` is true. Default: false. Calls to the loopback address never go
    /// through a proxy.
    pub fn with_environment_proxies(mut self, used: bool) -> Self {
        self.http = self.http.with_environment_proxies(used);
        self
    }

    /// Allows connections whose gateway address is on this machine, such as a simulator's. Default:
    /// false, so that no setting of a connection directs a call to a service beside the host.
    pub fn with_loopback(mut self, allowed: bool) -> Self {
        self.http = self.http.with_loopback(allowed);
        self
    }

    /// Allows further hosts in the setting `base_url`, such as a relay of the operator, in addition to
    /// Razorpay's own. Each has to resolve to a public address. A secret is only sent to an allowed
    /// host.
    ///
    /// # Examples
    /// ```
    /// use provider_razorpay::RazorpayConfig;
    ///
    /// let config = RazorpayConfig::new().with_allowed_hosts(["relay.example"]);
    /// # let _ = config;
    /// ```
    pub fn with_allowed_hosts<H: Into<String>>(
        mut self,
        hosts: impl IntoIterator<Item = H>,
    ) -> Self {
        self.http = self.http.with_allowed_hosts(hosts);
        self
    }
}
