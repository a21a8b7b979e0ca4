//! Connections: merchant accounts at gateways, their credentials and customers.

mod change;
mod credentials;
mod customers;
mod deletion;
mod key_rotation;
mod paging;
mod rotation;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

use payment_provider_core::reexport::url::Url;
use payment_provider_core::{
    Clock, ConnectionCheck, Environment, ProviderId, ProviderRegistry, ViolationCode, Violations,
};

pub use crate::connection_use::ConnectionUse;
pub use crate::plain_setting::PlainSetting;
pub use crate::refusal_reason::RefusalReason;
pub use change::SettingsChange;
pub use credentials::{EnvironmentMismatch, UndecryptableSecret};
pub use customers::LinkedCustomer;
pub use key_rotation::{KeyRotationReport, UndecryptableConnection};
pub use types::{Connection, NewConnection, RefusedDeliveries, SecretSummary, SecretUse};

use crate::connection_ref::ConnectionRef;
use crate::encryption::EncryptionKeys;
use crate::error::{Conflict, Entity, Error, ErrorKind};
use crate::store::{ConnectionRow, Inserted, RefusedRow, SecretUseRow, Store};
use crate::timestamp;

/// The connections of all organizations. Their secrets are stored encrypted, and are decrypted for
/// each call.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    store: Store,
    registry: ProviderRegistry,
    keys: EncryptionKeys,
    clock: Arc<dyn Clock>,
    public_url: Option<Url>,
    /// The time for which a connection is kept after the end of its last checkout and after its
    /// latest payment, in milliseconds.
    deletion_grace: i64,
}

impl Connections {
    pub(crate) const fn new(
        store: Store,
        registry: ProviderRegistry,
        keys: EncryptionKeys,
        clock: Arc<dyn Clock>,
        public_url: Option<Url>,
        deletion_grace: i64,
    ) -> Self {
        Self {
            store,
            registry,
            keys,
            clock,
            public_url,
            deletion_grace,
        }
    }

    pub(crate) const fn registry(&self) -> &ProviderRegistry {
        &self.registry
    }

    pub(crate) const fn public_url(&self) -> Option<&Url> {
        self.public_url.as_ref()
    }

    /// Returns the URL to which the gateway of a connection sends its webhooks.
    pub(crate) fn webhook_url(
        &self,
        provider: &ProviderId,
        connection: &ConnectionRef,
    ) -> Option<Url> {
        let mut url = self.public_url.clone()?;
        url.path_segments_mut().ok()?.pop_if_empty().extend([
            "webhooks",
            provider.as_str(),
            connection.organization.as_str(),
        ]);
        url.query_pairs_mut()
            .append_pair("code", connection.code.as_str());
        Some(url)
    }

    fn now(&self) -> i64 {
        timestamp::to_millis(self.clock.now())
    }

    /// Adds a connection. No request is sent to the gateway; see
    /// [`check_connection`](Self::check_connection).
    pub(crate) async fn add_connection(&self, new: NewConnection) -> Result<Connection, Error> {
        let mut row = ConnectionRow {
            pk: 0,
            organization: new.connection.organization,
            provider: new.provider,
            code: new.connection.code,
            name: new.name,
            environment: Environment::Sandbox,
            plain: BTreeMap::new(),
            encrypted: BTreeMap::new(),
            version: 1,
            enabled: true,
            matched_secret: None,
            matched_at: None,
            created_at: self.now(),
        };
        let mut violations = Violations::none();
        let name = row.name.trim();
        if name.is_empty() || name.chars().count() > 255 || name.chars().any(char::is_control) {
            let message = "must be 1 to 255 characters without control characters";
            violations.push("name", ViolationCode::Invalid, message);
        }
        match self.connect(&row.provider, &new.settings) {
            Ok(provider) => row.environment = provider.environment(),
            Err(error) => violations.extend(error.into_violations()?),
        }
        violations.into_result(())?;
        self.encrypt_settings(&mut row, &new.settings)?;
        match self.store.insert_connection(&row).await? {
            Inserted::New => Ok(show(row, self, Vec::new(), Vec::new())),
            Inserted::Taken => Err(Conflict::CodeTaken.into()),
        }
    }

