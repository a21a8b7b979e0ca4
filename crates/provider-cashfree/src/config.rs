use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::{Clock, SystemClock};

/// How all connections of one factory behave. What belongs to a single merchant account is in its
/// settings, not here.
#[derive(Debug, Clone)]
pub struct CashfreeConfig {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) webhook_past: Duration,
    pub(crate) webhook_future: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) operation_deadline: Duration,
    pub(crate) retry: RetryTuning,
    pub(crate) environment_proxies: bool,
}

impl Default for CashfreeConfig {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            webhook_past: Duration::from_hours(24),
            webhook_future: Duration::from_mins(10),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(10),
            operation_deadline: Duration::from_secs(30),
            retry: RetryTuning::default(),
            environment_proxies: false,
        }
    }
}

impl CashfreeConfig {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where "now" comes from. Default: the machine's clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How old, and how far in the future, a webhook's own time stamp may be for its content to
    /// count. Outside, a delivery is still verified, but only says that something has to be
    /// fetched. Default: 24 hours and 10 minutes, since Cashfree repeats a delivery for tens of
    /// minutes and lets a merchant send it again much later
    /// (<https://www.cashfree.com/docs/api-reference/webhooks/reliability-and-operations>).
    pub fn with_webhook_window(mut self, past: Duration, future: Duration) -> Self {
        self.webhook_past = past;
        self.webhook_future = future;
        self
    }

    /// The most time to make a connection. Default: 5 seconds.
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The most time for one request, from its start to the last byte of the answer. Default: 10
    /// seconds.
    pub fn with_request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// The most time for one operation with all its requests and pauses. Default: 30 seconds.
    pub fn with_operation_deadline(mut self, deadline: Duration) -> Self {
        self.operation_deadline = deadline;
        self
    }

    /// How often, and after what pauses, a request is repeated. Only what is safe is.
    pub fn with_retry(mut self, retry: RetryTuning) -> Self {
        self.retry = retry;
        self
    }

    /// Whether the proxies named in the process environment (`HTTPS_PROXY` and the like) are used
    /// for calls to the gateway. Default: no. Calls to this machine never go through one.
    pub fn with_environment_proxies(mut self, used: bool) -> Self {
        self.environment_proxies = used;
        self
    }
}

/// How often, and after what pauses, a request is repeated.
///
/// The pause doubles from one repetition to the next, and each is lengthened by a random part of
/// itself, so that many clients do not come back at the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryTuning {
    pub(crate) max_attempts: u32,
    pub(crate) min_pause: Duration,
    pub(crate) max_pause: Duration,
}

impl Default for RetryTuning {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            min_pause: Duration::from_millis(250),
            max_pause: Duration::from_secs(4),
        }
    }
}

impl RetryTuning {
    /// The defaults: 3 tries, pauses from a quarter of a second up to 4 seconds.
    pub fn new() -> Self {
        Self::default()
    }

    /// The most tries of one request, the first included.
    pub const fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// The shortest and the longest pause, before the random part is added.
    pub const fn with_pauses(mut self, shortest: Duration, longest: Duration) -> Self {
        self.min_pause = shortest;
        self.max_pause = longest;
        self
    }
}
