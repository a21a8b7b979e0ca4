use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::{Clock, SystemClock};
use payment_provider_http::{HttpConfig, RetryTuning};

/// How all connections of one factory behave. What belongs to a single merchant account is in its
/// settings, not here.
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
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where "now" comes from. Default: the machine's clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The most time to make a connection. Default: 5 seconds.
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.http = self.http.with_connect_timeout(timeout);
        self
    }

    /// The most time for one request, from its start to the last byte of the answer. Default: 10
    /// seconds.
    pub fn with_request_timeout(mut self, timeout: Duration) -> Self {
        self.http = self.http.with_request_timeout(timeout);
        self
    }

    /// The most time for one operation with all its requests and pauses. Default: 30 seconds.
    pub fn with_operation_deadline(mut self, deadline: Duration) -> Self {
        self.http = self.http.with_operation_deadline(deadline);
        self
    }

    /// How often, and after what pauses, a request is repeated. Only what is safe is.
    pub fn with_retry(mut self, retry: RetryTuning) -> Self {
        self.http = self.http.with_retry(retry);
        self
    }

    /// Whether the proxies named in the process environment (`HTTPS_PROXY` and the like) are used
    /// for calls to the gateway. Default: no. Calls to this machine never go through one.
    pub fn with_environment_proxies(mut self, used: bool) -> Self {
        self.http = self.http.with_environment_proxies(used);
        self
    }
}
