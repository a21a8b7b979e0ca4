use std::borrow::Cow;
use std::error::Error as StdError;
use std::time::Duration;

use http::HeaderValue;

use crate::canonical_host::canonical;

/// Longest duration that any part of the configuration may have.
const A_DAY: Duration = Duration::from_hours(24);

/// Most tries of one request.
const MAX_ATTEMPTS: u32 = 20;

/// HTTP settings that all connections of one provider share. Settings of a single merchant account
/// are elsewhere.
///
/// Nothing is checked while it is built; [`check`](Self::check) does, and so does
/// [`HttpClients::new`](crate::HttpClients::new).
#[derive(Debug, Clone)]
pub struct HttpConfig {
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) operation_deadline: Duration,
    pub(crate) retry: RetryTuning,
    pub(crate) environment_proxies: bool,
    pub(crate) loopback: bool,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) user_agent: Cow<'static, str>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(10),
            operation_deadline: Duration::from_secs(30),
            retry: RetryTuning::default(),
            environment_proxies: false,
            loopback: false,
            allowed_hosts: Vec::new(),
            user_agent: Cow::Borrowed(concat!(
                env!("CARGO_PKG_NAME"),
                "/",
                env!("CARGO_PKG_VERSION")
            )),
        }
    }
}

impl HttpConfig {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The most time to make a connection, up to a day. Default: 5 seconds.
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The most time for one request, from its start to the last byte of the response, up to a day.
    /// Default: 10 seconds.
    pub fn with_request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// The most time for one operation with all its requests and pauses, up to a day. Default: 30
    /// seconds. The caller of a [`GatewayClient`](crate::GatewayClient) passes the deadline of each
    /// operation and takes it from here.
    pub fn with_operation_deadline(mut self, deadline: Duration) -> Self {
        self.operation_deadline = deadline;
        self
    }

    /// The number of attempts of a request and the pauses between them.
    pub fn with_retry(mut self, retry: RetryTuning) -> Self {
        self.retry = retry;
        self
    }

    /// Enables or disables the proxies named in the process environment
    /// (`HTTPS_PROXY` and the like). Default: off. Calls to this machine never go through one.
    pub fn with_environment_proxies(mut self, used: bool) -> Self {
        self.environment_proxies = used;
        self
    }

    /// Allows calls to this machine, over plain http too, for a simulator or a test. Default: off, so
    /// that no setting of a connection can direct a call to a service beside the host application.
    pub fn with_loopback(mut self, allowed: bool) -> Self {
        self.loopback = allowed;
        self
    }

