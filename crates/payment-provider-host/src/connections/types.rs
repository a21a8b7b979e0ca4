//! Connections as a host adds and sees them.

use std::collections::BTreeMap;

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{
    ConnectionCode, ConnectionSettings, Environment, OrganizationId, ProviderId,
};

use crate::connection_ref::ConnectionRef;
use crate::plain_setting::PlainSetting;
use crate::refusal_reason::RefusalReason;

/// A connection to add.
///
/// # Examples
/// ```
/// use payment_provider_host::prelude::*;
///
/// let connection = ConnectionRef::new(OrganizationId::new("acme")?, ConnectionCode::new("main")?);
/// let settings = ConnectionSettings::new().with("key", "a secret");
/// let provider = ProviderId::new("examplepay")?;
/// let new = NewConnection::new(connection, provider, "Main account", settings);
/// assert_eq!(new.name, "Main account");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct NewConnection {
    /// The identity of the connection.
    pub connection: ConnectionRef,
    /// The provider.
    pub provider: ProviderId,
    /// A name for people.
    pub name: String,
    /// The settings of the provider, by its schema.
    pub settings: ConnectionSettings,
}

impl NewConnection {
    /// Creates the description of a connection to add.
    pub fn new(
        connection: ConnectionRef,
        provider: ProviderId,
        name: impl Into<String>,
        settings: ConnectionSettings,
    ) -> Self {
        Self {
            connection,
            provider,
            name: name.into(),
            settings,
        }
    }
}

/// A connection without its secrets. Secrets are write-only: only the names of the secret settings
/// and the number of secrets in each are here.
///
/// # Examples
/// ```
/// use payment_provider_host::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("billing.db");
/// # let key = EncryptionKey::from_file_or_new(folder.path().join("encryption.key"))?;
/// # let gateway = payment_provider_conformance::fake::FakeGateway::new();
/// # let mut registry = ProviderRegistry::new();
/// # registry.register(gateway.factory())?;
/// # let host = Host::sqlite(path)
/// #     .with_registry(registry)
/// #     .with_encryption_keys(EncryptionKeys::new(key))
/// #     .build()
/// #     .await?;
/// # let main = ConnectionRef::new(OrganizationId::new("acme")?, ConnectionCode::new("main")?);
/// # let (provider, settings) = (ProviderId::new("fake")?, gateway.settings("main"));
/// # let new = NewConnection::new(main.clone(), provider.clone(), "Main account", settings);
/// let connection = host.add_connection(new).await?;
/// assert_eq!(connection.to_ref(), main);
/// // The number of secrets is known, and the secrets are not.
/// assert_eq!((connection.secrets[0].field.as_str(), connection.secrets[0].count), ("secrets", 1));
/// # host.store().close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Connection {
    /// The organization that the connection belongs to.
    pub organization: OrganizationId,
    /// The provider.
    pub provider: ProviderId,
    /// The code that identifies the connection within its organization.
    pub code: ConnectionCode,
    /// A name for people.
    pub name: String,
    /// The environment: a production connection moves real money.
    pub environment: Environment,
    /// The settings that are not secret.
    pub settings: BTreeMap<String, PlainSetting>,
    /// The secret settings that are set.
    pub secrets: Vec<SecretSummary>,
    /// True if new checkouts may be created. Webhooks are received either way.
    pub enabled: bool,
    /// The label of the secret that verified the latest delivery. Once this is the newest secret, the
    /// gateway signs with it, and the older ones can be retired.
    pub matched_secret: Option<String>,
    /// The time at which the latest delivery was verified, exact to a minute.
    pub matched_at: Option<Timestamp>,
    /// The latest use of each secret, the most recent first. Secrets that never verified a delivery are
    /// missing; retired ones are not.
    pub secret_uses: Vec<SecretUse>,
    /// The deliveries that were refused, or whose content was not trusted, by reason; the latest first.
    /// Processes that receive deliveries write their counts at most every 10 seconds.
    pub refused_deliveries: Vec<RefusedDeliveries>,
    /// The webhook URL to enter at the gateway, if the host's public URL is configured.
    pub webhook_url: Option<Url>,
    /// The time at which it was added.
    pub created_at: Timestamp,
}

impl Connection {
    /// Returns the identity of the connection.
    pub fn to_ref(&self) -> ConnectionRef {
        ConnectionRef::new(self.organization.clone(), self.code.clone())
    }
}

/// A secret setting, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretSummary {
    /// The name of the setting.
    pub field: String,
    /// The number of secrets that it holds. The first is used for calls; all of them verify
    /// deliveries.
    pub count: usize,
}

impl SecretSummary {
    pub(super) const fn new(field: String, count: usize) -> Self {
        Self { field, count }
    }
}

/// The latest use of a secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretUse {
    /// The provider's label of the secret.
    pub label: String,
    /// The arrival of the latest delivery that the secret verified, exact to a minute.
    pub last_matched_at: Timestamp,
}

impl SecretUse {
    pub(super) const fn new(label: String, last_matched_at: Timestamp) -> Self {
        Self {
            label,
            last_matched_at,
        }
    }
}

/// The deliveries that a connection refused for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedDeliveries {
    /// The reason.
    pub reason: RefusalReason,
    /// Their number since the connection was added. A process that is killed loses those of its last 10
    /// seconds.
    pub count: u64,
    /// The arrival of the latest.
    pub last_at: Timestamp,
}

impl RefusedDeliveries {
    pub(super) fn new(reason: RefusalReason, count: i64, last_at: Timestamp) -> Self {
        Self {
            reason,
            count: count.unsigned_abs(),
            last_at,
        }
    }
}
