//! The builder of the runtime.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::{
    Clock, ProviderFactory, ProviderId, ProviderRegistry, SystemClock, ViolationCode, Violations,
};
use tokio::sync::Notify;

use super::{Host, Inner, keys};
use crate::checkouts::{CheckoutConfig, Checkouts};
use crate::config::HostConfig;
use crate::connections::Connections;
use crate::encryption::{EncryptionKeys, KeySource};
use crate::error::Error;
use crate::inbox::{Inbox, InboxConfig, LEASE_DURATIONS, Retention};
use crate::ledger::{Ledger, PaymentHandler};
use crate::reconcile::{CallLimits, Reconciler, SharedFetches};
#[cfg(feature = "postgres")]
use crate::store::SchemaName;
use crate::store::{DatabaseLocation, FileUse};
use crate::timestamp::millis;
use crate::workflows::Workflows;

impl Host {
    /// Sets up a runtime on a SQLite file, for one process: a second one is refused. The file is created
    /// if it does not exist.
    ///
    /// All tables of the runtime are in this file. The host's tables may be in the same file under
    /// other names, and can be written in the same
    /// [`Transaction`](crate::Transaction).
    #[cfg(feature = "sqlite")]
    pub fn sqlite(path: impl AsRef<Path>) -> HostBuilder {
        HostBuilder::new(DatabaseLocation::SqliteFile(path.as_ref().to_owned()))
    }

    /// Sets up a runtime on the SQLite file of a pool that belongs to the host.
    ///
    /// The runtime opens its own connections to the file with the options of the pool, but always
    /// with a write-ahead log, `synchronous=FULL` and foreign keys: a webhook that was answered
    /// with 200 must not be lost. The host can use the pool for its own reads and writes. A
    /// database in memory is refused.
    #[cfg(feature = "sqlite")]
    pub fn sqlite_pool(pool: sqlx::SqlitePool) -> HostBuilder {
        HostBuilder::new(DatabaseLocation::SqlitePool(pool))
    }

    /// Sets up a runtime on a PostgreSQL database (version 13 or later), for any number of processes,
    /// such as `postgres://user:password@host/database`. It opens a pool of 16 connections.
    ///
    /// All tables of the runtime are in one schema, `payment_provider` unless
    /// [`with_schema`](HostBuilder::with_schema) sets another; nothing else of the database is changed.
    /// The host's tables may be in any other schema, and can be written in the same
    /// [`Transaction`](crate::Transaction).
    #[cfg(feature = "postgres")]
    pub fn postgres(url: &str) -> HostBuilder {
        let location = DatabaseLocation::PostgresUrl(url.into(), SchemaName::default());
        HostBuilder::new(location)
    }

    /// Sets up a runtime on a PostgreSQL pool that belongs to the host.
    ///
    /// The search path and all other settings of the pool's connections stay unchanged. A
    /// transaction holds a connection of the pool, and may wait for another transaction. So the
    /// pool needs at least as many connections as deliveries are applied and requests are served at
    /// once, and a handler should use the transaction that it is given, not the pool.
    #[cfg(feature = "postgres")]
    pub fn postgres_pool(pool: sqlx::PgPool, schema: SchemaName) -> HostBuilder {
        HostBuilder::new(DatabaseLocation::PostgresPool(pool, schema))
    }
}

/// A builder of a [`Host`]; see [`Host::sqlite`] and [`Host::postgres`].
///
/// # Examples
/// ```
/// use payment_provider_host::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut config = HostConfig::default();
/// config.delivery_attempts = 0;
/// // All defects are reported together, before the database is opened.
/// let error = Host::sqlite("billing.db").with_config(config).build().await.unwrap_err();
/// let defects = "delivery_attempts: must be at least 1; encryption_keys: must be set";
/// assert_eq!(error.to_string(), format!("invalid: {defects}"));
/// # }
/// ```
#[derive(Debug)]
pub struct HostBuilder {
    location: DatabaseLocation,
    beside: bool,
    file_use: FileUse,
    registry: ProviderRegistry,
    /// Providers that were added although their ids were taken.
    duplicates: Vec<ProviderId>,
    keys: Option<KeySource>,
    unknown_keys: bool,
    clock: Arc<dyn Clock>,
    handler: Arc<dyn PaymentHandler>,
    config: HostConfig,
}

