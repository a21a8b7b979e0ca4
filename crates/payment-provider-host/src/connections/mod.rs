//! Merchant accounts: made, changed, shown, opened and deleted.

mod change;
mod deletion;
mod opening;
mod paging;
mod resealing;
mod rotation;
mod types;

use std::collections::BTreeMap;

use payment_provider_core::{
    ConnectionCheck, ConnectionCode, Environment, OrganizationId, ViolationCode, Violations,
};

pub use change::SettingsChange;
pub use deletion::{ConnectionUse, DeletionError};
pub use paging::{ConnectionKey, ConnectionPage};
pub use resealing::{Resealing, UnopenedConnection};
pub use types::{
    Connection, ConnectionError, NewConnection, PlainSetting, SecretSummary, SecretUse,
};

use crate::store::{ConnectionRow, Inserted, SecretUseRow, StoreError};
use crate::{Host, times};

impl Host {
    /// Makes a connection. Nothing is asked of the gateway; see
    /// [`check_connection`](Self::check_connection).
    ///
    /// **Errors.** All violations at once. Nothing was stored.
    pub async fn add_connection(&self, new: NewConnection) -> Result<Connection, ConnectionError> {
        let mut row = ConnectionRow {
            pk: 0,
            organization: new.organization,
            provider: new.provider,
            code: new.code,
            name: new.name,
            environment: Environment::Sandbox,
            plain: BTreeMap::new(),
            encrypted: BTreeMap::new(),
            version: 1,
            enabled: true,
            matched_secret: None,
            matched_at: None,
            created_at: self.now_millis(),
        };
        let mut violations = Violations::none();
        let name = row.name.trim();
        if name.is_empty() || name.chars().count() > 255 || name.chars().any(char::is_control) {
            let message = "must be 1 to 255 characters without control characters";
            violations.push("name", ViolationCode::Invalid, message);
        }
        match self.connect(&row.provider, &new.settings) {
            Ok(provider) => row.environment = provider.environment(),
            Err(ConnectionError::Invalid(found)) => violations.extend(found),
            Err(error) => return Err(error),
        }
        violations
            .into_result(())
            .map_err(ConnectionError::Invalid)?;
        self.seal(&mut row, &new.settings)?;
        crash_point!("connection.1-checked");
        match self.inner.store.insert_connection(&row).await? {
            Inserted::New => {
                crash_point!("connection.2-stored");
                Ok(show(row, self, Vec::new()))
            }
            Inserted::Taken => Err(ConnectionError::CodeTaken),
        }
    }

    /// Allows or stops new checkouts through a connection. Its webhooks are taken either way.
    pub async fn set_connection_enabled(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        enabled: bool,
    ) -> Result<Connection, ConnectionError> {
        let row = self.connection_row(organization, code).await?;
        crash_point!("enabling.1-asked");
        self.inner.store.set_enabled(row.pk, enabled).await?;
        crash_point!("enabling.2-stored");
        self.connection(organization, code).await
    }

    /// One connection.
    pub async fn connection(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
    ) -> Result<Connection, ConnectionError> {
        let row = self.connection_row(organization, code).await?;
        Ok(self.shown(row).await?)
    }

    /// The connections of one organization, or all of them, at once. Where there may be many, see
    /// [`connections_after`](Self::connections_after).
    pub async fn connections(
        &self,
        organization: Option<&OrganizationId>,
    ) -> Result<Vec<Connection>, StoreError> {
        let rows = self.inner.store.connections(organization).await?;
        self.shown_all(rows).await
    }

    /// Asks the gateway whether a connection works.
    pub async fn check_connection(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
    ) -> Result<ConnectionCheck, ConnectionError> {
        let row = self.connection_row(organization, code).await?;
        Ok(self.open(&row)?.check_connection().await?)
    }

    async fn shown(&self, row: ConnectionRow) -> Result<Connection, StoreError> {
        let uses = self.inner.store.secret_uses(&[row.pk]).await?;
        Ok(show(row, self, uses))
    }

    async fn shown_all(&self, rows: Vec<ConnectionRow>) -> Result<Vec<Connection>, StoreError> {
        let keys: Vec<i64> = rows.iter().map(|row| row.pk).collect();
        let mut uses: BTreeMap<i64, Vec<SecretUseRow>> = BTreeMap::new();
        for used in self.inner.store.secret_uses(&keys).await? {
            uses.entry(used.connection_pk).or_default().push(used);
        }
        let shown = rows.into_iter().map(|row| {
            let uses = uses.remove(&row.pk).unwrap_or_default();
            show(row, self, uses)
        });
        Ok(shown.collect())
    }
}

fn show(row: ConnectionRow, host: &Host, uses: Vec<SecretUseRow>) -> Connection {
    Connection {
        webhook_url: host.webhook_url(&row.provider, &row.organization, &row.code),
        organization: row.organization,
        provider: row.provider,
        code: row.code,
        name: row.name,
        environment: row.environment,
        settings: row.plain,
        secrets: row
            .encrypted
            .into_iter()
            .map(|(field, sealed)| SecretSummary::new(field, sealed.len()))
            .collect(),
        enabled: row.enabled,
        matched_secret: row.matched_secret,
        matched_at: row.matched_at.map(times::from_millis),
        secret_uses: uses
            .into_iter()
            .map(|used| SecretUse::new(used.label, times::from_millis(used.last_matched_at)))
            .collect(),
        created_at: times::from_millis(row.created_at),
    }
}
