//! How a simulator is set up.

use std::sync::Arc;
use std::time::Duration;

use crate::chaos::ChaosProfile;
use crate::clock::{SimulatorClock, SystemClock};
use crate::endpoint::Endpoint;
use crate::merchant::Merchant;
use crate::retry::RetryScale;
use crate::settings::Settings;

/// What a [`Simulator`](crate::Simulator) is made from.
///
/// Without any call: one merchant with the [default credentials](crate::DEFAULT_CLIENT_ID), no endpoints, the
/// machine's clock, a random seed, and link addresses on the address the simulator listens on.
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
    /// The defaults.
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

    /// Adds a merchant. The first call takes the place of the default merchant.
    pub fn merchant(mut self, merchant: Merchant) -> Self {
        self.merchants.push(merchant);
        self
    }

    /// Sets the base of the payment pages' addresses, such as `http://localhost:3001`.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Adds an address that receives webhooks.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Sets all settings.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Sets the factor on the waits between webhook attempts.
    pub fn retry_scale(mut self, scale: RetryScale) -> Self {
        self.settings.retry_scale = scale;
        self
    }

    /// Lets calls and webhooks fail by chance, in a way that can be repeated.
    pub fn chaos(mut self, profile: ChaosProfile) -> Self {
        self.settings.chaos = Some(profile);
        self
    }

    /// Makes identifiers and the order of events repeatable.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets where the time comes from.
    pub fn clock(mut self, clock: Arc<dyn SimulatorClock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets how long a webhook's receiver may take to answer (10 s unless set).
    pub fn webhook_timeout(mut self, timeout: Duration) -> Self {
        self.settings.webhooks.timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Sets how often a running simulator looks for links whose time has come (200 ms unless set).
    pub fn expiry_interval(mut self, interval: Duration) -> Self {
        self.expiry_interval = interval.max(Duration::from_millis(1));
        self
    }
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a simulator could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The base of the payment pages' addresses is not a web address.
    #[error("the public URL is not an http or https address without query and fragment")]
    PublicUrl,
    /// A merchant cannot be used.
    #[error("merchant {client_id}: {field} {problem}")]
    Merchant {
        /// The account.
        client_id: String,
        /// The field that is wrong.
        field: &'static str,
        /// What must hold.
        problem: &'static str,
    },
    /// An endpoint cannot be used.
    #[error("webhook endpoint: {0}")]
    Endpoint(String),
    /// The chaos profile cannot be.
    #[error("chaos profile: {0}")]
    Chaos(crate::chaos::ChaosError),
    /// The client that sends webhooks could not be set up.
    #[error("the webhook client could not be set up: {0}")]
    HttpClient(String),
    /// The operating system gave no randomness for a seed.
    #[error("no randomness for a seed")]
    Seed,
}
