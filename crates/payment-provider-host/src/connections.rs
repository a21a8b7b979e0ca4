use std::collections::BTreeMap;
use std::sync::Arc;

use payment_provider_core::reexport::time::OffsetDateTime;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{
    ConnectionCheck, ConnectionCode, ConnectionSettings, Environment, OrganizationId,
    PaymentProvider, ProviderError, ProviderId, SettingValue, SettingsSchema, UnknownProvider,
    Violation, ViolationCode, Violations,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::sealing::{Place, SealedText, UnsealError};
use crate::store::{ConnectionRow, Inserted, Store, StoreError};
use crate::{Host, times};

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

/// A connection as it can be shown. Secrets are write-only: of them, only the names are here.
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
    /// The names of the secret settings that are set.
    pub secrets: Vec<String>,
    /// Whether new checkouts may be made. Webhooks are taken either way.
    pub enabled: bool,
    /// The label of the secret that verified the latest delivery.
    pub matched_secret: Option<String>,
    /// What to paste at the gateway, if the host's public address is known.
    pub webhook_url: Option<Url>,
    /// When it was made.
    pub created_at: OffsetDateTime,
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
            enabled: true,
            matched_secret: None,
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

    /// Replaces a connection's settings, all of them. To replace a secret without a gap give the
    /// new one and the old one together, and the new one alone once no delivery matches the old.
    ///
    /// **Errors.** All violations at once; the environment cannot change. Nothing was stored.
    pub async fn replace_settings(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        settings: &ConnectionSettings,
    ) -> Result<Connection, ConnectionError> {
        let mut row = self.connection_row(organization, code).await?;
        let provider = self.connect(&row.provider, settings)?;
        if provider.environment() != row.environment {
            let message = "cannot change; make another connection for the other environment";
            let field = "settings.environment";
            let violation = Violation::new(field, ViolationCode::Invalid, message);
            return Err(ConnectionError::Invalid(Violations::one(violation)));
        }
        self.seal(&mut row, settings)?;
        self.inner.store.update_connection(&row).await?;
        Ok(self.shown(row))
    }

    /// Allows or stops new checkouts through a connection. Its webhooks are taken either way.
    pub async fn set_connection_enabled(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        enabled: bool,
    ) -> Result<Connection, ConnectionError> {
        let mut row = self.connection_row(organization, code).await?;
        row.enabled = enabled;
        self.inner.store.update_connection(&row).await?;
        Ok(self.shown(row))
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

    pub(crate) async fn connection_row(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
    ) -> Result<ConnectionRow, ConnectionError> {
        let found = self.inner.store.connection(organization, code).await?;
        found.ok_or(ConnectionError::NotFound)
    }

    pub(crate) async fn open_by_pk(
        &self,
        pk: i64,
    ) -> Result<Arc<dyn PaymentProvider>, ConnectionError> {
        let row = self.inner.store.connection_by_pk(pk).await?;
        self.open(&row.ok_or(ConnectionError::NotFound)?)
    }

    /// Opens what is stored. No network and no state: cheap enough to do for every call, so that
    /// every process always works with the settings as they are.
    pub(crate) fn open(
        &self,
        row: &ConnectionRow,
    ) -> Result<Arc<dyn PaymentProvider>, ConnectionError> {
        let mut settings = ConnectionSettings::new();
        for (field, value) in &row.plain {
            match value {
                PlainSetting::Flag(flag) => settings.set(field, *flag),
                PlainSetting::Text(text) => settings.set(field, text.as_str()),
                PlainSetting::List(list) => {
                    let list: Vec<_> = list.iter().map(|text| text.as_str().into()).collect();
                    settings.set(field, list);
                }
            }
        }
        for (field, sealed) in &row.sealed {
            let place = place(row, field);
            let opened: Result<Vec<_>, _> = sealed
                .iter()
                .map(|text| text.open(place, &self.inner.keys))
                .collect();
            let mut opened = opened?;
            match (sealed.len(), opened.pop()) {
                (1, Some(only)) => settings.set(field, only),
                (_, Some(last)) => {
                    opened.push(last);
                    settings.set(field, opened);
                }
                (_, None) => {}
            }
        }
        let provider = self.connect(&row.provider, &settings)?;
        if provider.environment() == row.environment {
            Ok(provider)
        } else {
            Err(ConnectionError::Sealed(UnsealError::DoesNotOpen))
        }
    }

    fn connect(
        &self,
        provider: &ProviderId,
        settings: &ConnectionSettings,
    ) -> Result<Arc<dyn PaymentProvider>, ConnectionError> {
        let factory = self.inner.registry.get(provider)?;
        factory.connect(settings).map_err(|found| {
            let mut violations = Violations::none();
            for Violation {
                field,
                code,
                message,
                ..
            } in found
            {
                violations.push(format!("settings.{field}"), code, message);
            }
            ConnectionError::Invalid(violations)
        })
    }

    fn seal(
        &self,
        row: &mut ConnectionRow,
        settings: &ConnectionSettings,
    ) -> Result<(), ConnectionError> {
        let factory = self.inner.registry.get(&row.provider)?;
        let schema = &factory.descriptor().settings;
        row.plain.clear();
        row.sealed.clear();
        for (field, value) in settings {
            if is_secret(schema, field) {
                let texts: &[_] = match value {
                    SettingValue::Text(text) => std::slice::from_ref(text),
                    SettingValue::List(list) => list,
                    _ => &[],
                };
                let place = place(row, field);
                let sealed: Result<_, _> = texts
                    .iter()
                    .map(|text| SealedText::seal(text, place, &self.inner.keys))
                    .collect();
                row.sealed.insert(field.clone(), sealed?);
            } else if let Some(plain) = plain(value) {
                row.plain.insert(field.clone(), plain);
            }
        }
        Ok(())
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
            secrets: row.sealed.into_keys().collect(),
            enabled: row.enabled,
            matched_secret: row.matched_secret,
            created_at: times::from_millis(row.created_at),
        }
    }
}

/// A field the schema does not know counts as a secret: the careful reading.
fn is_secret(schema: &SettingsSchema, field: &str) -> bool {
    schema
        .field(field)
        .is_none_or(payment_provider_core::SettingField::is_secret)
}

fn plain(value: &SettingValue) -> Option<PlainSetting> {
    match value {
        SettingValue::Text(text) => Some(PlainSetting::Text(text.expose_secret().to_owned())),
        SettingValue::List(list) => Some(PlainSetting::List(
            list.iter()
                .map(|text| text.expose_secret().to_owned())
                .collect(),
        )),
        SettingValue::Flag(flag) => Some(PlainSetting::Flag(*flag)),
        _ => None,
    }
}

fn place<'a>(row: &'a ConnectionRow, field: &'a str) -> Place<'a> {
    Place {
        organization: &row.organization,
        provider: &row.provider,
        connection: &row.code,
        environment: row.environment,
        field,
    }
}