impl HostBuilder {
    fn new(location: DatabaseLocation) -> Self {
        Self {
            location,
            beside: false,
            file_use: FileUse::Alone,
            registry: ProviderRegistry::new(),
            duplicates: Vec::new(),
            keys: None,
            unknown_keys: false,
            clock: Arc::new(SystemClock),
            handler: Arc::new(()),
            config: HostConfig::default(),
        }
    }

    /// Sets the providers for which connections can be added. The default is an empty registry.
    pub fn with_registry(mut self, registry: ProviderRegistry) -> Self {
        self.registry = registry;
        self
    }

    /// Adds a gateway that connections can be made to. Two with the same id make
    /// [`build`](Self::build) fail.
    pub fn with_provider(mut self, factory: impl ProviderFactory) -> Self {
        if let Err(error) = self.registry.register(factory) {
            self.duplicates.push(error.id);
        }
        self
    }

    /// Sets the keys that encrypt the secrets of connections. These or a
    /// [key file](Self::with_key_file) are required.
    pub fn with_encryption_keys(mut self, keys: impl Into<EncryptionKeys>) -> Self {
        self.keys = Some(KeySource::Keys(keys.into()));
        self
    }

    /// Sets the file with the keys that encrypt the secrets of connections, one a line, the current one
    /// first ([`EncryptionKeys::from_file`]).
    ///
    /// If it does not exist, [`build`](Self::build) creates it with a new random key, but only if no host has
    /// used the database yet: a key file that was lost is not replaced in silence. A tool that is
    /// [opened beside](Self::open_beside) never creates it.
    pub fn with_key_file(mut self, path: impl AsRef<Path>) -> Self {
        self.keys = Some(KeySource::File(path.as_ref().to_owned()));
        self
    }

