use std::fmt;
#[cfg(feature = "sqlite")]
use std::path::Path;
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
#[cfg(feature = "postgres")]
use crate::store::SchemaName;
use crate::store::{DatabaseLocation, Store, StoreError, Transaction};

/// The host runtime: connections, customer links, checkouts, the webhook inbox and cash
/// application, on one database.
///
/// Cloning is cheap; all clones are the same runtime.
#[derive(Clone)]
pub struct Host {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) registry: ProviderRegistry,
    pub(crate) keys: SealingKeys,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) handler: Arc<dyn PaymentHandler>,
    pub(crate) config: HostConfig,
    pub(crate) installation: String,
    /// Wakes the inbox worker.
    pub(crate) arrival: Notify,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("registry", &self.inner.registry)
            .field("store", &self.inner.store)
            .finish_non_exhaustive()
    }
}

impl Host {
    /// Sets up a runtime on a SQLite file, for one process. The file is created if it does not exist.
    ///
    /// The tables are this crate's own. The host's tables may be in the same file under other names, and
    /// can be written in the same [`Transaction`].
    #[cfg(feature = "sqlite")]
    pub fn sqlite(path: impl AsRef<Path>) -> HostBuilder {
        HostBuilder::new(DatabaseLocation::SqliteFile(path.as_ref().to_owned()))
    }

    /// Sets up a runtime on the SQLite file of a pool that belongs to the host.
    ///
    /// The runtime opens its own connections to the file with the options of the pool, but always with a
    /// write-ahead log, `synchronous=FULL` and foreign keys: an answer of 200 to a webhook is a promise.
    /// The pool stays the host's, for its own reads and writes. A database in memory is refused.
    #[cfg(feature = "sqlite")]
    pub fn sqlite_pool(pool: sqlx::SqlitePool) -> HostBuilder {
        HostBuilder::new(DatabaseLocation::SqlitePool(pool))
    }

    /// Sets up a runtime on a PostgreSQL database (version 13 or later), for any number of processes,
    /// such as `postgres://user:password@host/database`. It opens a pool of 16 connections.
    ///
    /// All tables of the runtime are in one schema, `payment_provider` unless
    /// [`with_schema`](HostBuilder::with_schema) sets another; nothing else of the database is changed.
    /// The host's tables may be in any other schema, and can be written in the same [`Transaction`].
    #[cfg(feature = "postgres")]
    pub fn postgres(url: &str) -> HostBuilder {
        let location = DatabaseLocation::PostgresUrl(url.into(), SchemaName::default());
        HostBuilder::new(location)
    }

    /// Sets up a runtime on a PostgreSQL pool that belongs to the host.
    ///
    /// The search path and all other settings of the pool's connections stay as they are. A transaction
    /// holds a connection of the pool, and may wait for another transaction: the pool needs at least as
    /// many connections as deliveries are applied and requests are served at once, and a handler should
    /// use the transaction that it is given, not the pool.
    #[cfg(feature = "postgres")]
    pub fn postgres_pool(pool: sqlx::PgPool, schema: SchemaName) -> HostBuilder {
        HostBuilder::new(DatabaseLocation::PostgresPool(pool, schema))
    }

    /// The database, for the host's own reads, and to close it.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Begins a transaction that writes, for the host's own tables. Concurrent writers wait for each
    /// other; on SQLite all transactions that write run one after the other. Dropping it rolls it back.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        self.inner.store.begin().await
    }

    /// Begins a transaction that only reads, on one consistent state. It waits for no writer.
    pub async fn begin_read(&self) -> Result<Transaction, StoreError> {
        self.inner.store.begin_read().await
    }

    /// Makes everything in a transaction durable.
    pub async fn commit(&self, tx: Transaction) -> Result<(), StoreError> {
        tx.commit().await
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

/// Sets up a [`Host`]; see [`Host::sqlite`] and [`Host::postgres`].
#[derive(Debug)]
pub struct HostBuilder {
    location: DatabaseLocation,
    beside: bool,
    registry: ProviderRegistry,
    keys: Option<SealingKeys>,
    clock: Arc<dyn Clock>,
    handler: Arc<dyn PaymentHandler>,
    config: HostConfig,
}

impl HostBuilder {
    fn new(location: DatabaseLocation) -> Self {
        Self {
            location,
            beside: false,
            registry: ProviderRegistry::new(),
            keys: None,
            clock: Arc::new(SystemClock),
            handler: Arc::new(()),
            config: HostConfig::default(),
        }
    }

    /// Sets the gateways that connections can be made to. Without them the runtime knows no gateway.
    pub fn with_registry(mut self, registry: ProviderRegistry) -> Self {
        self.registry = registry;
        self
    }

    /// Sets the keys that encrypt the secrets of connections. Required.
    pub fn with_encryption_keys(mut self, keys: SealingKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Sets the schema of the runtime's tables in a PostgreSQL database. On SQLite it has no effect.
    #[cfg(feature = "postgres")]
    pub fn with_schema(mut self, name: SchemaName) -> Self {
        match &mut self.location {
            DatabaseLocation::PostgresUrl(_, schema)
            | DatabaseLocation::PostgresPool(_, schema) => *schema = name,
            #[cfg(feature = "sqlite")]
            DatabaseLocation::SqliteFile(_) | DatabaseLocation::SqlitePool(_) => {}
        }
        self
    }

    /// Opens the database beside running hosts, for an operator's tool that ends soon: the leases of
    /// other processes stay theirs, this process does not count as a running host, and no database is
    /// created. A process that runs the inbox does not use this.
    pub fn open_beside(mut self) -> Self {
        self.beside = true;
        self
    }

    /// Sets where "now" comes from.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the host's own reaction to payments.
    pub fn with_handler(mut self, handler: impl PaymentHandler) -> Self {
        self.handler = Arc::new(handler);
        self
    }

    /// Sets what a host can choose.
    pub fn with_config(mut self, config: HostConfig) -> Self {
        self.config = config;
        self
    }

    /// Opens the database, migrates its tables, and starts the runtime. Deliveries are applied once
    /// [`Host::run_inbox`] runs.
    ///
    /// On SQLite, deliveries that a process had leased when it died are due at once, unless another
    /// process has the file open: then they are due when their leases run out. On PostgreSQL, processes
    /// that start at once migrate one after the other; a database that is up to date is not changed, and
    /// no right to change it is needed.
    ///
    /// # Errors
    /// The configuration is invalid, or the database cannot be opened, or it belongs to a newer version
    /// of this crate. No error contains the password of a URL.
    pub async fn build(self) -> Result<Host, BuildError> {
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
        let keys = self.keys.ok_or(BuildError::EncryptionKeys)?;
        let store = if self.beside {
            self.location.open_beside().await?
        } else {
            self.location.open().await?
        };
        let installation = store.installation_id().await?;
        Ok(Host {
            inner: Arc::new(Inner {
                store,
                registry: self.registry,
                keys,
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
    /// No keys were set.
    #[error("encryption keys are required")]
    EncryptionKeys,
    /// The database cannot be opened or read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
