//! The credentials of connections: the conversion of stored rows into providers, and of settings
//! into rows with encrypted secrets.

use std::sync::Arc;

use payment_provider_core::{
    ConnectionSettings, Environment, PaymentProvider, ProviderId, SecretBinding, SettingField,
    SettingValue, SettingsSchema, UnknownProvider, Violation, Violations,
};
use secrecy::{ExposeSecret, SecretString};

use super::Connections;
use crate::connection_ref::ConnectionRef;
use crate::crash_point::with_crash_points;
use crate::encryption::{Ciphertext, DecryptError, EncryptError, Place};
use crate::error::{Entity, Error, ErrorKind};
use crate::plain_setting::PlainSetting;
use crate::store::ConnectionRow;

/// The stored environment of a connection is not that of the provider which its settings make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("connection is stored for {stored}, but its settings are for {connected}")]
#[non_exhaustive]
pub struct EnvironmentMismatch {
    /// The environment that is stored with the connection.
    pub stored: Environment,
    /// The environment that the settings name.
    pub connected: Environment,
}

/// A stored secret that cannot be decrypted, by the name of its setting. The reason is its source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stored setting `{field}` cannot be decrypted")]
#[non_exhaustive]
pub struct UndecryptableSecret {
    /// The name of the secret setting.
    pub field: String,
    /// The reason.
    #[source]
    pub reason: DecryptError,
}

impl Connections {
    pub(crate) async fn row(&self, connection: &ConnectionRef) -> Result<ConnectionRow, Error> {
        let found = self.store.connection(connection).await?;
        found.ok_or(Error::from(Entity::Connection))
    }

    pub(crate) async fn row_by_pk(&self, pk: i64) -> Result<ConnectionRow, Error> {
        let found = self.store.connection_by_pk(pk).await?;
        found.ok_or(Error::from(Entity::Connection))
    }

    pub(crate) async fn open_by_pk(&self, pk: i64) -> Result<Arc<dyn PaymentProvider>, Error> {
        self.open(&self.row_by_pk(pk).await?)
    }

    /// Decrypts the stored settings of a connection and creates its provider from them.
    ///
    /// This uses no network and keeps no state. It is cheap enough to be done for every call, so
    /// that every process always works with the current settings.
    pub(crate) fn open(&self, row: &ConnectionRow) -> Result<Arc<dyn PaymentProvider>, Error> {
        let settings = self.stored_settings(row, |_| true)?;
        let provider = self.connect(&row.provider, &settings)?;
        if provider.environment() == row.environment {
            Ok(with_crash_points(provider))
        } else {
            let mismatch = EnvironmentMismatch {
                stored: row.environment,
                connected: provider.environment(),
            };
            Err(Error::with_source(ErrorKind::Encryption, mismatch))
        }
    }

    /// Returns the stored settings whose names are `wanted`, with the secrets decrypted.
    pub(super) fn stored_settings(
        &self,
        row: &ConnectionRow,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<ConnectionSettings, Error> {
        let mut settings = plain_settings(row, &wanted);
        for field in row.encrypted.keys().filter(|field| wanted(field)) {
            let mut secrets = self.stored_secrets(row, field)?;
            match (secrets.len(), secrets.pop()) {
                (1, Some(only)) => settings.set(field, only),
                (_, Some(last)) => {
                    secrets.push(last);
                    settings.set(field, secrets);
                }
                (_, None) => {}
            }
        }
        Ok(settings)
    }

    /// Returns the decrypted secrets of one setting, in order.
    pub(super) fn stored_secrets(
        &self,
        row: &ConnectionRow,
        field: &str,
    ) -> Result<Vec<SecretString>, Error> {
        let binding = self.binding(&row.provider, &plain_settings(row, |_| true))?;
        let place = place(row, field, &binding);
        let encrypted = row.encrypted.get(field).into_iter().flatten();
        let secrets: Result<_, _> = encrypted
            .map(|text| text.decrypt(place, &self.keys))
            .collect();
        secrets.map_err(|reason| {
            let field = field.to_owned();
            Error::with_source(ErrorKind::Encryption, UndecryptableSecret { field, reason })
        })
    }

    /// Returns the settings that the secrets of a connection are bound to.
    pub(super) fn binding(
        &self,
        provider: &ProviderId,
        settings: &ConnectionSettings,
    ) -> Result<SecretBinding, Error> {
        let factory = self.registry.get(provider).map_err(unknown_provider)?;
        Ok(factory.descriptor().settings.secret_binding(settings))
    }

    pub(super) fn connect(
        &self,
        provider: &ProviderId,
        settings: &ConnectionSettings,
    ) -> Result<Arc<dyn PaymentProvider>, Error> {
        let factory = self.registry.get(provider).map_err(unknown_provider)?;
        factory
            .connect(settings)
            .map_err(|found| in_settings(found).into())
    }

    pub(super) fn encrypt_settings(
        &self,
        row: &mut ConnectionRow,
        settings: &ConnectionSettings,
    ) -> Result<(), Error> {
        let factory = self.registry.get(&row.provider).map_err(unknown_provider)?;
        let schema = &factory.descriptor().settings;
        let binding = schema.secret_binding(settings);
        row.plain.clear();
        row.encrypted.clear();
        for (field, value) in settings {
            if is_secret(schema, field) {
                let texts: &[_] = match value {
                    SettingValue::Text(text) => std::slice::from_ref(text),
                    SettingValue::List(list) => list,
                    _ => &[],
                };
                if texts.is_empty() {
                    continue;
                }
                let place = place(row, field, &binding);
                let encrypted: Result<_, EncryptError> = texts
                    .iter()
                    .map(|text| Ciphertext::encrypt(text, place, &self.keys))
                    .collect();
                row.encrypted.insert(field.clone(), encrypted?);
            } else if let Some(plain) = plain(value) {
                row.plain.insert(field.clone(), plain);
            }
        }
        Ok(())
    }
}

pub(super) fn unknown_provider(error: UnknownProvider) -> Error {
    Error::with_source(ErrorKind::NotFound(Entity::Provider), error)
}

/// Prefixes the field of each violation with `settings.`.
pub(super) fn in_settings(found: Violations) -> Violations {
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
    violations
}

/// Returns true if a field is secret. A field that is not in the schema counts as secret, to be
/// safe.
fn is_secret(schema: &SettingsSchema, field: &str) -> bool {
    schema.field(field).is_none_or(SettingField::is_secret)
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

/// Returns the stored settings that are not secret and whose names are `wanted`.
pub(super) fn plain_settings(
    row: &ConnectionRow,
    wanted: impl Fn(&str) -> bool,
) -> ConnectionSettings {
    let mut settings = ConnectionSettings::new();
    for (field, value) in row.plain.iter().filter(|(field, _)| wanted(field)) {
        match value {
            PlainSetting::Flag(flag) => settings.set(field, *flag),
            PlainSetting::Text(text) => settings.set(field, text.as_str()),
            PlainSetting::List(list) => {
                let list: Vec<_> = list.iter().map(|text| text.as_str().into()).collect();
                settings.set(field, list);
            }
        }
    }
    settings
}

pub(super) fn place<'a>(
    row: &'a ConnectionRow,
    field: &'a str,
    binding: &'a SecretBinding,
) -> Place<'a> {
    Place {
        organization: &row.organization,
        provider: &row.provider,
        connection: &row.code,
        environment: row.environment,
        field,
        binding,
    }
}