    /// Allows further hosts as the address of the gateway, such as a relay of the operator, in
    /// addition to the gateway's own. Each has to resolve to a public address.
    ///
    /// An entry is a name such as `relay.example`, in any letter case and also in Unicode, or an IP
    /// address. One with a scheme, a path, a port or a wildcard is refused by [`check`](Self::check). A
    /// host is allowed at every port.
    pub fn with_allowed_hosts<H: Into<String>>(
        mut self,
        hosts: impl IntoIterator<Item = H>,
    ) -> Self {
        self.allowed_hosts = hosts.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the header `user-agent`, such as `provider-acme/1.0.0`. Default: the name and the
    /// version of this crate.
    pub fn with_user_agent(mut self, user_agent: impl Into<Cow<'static, str>>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// The most time for one operation.
    pub const fn operation_deadline(&self) -> Duration {
        self.operation_deadline
    }

    /// The most time for one request.
    pub const fn request_timeout(&self) -> Duration {
        self.request_timeout
    }

    /// The number of attempts of a request and the pauses between them.
    pub const fn retry(&self) -> RetryTuning {
        self.retry
    }

    /// Checks that every setting is in range.
    ///
    /// # Errors
    /// [`HttpSetupError::Config`] names the first part that is not, and
    /// [`HttpSetupError::AllowedHost`] the first allowed host that is none.
    pub fn check(&self) -> Result<(), HttpSetupError> {
        let refuse = |name, reason| Err(HttpSetupError::Config { name, reason });
        let durations = [
            ("connect_timeout", self.connect_timeout),
            ("request_timeout", self.request_timeout),
            ("operation_deadline", self.operation_deadline),
        ];
        for (name, duration) in durations {
            if duration.is_zero() || duration > A_DAY {
                return refuse(name, "must be more than nothing and at most a day");
            }
        }
        if !(1..=MAX_ATTEMPTS).contains(&self.retry.max_attempts) {
            return refuse("retry", "must allow 1 to 20 attempts");
        }
        if self.retry.min_pause.is_zero() || self.retry.max_pause < self.retry.min_pause {
            return refuse(
                "retry",
                "must have a shortest pause of more than nothing, and no longer than the longest",
            );
        }
        if self.user_agent.is_empty() || HeaderValue::from_str(&self.user_agent).is_err() {
            return refuse("user_agent", "must be printable text");
        }
        for entry in &self.allowed_hosts {
            canonical(entry).map_err(|reason| HttpSetupError::AllowedHost {
                // The part before the last `@` may be a password.
                entry: match entry.rsplit_once('@') {
                    Some((_, host)) => format!("…@{host}"),
                    None => entry.clone(),
                },
                reason,
            })?;
        }
        Ok(())
    }
}

/// The number of attempts of a request and the pauses between them.
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

    /// The most tries of one request, the first included: 1 to 20.
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

/// Calls over HTTP cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpSetupError {
    /// A part of the configuration is out of range.
    #[error("{name} {reason}")]
    #[non_exhaustive]
    Config {
        /// The setting that is out of range.
        name: &'static str,
        /// The accepted range.
        reason: &'static str,
    },
    /// An entry of [`HttpConfig::with_allowed_hosts`] is not a host.
    #[error("allowed_hosts has the entry `{entry}`, {reason}")]
    #[non_exhaustive]
    AllowedHost {
        /// The entry, without what stands before an `@`.
        entry: String,
        /// The defect, and what to write instead.
        reason: &'static str,
    },
    /// A machine on which not even plain HTTP can be spoken.
    #[error("no HTTP client can be built")]
    #[non_exhaustive]
    Client {
        /// The cause.
        source: Box<dyn StdError + Send + Sync>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range() {
        HttpConfig::new().check().unwrap();
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let day = A_DAY;
        let long = day + Duration::from_nanos(1);
        let short = Duration::from_nanos(1);
        let base = HttpConfig::new;
        let retry = RetryTuning::new();
        for (name, good, bad) in [
            (
                "connect_timeout",
                base().with_connect_timeout(day),
                base().with_connect_timeout(Duration::ZERO),
            ),
            (
                "request_timeout",
                base().with_request_timeout(short),
                base().with_request_timeout(long),
            ),
            (
                "operation_deadline",
                base().with_operation_deadline(day),
                base().with_operation_deadline(Duration::MAX),
            ),
            (
                "retry",
                base().with_retry(retry.with_max_attempts(20)),
                base().with_retry(retry.with_max_attempts(21)),
            ),
            (
                "retry",
                base().with_retry(retry.with_max_attempts(1)),
                base().with_retry(retry.with_max_attempts(0)),
            ),
            (
                "retry",
                base().with_retry(retry.with_pauses(short, short)),
                base().with_retry(retry.with_pauses(day, short)),
            ),
            (
                "retry",
                base().with_retry(retry.with_pauses(short, day)),
                base().with_retry(retry.with_pauses(Duration::ZERO, day)),
            ),
            (
                "user_agent",
                base().with_user_agent("acme/1"),
                base().with_user_agent("acme\r\nx-evil: 1"),
            ),
            (
                "user_agent",
                base().with_user_agent("a"),
                base().with_user_agent(""),
            ),
        ] {
            good.check().unwrap();
            let error = bad.check().unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name} must ")), "{error}");
            assert!(!error.contains("evil"), "{error}");
        }
    }
}
