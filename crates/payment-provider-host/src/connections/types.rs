//! Connections as a host adds and sees them.

use std::collections::BTreeMap;

use crate::plain_setting::PlainSetting;
use payment_provider_core::reexport::time::OffsetDateTime;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{
    ConnectionCode, ConnectionSettings, Environment, OrganizationId, ProviderId,
};

/// The settings of a new connection.
#[derive(Debug)]
#[non_exhaustive]
pub struct NewConnection {
    /// The tenant.
    pub organization: OrganizationId,
    /// The provider.
    pub provider: ProviderId,
    /// The code that identifies the connection within its organization.
    pub code: ConnectionCode,
    /// A name for people.
    pub name: String,
    /// The settings of the provider, by its schema.
    pub settings: ConnectionSettings,
}

impl NewConnection {
    /// Creates the settings of a new connection.
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

/// A connection, as it can be shown. Secrets are write-only: only their names and numbers are here.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Connection {
    /// The tenant.
    pub organization: OrganizationId,
    /// The provider.
    pub provider: ProviderId,
    /// The code that identifies the connection within its organization.
    pub code: ConnectionCode,
    /// A name for people.
    pub name: String,
    /// The environment: in production it moves real money.
    pub environment: Environment,
    /// The settings that are not secret.
    pub settings: BTreeMap<String, PlainSetting>,
    /// The secret settings that are set.
    pub secrets: Vec<SecretSummary>,
    /// True if new checkouts may be made. Webhooks are accepted either way.
    pub enabled: bool,
    /// The label of the secret that verified the latest delivery. Once this is the newest secret, the
    /// gateway signs with it, and the older ones can be retired.
    pub matched_secret: Option<String>,
    /// The time at which the latest delivery was verified, exact to a minute.
    pub matched_at: Option<OffsetDateTime>,
    /// The latest use of each secret, the most recent first. Secrets that never verified a delivery are
    /// missing; retired ones are not.
    pub secret_uses: Vec<SecretUse>,
    /// The webhook URL to enter at the gateway, if the host's public URL is configured.
    pub webhook_url: Option<Url>,
    /// The time at which it was added.
    pub created_at: OffsetDateTime,
}

/// A secret setting, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretSummary {
    /// The name of the setting.
    pub field: String,
    /// The number of secrets it holds: the first is used for calls, all of them verify deliveries.
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
    /// The time at which the latest delivery arrived that it verified, exact to a minute.
    pub last_matched_at: OffsetDateTime,
}

impl SecretUse {
    pub(super) const fn new(label: String, last_matched_at: OffsetDateTime) -> Self {
        Self {
            label,
            last_matched_at,
        }
    }
}
