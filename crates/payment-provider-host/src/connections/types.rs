use std::collections::BTreeMap;

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{
    ConnectionCode, ConnectionSettings, Environment, OrganizationId, ProviderError, ProviderId,
    UnknownProvider, Violations,
};
use serde::{Deserialize, Serialize};

use crate::sealing::UnsealError;
use crate::store::StoreError;

/// A connection to be made.
#[derive(Debug)]
#[non_exhaustive]
pub struct NewConnection {
    /// The tenant.
    pub organization: OrganizationId,
    /// The gateway.
    pub provider: ProviderId,
    /// Tells the connections of the organization apart.
    pub code: ConnectionCode,
    /// For people.
    pub name: String,
    /// The gateway's own settings, by its schema.
    pub settings: ConnectionSettings,
}

impl NewConnection {
    /// All of it is needed.
    pub fn new(
        organization: OrganizationId,
        provider: ProviderId,
        code: ConnectionCode,
        name: impl Into<String>,
        settings: ConnectionSettings,
    ) -> Self {
        Self {
            organization,
            provider,
            code,
            name: name.into(),
            settings,
        }
    }
}

/// A connection as it can be shown. Secrets are write-only: of them, only names and numbers are here.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Connection {
    /// The tenant.
    pub organization: OrganizationId,
    /// The gateway.
    pub provider: ProviderId,
    /// Tells the connections of the organization apart.
    pub code: ConnectionCode,
    /// For people.
    pub name: String,
    /// Whether it moves real money.
    pub environment: Environment,
    /// The settings that are no secrets.
    pub settings: BTreeMap<String, PlainSetting>,
    /// The secret settings that are set.
    pub secrets: Vec<SecretSummary>,
    /// Whether new checkouts may be made. Webhooks are taken either way.
    pub enabled: bool,
    /// The label of the secret that verified the latest delivery. Once it is that of the newest
    /// secret, the gateway signs with it, and the older ones can be retired.
    pub matched_secret: Option<String>,
    /// When the latest delivery was verified, or up to a minute before.
    pub matched_at: Option<Timestamp>,
    /// When each secret verified a delivery last, the latest first; those that never did are missing,
    /// those that were retired are not. While an older one is still used it goes on changing here.
    pub secret_uses: Vec<SecretUse>,
    /// What to paste at the gateway, if the host's public address is known.
    pub webhook_url: Option<Url>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A secret setting, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretSummary {
    /// The name of the setting.
    pub field: String,
    /// How many secrets it holds: the first is used for calls, all of them verify deliveries.
    pub count: usize,
}

impl SecretSummary {
    pub(super) const fn new(field: String, count: usize) -> Self {
        Self { field, count }
    }
}

/// That a secret verified deliveries, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretUse {
    /// The provider's label for it.
    pub label: String,
    /// When the latest delivery arrived that it verified, or up to a minute before.
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

/// The value of a setting that is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum PlainSetting {
    /// Yes or no.
    Flag(bool),
    /// A text.
    Text(String),
    /// Texts.
    List(Vec<String>),
}

/// Why something could not be done with a connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// No such gateway is registered.
    #[error(transparent)]
    UnknownProvider(#[from] UnknownProvider),
    /// Fields that cannot be accepted; those of settings are named `settings.<field>`.
    #[error("connection cannot be accepted: {0}")]
    Invalid(Violations),
    /// The organization has a connection of this code.
    #[error("the organization already has a connection with this code")]
    CodeTaken,
    /// No such connection.
    #[error("no such connection")]
    NotFound,
    /// The stored secrets do not open, or no longer make a connection.
    #[error("stored secrets of the connection cannot be used")]
    Sealed(#[from] UnsealError),
    /// The gateway could not be asked.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
