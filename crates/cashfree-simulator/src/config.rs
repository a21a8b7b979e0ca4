//! Configuration of a simulator.

use std::sync::Arc;
use std::time::Duration;

use crate::chaos::ChaosProfile;
use crate::clock::{SimulatorClock, SystemClock};
use crate::endpoint::Endpoint;
use crate::merchant::Merchant;
use crate::retry::RetryScale;
use crate::settings::Settings;

/// The configuration of a [`Simulator`](crate::Simulator).
///
/// The default is one merchant with the [default credentials](crate::DEFAULT_CLIENT_ID), no endpoints, the system
/// clock, a random seed, and link addresses that begin with the address the simulator listens on.
#[derive(Clone, Debug)]
#[must_use]
pub struct SimulatorConfig {
    pub(crate) merchants: Vec<Merchant>,
    pub(crate) public_url: Option<String>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) settings: Settings,
    pub(crate) seed: Option<u64>,
    pub(crate) clock: Arc<dyn SimulatorClock>,
    pub(crate) expiry_interval: Duration,
}

impl SimulatorConfig {
    /// Creates the default configuration.
    pub fn new() -> Self {
        Self {
            merchants: Vec::new(),
            public_url: None,
            endpoints: Vec::new(),
            settings: Settings::default(),
            seed: None,
            clock: Arc::new(SystemClock),
            expiry_interval: Duration::from_millis(200),
        }
    }

    /// Adds a merchant. The first one replaces the default merchant.
    pub fn with_merchant(mut self, merchant: Merchant) -> Self {
        self.merchants.push(merchant);
        self
    }

    /// Sets the base of the payment page addresses, such as `http://localhost:3001`.
    pub fn with_public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Adds a webhook endpoint.
    pub fn with_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Replaces all settings.
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Sets the factor on the waits between webhook attempts.
    pub fn with_retry_scale(mut self, scale: RetryScale) -> Self {
        self.settings.retry_scale = scale;
        self
    }

    /// Enables random faults that can be reproduced.
    pub fn with_chaos(mut self, profile: ChaosProfile) -> Self {
        self.settings.chaos = Some(profile);
        self
    }

    /// Sets the seed of identifiers and of the order of events. The same seed gives the same run.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets the source of time.
    pub fn with_clock(mut self, clock: Arc<dyn SimulatorClock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets how long a webhook receiver may take to respond. The default is 10 seconds.
    pub fn with_webhook_timeout(mut self, timeout: Duration) -> Self {
        self.settings.webhooks.timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Sets how often a running simulator looks for due tasks, such as links that expire. The default is 200 ms.
    pub fn with_expiry_interval(mut self, interval: Duration) -> Self {
        self.expiry_interval = interval.max(Duration::from_millis(1));
        self
    }
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// Errors in a configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The public URL is not an http or https address, or has a query or fragment.
    #[error("the public URL must be an http or https address without query and fragment")]
    PublicUrl,
    /// A merchant is invalid.
    #[error("merchant {client_id}: {field} {problem}")]
    Merchant {
        /// Client id of the merchant.
        client_id: String,
        /// The invalid field.
        field: &'static str,
        /// The rule that the field breaks.
        problem: &'static str,
    },
    /// An endpoint is invalid.
    #[error("webhook endpoint: {0}")]
    Endpoint(String),
    /// The chaos profile is invalid.
    #[error("chaos profile: {0}")]
    Chaos(crate::chaos::ChaosError),
    /// The HTTP client for webhooks could not be built.
    #[error("the webhook client could not be built: {0}")]
    HttpClient(String),
    /// The operating system returned no random seed.
    #[error("no random seed is available")]
    Seed,
}