    /// Adds a connection, or changes the settings of the one that exists.
    pub(crate) async fn ensure_connection(&self, new: NewConnection) -> Result<Connection, Error> {
        let connection = new.connection.clone();
        match self.store.connection(&connection).await? {
            Some(row) if row.provider == new.provider => {
                let change = self.missing_settings(&row, &new.settings)?;
                self.change_settings(&connection, &change).await
            }
            Some(_) => Err(Conflict::CodeTaken.into()),
            None => {
                let settings = new.settings.clone();
                match self.add_connection(new).await {
                    // Another process added it at the same moment.
                    Err(error)
                        if matches!(error.kind(), ErrorKind::Conflict(Conflict::CodeTaken)) =>
                    {
                        let change = SettingsChange::from(settings);
                        self.change_settings(&connection, &change).await
                    }
                    added => added,
                }
            }
        }
    }

    /// Enables or disables new checkouts through a connection. Its webhooks are received either
    /// way.
    pub(crate) async fn set_connection_enabled(
        &self,
        connection: &ConnectionRef,
        enabled: bool,
    ) -> Result<Connection, Error> {
        let row = self.row(connection).await?;
        if !self.store.set_enabled(row.pk, enabled).await? {
            return Err(Entity::Connection.into());
        }
        self.connection(connection).await
    }

    /// Returns one connection.
    pub(crate) async fn connection(&self, connection: &ConnectionRef) -> Result<Connection, Error> {
        let row = self.row(connection).await?;
        self.shown(row).await
    }

    /// Asks the gateway whether a connection works.
    pub(crate) async fn check_connection(
        &self,
        connection: &ConnectionRef,
    ) -> Result<ConnectionCheck, Error> {
        let row = self.row(connection).await?;
        Ok(self.open(&row)?.check_connection().await?)
    }

    async fn shown(&self, row: ConnectionRow) -> Result<Connection, Error> {
        let uses = self.store.secret_uses(&[row.pk]).await?;
        let refused = self.store.refused_deliveries(&[row.pk]).await?;
        Ok(show(row, self, uses, refused))
    }

    async fn shown_all(&self, rows: Vec<ConnectionRow>) -> Result<Vec<Connection>, Error> {
        let keys: Vec<i64> = rows.iter().map(|row| row.pk).collect();
        let mut uses: BTreeMap<i64, Vec<SecretUseRow>> = BTreeMap::new();
        for used in self.store.secret_uses(&keys).await? {
            uses.entry(used.connection_pk).or_default().push(used);
        }
        let mut refused: BTreeMap<i64, Vec<RefusedRow>> = BTreeMap::new();
        for row in self.store.refused_deliveries(&keys).await? {
            refused.entry(row.connection_pk).or_default().push(row);
        }
        let shown = rows.into_iter().map(|row| {
            let uses = uses.remove(&row.pk).unwrap_or_default();
            let refused = refused.remove(&row.pk).unwrap_or_default();
            show(row, self, uses, refused)
        });
        Ok(shown.collect())
    }
}

fn show(
    row: ConnectionRow,
    connections: &Connections,
    uses: Vec<SecretUseRow>,
    refused: Vec<RefusedRow>,
) -> Connection {
    Connection {
        webhook_url: connections.webhook_url(&row.provider, &row.to_ref()),
        organization: row.organization,
        provider: row.provider,
        code: row.code,
        name: row.name,
        environment: row.environment,
        settings: row.plain,
        secrets: row
            .encrypted
            .into_iter()
            .map(|(field, secrets)| SecretSummary::new(field, secrets.len()))
            .collect(),
        enabled: row.enabled,
        matched_secret: row.matched_secret,
        matched_at: row.matched_at.map(timestamp::from_millis),
        secret_uses: uses
            .into_iter()
            .map(|used| SecretUse::new(used.label, timestamp::from_millis(used.last_matched_at)))
            .collect(),
        refused_deliveries: refused
            .into_iter()
            .map(|row| {
                let last_at = timestamp::from_millis(row.last_refused_at);
                RefusedDeliveries::new(row.reason, row.refused, last_at)
            })
            .collect(),
        created_at: timestamp::from_millis(row.created_at),
    }
}