    /// Starts although the database has secrets under keys that this host does not have, so that they can
    /// be entered again. Their connections cannot be used until then, and their webhooks are refused.
    ///
    /// If the key that is recorded in the database is none of this host's, its current key is recorded in
    /// its place: other hosts have to be given that key.
    pub fn allow_unknown_keys(mut self) -> Self {
        self.unknown_keys = true;
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

    /// Opens a database that other processes may be using, for an operator's tool that ends soon.
    /// The other processes keep their leases, this process does not count as a running host, and no
    /// database is created. A process that runs the inbox must not use this.
    ///
    /// With other keys than those of the hosts, it decrypts what it can and encrypts nothing
    /// ([`EncryptError::ForeignKey`](crate::encryption::EncryptError::ForeignKey)): no host could decrypt it.
    pub fn open_beside(mut self) -> Self {
        self.beside = true;
        self
    }

    /// Lets several hosts run on one SQLite file at once, if all of them are built with this, such as a
    /// process and the one that replaces it. Without it a second host is refused. Hosts that share a file
    /// wait for each other's writes, and leases of one that died run out by time; PostgreSQL is made for
    /// several processes.
    #[cfg(feature = "sqlite")]
    pub fn share_sqlite_file(mut self) -> Self {
        self.file_use = FileUse::Shared;
        self
    }

    /// Sets the clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the payment handler of the host, which is called for every change.
    pub fn with_handler(mut self, handler: impl PaymentHandler) -> Self {
        self.handler = Arc::new(handler);
        self
    }

    /// Sets the configuration.
    pub fn with_config(mut self, config: HostConfig) -> Self {
        self.config = config;
        self
    }

    /// Opens the database, migrates its tables, and starts the runtime. Deliveries are applied once
    /// [`Host::run_inbox`] runs.
    ///
    /// On SQLite, a second host on a file is refused ([`share_sqlite_file`](Self::share_sqlite_file) and
    /// [`open_beside`](Self::open_beside) are the exceptions), and deliveries that a process had leased
    /// when it died are due at once. On PostgreSQL, processes
    /// that start at once migrate one after the other; a database that is up to date is not changed, and
    /// no right to change it is needed.
    ///
    /// # Errors
    /// The configuration is invalid, or the key file cannot be read, or the database cannot be opened, or
    /// it belongs to a newer version of this crate. [`UnknownKeys`](crate::encryption::UnknownKeys) is the source if it has secrets under
    /// keys that this host does not have, and [`OtherKey`](crate::encryption::OtherKey) if its hosts encrypt with such a key. No error contains the password of a URL.
    pub async fn build(self) -> Result<Host, Error> {
        let config = self.config;
        let violations = violations(&config, self.keys.is_some(), &self.duplicates);
        let Some(keys) = self.keys.filter(|_| violations.is_empty()) else {
            return Err(violations.into());
        };
        // A defect of the file is reported before the database is opened.
        keys.read()?;
        let store = if self.beside {
            self.location.open_beside().await?
        } else {
            self.location.open(self.file_use).await?
        };
        let keys = if self.beside {
            keys::of_tool(&store, &keys).await?
        } else {
            keys::of_host(&store, &keys, self.unknown_keys).await?
        };
        let installation = store.installation_id().await?;
        let delivery_hash_key = store.delivery_hash_key().await?;
        let connections = Connections::new(
            store.clone(),
            self.registry,
            keys,
            Arc::clone(&self.clock),
            config.public_url,
            millis(config.deletion_grace),
        );
        let wake = Arc::new(Notify::new());
        let ledger = Ledger::new(store, Arc::clone(&self.clock), self.handler, wake);
        let reconciler = Reconciler {
            ledger,
            connections: connections.clone(),
            shared: SharedFetches::default(),
            limits: CallLimits::default(),
        };
        let checkouts = Checkouts::new(
            reconciler,
            CheckoutConfig {
                installation,
                reference_label: config.reference_label,
                lifetime: config.checkout_lifetime,
                min_remaining_lifetime: config.min_remaining_lifetime,
            },
        );
        let inbox_config = InboxConfig {
            max_attempts: config.delivery_attempts,
            intake: config.intake_limit,
            listing_timeout: config.listing_timeout,
            lease: config.delivery_lease,
            attempt_timeout: config.attempt_timeout,
            retention: Retention {
                applied: millis(config.applied_retention),
                unapplied: millis(config.unapplied_retention),
                key: millis(config.delivery_key_retention),
            },
        };
        Ok(Host {
            inner: Arc::new(Inner {
                clock: self.clock,
                connections,
                inbox: Inbox::new(checkouts.clone(), inbox_config, delivery_hash_key),
                workflows: Workflows::new(checkouts.clone()),
                checkouts,
            }),
        })
    }
}

fn violations(config: &HostConfig, has_keys: bool, duplicates: &[ProviderId]) -> Violations {
    let mut violations = Violations::none();
    for id in duplicates {
        let message = format!("two providers have the id `{id}`");
        violations.push("providers", ViolationCode::Invalid, message);
    }
    let mut invalid = |field: &'static str, message: &'static str| {
        violations.push(field, ViolationCode::Invalid, message);
    };
    let label = &config.reference_label;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if label.is_empty() || label.len() > 12 || !label.bytes().all(is_plain) {
        invalid("reference_label", "must be 1 to 12 of `A-Z a-z 0-9 _`");
    }
    if config.checkout_lifetime <= config.min_remaining_lifetime {
        let message = "must be longer than `min_remaining_lifetime`";
        invalid("checkout_lifetime", message);
    }
    if config.delivery_attempts == 0 {
        invalid("delivery_attempts", "must be at least 1");
    }
    if config.listing_timeout.is_zero() {
        invalid("listing_timeout", "must be more than zero");
    }
    if !LEASE_DURATIONS.contains(&config.delivery_lease) {
        invalid("delivery_lease", "must be 1 second to 5 minutes");
    }
    let attempts = config.delivery_lease..=Duration::from_hours(1);
    if !attempts.contains(&config.attempt_timeout) {
        invalid("attempt_timeout", "must be `delivery_lease` to 1 hour");
    }
    for (field, kept) in [
        ("applied_retention", config.applied_retention),
        ("unapplied_retention", config.unapplied_retention),
    ] {
        if kept < Duration::from_hours(24) {
            invalid(field, "must be at least 24 hours");
        }
    }
    if config.delivery_key_retention < config.applied_retention.max(config.unapplied_retention) {
        let message = "must be at least `applied_retention` and `unapplied_retention`";
        invalid("delivery_key_retention", message);
    }
    if !has_keys {
        invalid("encryption_keys", "must be set");
    }
    violations
}
