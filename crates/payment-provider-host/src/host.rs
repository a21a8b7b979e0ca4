use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::reexport::url::Url;
use payment_provider_core::{
    Clock, ConnectionCode, OrganizationId, ProviderId, ProviderRegistry, SystemClock,
};
use tokio::sync::Notify;

use crate::handler::PaymentHandler;
use crate::inbox::LEASES;
use crate::sealing::SealingKeys;
use crate::store::{Store, StoreError};

/// The host runtime: connections, customer links, checkouts, the webhook inbox and cash
/// application, on one store.
///
/// Cloning is cheap; all clones are the same runtime.
pub struct Host<S: Store> {
    pub(crate) inner: Arc<Inner<S>>,
}

pub(crate) struct Inner<S: Store> {
    pub(crate) store: S,
    pub(crate) registry: ProviderRegistry,
    pub(crate) keys: SealingKeys,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) handler: Arc<dyn PaymentHandler<S::Tx>>,
    pub(crate) config: HostConfig,
    pub(crate) installation: String,
    /// Wakes the inbox worker.
    pub(crate) arrival: Notify,
}

impl<S: Store> Clone for Host<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<S: Store> fmt::Debug for Host<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("registry", &self.inner.registry)
            .finish_non_exhaustive()
    }
}

impl<S: Store> Host<S> {
    /// Begins to set up a runtime: its store, the gateways it offers, and the keys that seal the
    /// secrets of connections.
    pub fn builder(store: S, registry: ProviderRegistry, keys: SealingKeys) -> HostBuilder<S> {
        HostBuilder {
            store,
            registry,
            keys,
            clock: Arc::new(SystemClock),
            handler: Arc::new(()),
            config: HostConfig::default(),
        }
    }

    /// The store, for the host's own tables beside the runtime's.
    pub fn store(&self) -> &S {
        &self.inner.store
    }

    /// The gateways on offer.
    pub fn registry(&self) -> &ProviderRegistry {
        &self.inner.registry
    }

    /// Where "now" comes from.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// The address under which gateways reach this host, [`HostConfig::public_url`].
    pub fn public_url(&self) -> Option<&Url> {
        self.inner.config.public_url.as_ref()
    }

    /// Where the gateway of a connection sends its webhooks, as the merchant pastes it at the
    /// gateway: `<public>/webhooks/<provider>/<organization>?code=<connection>`.
    ///
    /// `None` while [`HostConfig::public_url`] is not set.
    pub fn webhook_url(
        &self,
        provider: &ProviderId,
        organization: &OrganizationId,
        code: &ConnectionCode,
    ) -> Option<Url> {
        let mut url = self.inner.config.public_url.clone()?;
        url.path_segments_mut().ok()?.pop_if_empty().extend([
            "webhooks",
            provider.as_str(),
            organization.as_str(),
        ]);
        url.query_pairs_mut().append_pair("code", code.as_str());
        Some(url)
    }

    pub(crate) fn now_millis(&self) -> i64 {
        crate::times::to_millis(self.inner.clock.now())
    }
}

/// What a host can choose.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HostConfig {
    /// The address under which gateways reach this host. Without it checkouts name no webhook
    /// address of their own, and only what is set up at the gateway is delivered.
    pub public_url: Option<Url>,
    /// How long a new checkout takes payments.
    pub checkout_lifetime: Duration,
    /// A checkout with less life left than this is replaced when asked for again.
    pub least_remaining_life: Duration,
    /// The readable beginning of every checkout reference: at most 12 of `A-Z a-z 0-9 _`.
    pub reference_label: String,
    /// After how many failed attempts a delivery is parked for an operator; at least one.
    pub delivery_attempts: u32,
    /// For how long a delivery is a worker's before another may take it up, unless the worker renews
    /// the lease, as it does every third of this while it is at work, for up to
    /// [`longest_try`](Self::longest_try). So long waits at most what a process that died had under
    /// way. From one second to five minutes; a few times the difference of the processes' clocks, or
    /// deliveries are worked on twice for nothing.
    pub delivery_lease: Duration,
    /// For how long a worker holds on to one delivery. After that others may take it up, and once as
    /// much time and a lease have gone by again the try is given up and counts as a failed one: what
    /// hangs for good must not keep a worker from everything else. From a
    /// [`delivery_lease`](Self::delivery_lease) to an hour.
    pub longest_try: Duration,
    /// For how long after the end of its last checkout, and after its latest payment, a connection
    /// is kept: late money, refunds and disputes come in through it.
    pub deletion_grace: Duration,
}

