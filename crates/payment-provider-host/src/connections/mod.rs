//! Merchant accounts: made, changed, shown and opened.

mod change;
mod opening;
mod rotation;
mod types;

use std::collections::BTreeMap;

use payment_provider_core::{
    ConnectionCheck, ConnectionCode, Environment, OrganizationId, ViolationCode, Violations,
};

pub use change::SettingsChange;
pub use types::{Connection, ConnectionError, NewConnection, PlainSetting, SecretSummary};

use crate::store::{ConnectionRow, Inserted, Store, StoreError};
use crate::{Host, times};

impl<S: Store> Host<S> {
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
            sealed: BTreeMap::new(),
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
        match self.inner.store.insert_connection(&row).await? {
            Inserted::New => Ok(self.shown(row)),
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
        self.inner.store.set_enabled(row.pk, enabled).await?;
        self.connection(organization, code).await
    }

    /// One connection.
    pub async fn connection(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
    ) -> Result<Connection, ConnectionError> {
        Ok(self.shown(self.connection_row(organization, code).await?))
    }

    /// The connections of one organization, or all of them.
    pub async fn connections(
        &self,
        organization: Option<&OrganizationId>,
    ) -> Result<Vec<Connection>, StoreError> {
        let rows = self.inner.store.connections(organization).await?;
        Ok(rows.into_iter().map(|row| self.shown(row)).collect())
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

    fn shown(&self, row: ConnectionRow) -> Connection {
        Connection {
            webhook_url: self.webhook_url(&row.provider, &row.organization, &row.code),
            organization: row.organization,
            provider: row.provider,
            code: row.code,
            name: row.name,
            environment: row.environment,
            settings: row.plain,
            secrets: row
                .sealed
                .into_iter()
                .map(|(field, sealed)| SecretSummary::new(field, sealed.len()))
                .collect(),
            enabled: row.enabled,
            matched_secret: row.matched_secret,
            matched_at: row.matched_at.map(times::from_millis),
            created_at: times::from_millis(row.created_at),
        }
    }
}