impl Default for HostConfig {
    /// Checkouts live 24 hours and are replaced in their last 10 minutes; references begin with
    /// `pay`; a delivery is parked after 25 attempts, which is about an hour, leased for 30 seconds at
    /// a time, and held on to for 5 minutes; a connection is kept for 180 days.
    fn default() -> Self {
        Self {
            public_url: None,
            checkout_lifetime: Duration::from_hours(24),
            least_remaining_life: Duration::from_mins(10),
            reference_label: "pay".to_owned(),
            delivery_attempts: 25,
            delivery_lease: Duration::from_secs(30),
            longest_try: Duration::from_mins(5),
            deletion_grace: Duration::from_hours(180 * 24),
        }
    }
}

/// Sets up a [`Host`].
#[derive(Debug)]
pub struct HostBuilder<S: Store> {
    store: S,
    registry: ProviderRegistry,
    keys: SealingKeys,
    clock: Arc<dyn Clock>,
    handler: Arc<dyn PaymentHandler<S::Tx>>,
    config: HostConfig,
}

impl<S: Store> HostBuilder<S> {
    /// Sets where "now" comes from.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the host's own reaction to payments.
    pub fn with_handler(mut self, handler: impl PaymentHandler<S::Tx>) -> Self {
        self.handler = Arc::new(handler);
        self
    }

    /// Sets what a host can choose.
    pub fn with_config(mut self, config: HostConfig) -> Self {
        self.config = config;
        self
    }

    /// Starts the runtime. Deliveries are applied once [`Host::run_inbox`] runs.
    ///
    /// # Errors
    /// The configuration cannot be used, or the store cannot be read.
    pub async fn build(self) -> Result<Host<S>, BuildError> {
        let label = &self.config.reference_label;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if label.is_empty() || label.len() > 12 || !label.bytes().all(plain) {
            return Err(BuildError::ReferenceLabel);
        }
        if self.config.checkout_lifetime <= self.config.least_remaining_life {
            return Err(BuildError::Lifetime);
        }
        if self.config.delivery_attempts == 0 {
            return Err(BuildError::DeliveryAttempts);
        }
        if !LEASES.contains(&self.config.delivery_lease) {
            return Err(BuildError::DeliveryLease);
        }
        let tries = self.config.delivery_lease..=Duration::from_hours(1);
        if !tries.contains(&self.config.longest_try) {
            return Err(BuildError::LongestTry);
        }
        let installation = self.store.installation_id().await?;
        Ok(Host {
            inner: Arc::new(Inner {
                store: self.store,
                registry: self.registry,
                keys: self.keys,
                clock: self.clock,
                handler: self.handler,
                config: self.config,
                installation,
                arrival: Notify::new(),
            }),
        })
    }
}

/// Why a runtime cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The label does not fit a checkout reference.
    #[error("reference_label must be 1 to 12 of `A-Z a-z 0-9 _`")]
    ReferenceLabel,
    /// A new checkout would be replaced at once.
    #[error("checkout_lifetime must be longer than least_remaining_life")]
    Lifetime,
    /// Every delivery would be parked before it is tried.
    #[error("delivery_attempts must be at least one")]
    DeliveryAttempts,
    /// Deliveries would be leased for too short or too long.
    #[error("delivery_lease must be one second to five minutes")]
    DeliveryLease,
    /// A try would end before its lease, or hardly ever.
    #[error("longest_try must be from delivery_lease to one hour")]
    LongestTry,
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
