use std::collections::BTreeMap;
use std::fmt;

use payment_provider_core::{
    ConnectionSettings, SettingValue, SettingsSchema, ViolationCode, Violations,
};

use secrecy::{ExposeSecret, SecretString};

use super::credentials::{in_settings, plain_settings, unknown_provider};
use super::{Connection, Connections};
use crate::connection_ref::ConnectionRef;
use crate::error::{Error, ErrorKind};
use crate::store::ConnectionRow;

/// A change of some settings of a connection. All other settings, secrets included, keep their
/// values. A change of a setting that [secrets are bound
/// to](payment_provider_core::SettingField::binds_secrets) is refused unless it names all secrets.
///
/// # Examples
/// ```
/// use payment_provider_host::connections::SettingsChange;
///
/// let change = SettingsChange::new().with("page", "https://shop.example").without("theme");
/// // `Debug` prints no values.
/// assert_eq!(format!("{change:?}"), r#"{"page": "set", "theme": "clear"}"#);
/// ```
#[derive(Clone, Default)]
pub struct SettingsChange {
    /// The new value of each named setting; `None` clears it.
    fields: BTreeMap<String, Option<SettingValue>>,
}

impl SettingsChange {
    /// Creates a change of no setting.
    pub const fn new() -> Self {
        Self {
            fields: BTreeMap::new(),
        }
    }

    /// Sets the value of a setting, in place of its whole stored value.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<SettingValue>) {
        self.fields.insert(name.into(), Some(value.into()));
    }

    /// Sets the value of a setting, for chained calls.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<SettingValue>) -> Self {
        self.set(name, value);
        self
    }

    /// Clears a setting. If the same setting is set and cleared, the later call counts.
    pub fn clear(&mut self, name: impl Into<String>) {
        self.fields.insert(name.into(), None);
    }

    /// Clears a setting, for chained calls.
    pub fn without(mut self, name: impl Into<String>) -> Self {
        self.clear(name);
        self
    }

    fn names(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }
}

impl From<ConnectionSettings> for SettingsChange {
    /// Sets every setting that has a value here; clears none.
    fn from(settings: ConnectionSettings) -> Self {
        let mut change = Self::new();
        for (name, value) in &settings {
            change.set(name, value.clone());
        }
        change
    }
}

impl fmt::Debug for SettingsChange {
    /// Prints the names, each with `set` or `clear`, but no values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |value: &Option<_>| if value.is_some() { "set" } else { "clear" };
        f.debug_map()
            .entries(self.fields.iter().map(|(name, value)| (name, words(value))))
            .finish()
    }
}

impl Connections {
    /// Replaces all settings of a connection. [`change_settings`](Self::change_settings) replaces
    /// some.
    pub(crate) async fn replace_settings(
        &self,
        connection: &ConnectionRef,
        settings: &ConnectionSettings,
    ) -> Result<Connection, Error> {
        let replace = |row: &mut ConnectionRow| {
            self.check_and_encrypt(row, settings, Violations::none())?;
            Ok(true)
        };
        self.rewrite(connection, replace).await
    }

    /// Changes some settings of a connection and keeps all others. The result is checked as a whole.
    /// A change of a setting that secrets are bound to has to give all secrets again.
    pub(crate) async fn change_settings(
        &self,
        connection: &ConnectionRef,
        change: &SettingsChange,
    ) -> Result<Connection, Error> {
        let merge = |row: &mut ConnectionRow| {
            if change.fields.is_empty() {
                return Ok(false);
            }
            let factory = self.registry.get(&row.provider).map_err(unknown_provider)?;
            let schema = &factory.descriptor().settings;
            let mut violations = self.unbound_secrets(row, change)?;
            let mut settings = match self.stored_settings(row, |field| !change.names(field)) {
                Ok(settings) => settings,
                // All secrets have to be given again anyway.
                Err(_) if !violations.is_empty() => return Err(in_settings(violations).into()),
                Err(error) => return Err(error),
            };
            for (field, value) in &change.fields {
                // A stored setting that is no longer in the schema can still be cleared.
                let known = schema.field(field).is_some() || is_stored(row, field);
                match value {
                    Some(value) => settings.set(field, value.clone()),
                    None if known => {}
                    None => {
                        let unknown = SettingsSchema::unknown_field(field);
                        violations.extend(Violations::one(unknown));
                    }
                }
            }
            self.check_and_encrypt(row, &settings, in_settings(violations))?;
            Ok(true)
        };
        self.rewrite(connection, merge).await
    }

    /// Returns a violation for each stored secret that a change keeps although it changes a setting
    /// that secrets are bound to, such as the gateway's address. A secret is only sent to where it was
    /// entered for, so it has to be given again.
    fn unbound_secrets(
        &self,
        row: &ConnectionRow,
        change: &SettingsChange,
    ) -> Result<Violations, Error> {
        let before = self.binding(&row.provider, &plain_settings(row, |_| true))?;
        let mut settings = plain_settings(row, |field| !change.names(field));
        for (field, value) in &change.fields {
            if let Some(value) = value {
                settings.set(field, value.clone());
            }
        }
        let changed = self
            .binding(&row.provider, &settings)?
            .differences(&before)
            .join(", ");
        let mut violations = Violations::none();
        if changed.is_empty() {
            return Ok(violations);
        }
        for field in row.encrypted.keys().filter(|field| !change.names(field)) {
            let message = format!("must be given again, because it is bound to {changed}");
            violations.push(field.clone(), ViolationCode::Invalid, message);
        }
        Ok(violations)
    }

    /// Returns a change to those of the given settings that differ from the stored ones.
    ///
    /// If the stored secrets are bound to something else than the given settings state, such as another
    /// address, or cannot be decrypted, the change names all the given settings, and clears the bound ones
    /// that are not given: a given secret is never sent to a stored address that was not given with it.
    pub(super) fn missing_settings(
        &self,
        row: &ConnectionRow,
        settings: &ConnectionSettings,
    ) -> Result<SettingsChange, Error> {
        let given = self.binding(&row.provider, settings)?;
        let bound = self.binding(&row.provider, &plain_settings(row, |_| true))?;
        let different = given.differences(&bound);
        let declared = || {
            let mut change = SettingsChange::from(settings.clone());
            for name in different.iter().filter(|name| settings.get(name).is_none()) {
                change.clear(*name);
            }
            change
        };
        if !different.is_empty() {
            return Ok(declared());
        }
        let stored = match self.stored_settings(row, |_| true) {
            Ok(stored) => stored,
            Err(error) if matches!(error.kind(), ErrorKind::Encryption) => return Ok(declared()),
            Err(error) => return Err(error),
        };
        let mut change = SettingsChange::new();
        for (name, value) in settings {
            if !stored.get(name).is_some_and(|known| is_same(known, value)) {
                change.set(name, value.clone());
            }
        }
        Ok(change)
    }

    /// Reads a row, changes its settings and stores them. Starts again if other settings were
    /// stored in between.
    ///
    /// An attempt is repeated only because another change succeeded, so the repetitions come to an
    /// end. `change` returns false if there is nothing to store.
    pub(super) async fn rewrite(
        &self,
        connection: &ConnectionRef,
        change: impl Fn(&mut ConnectionRow) -> Result<bool, Error> + Send,
    ) -> Result<Connection, Error> {
        loop {
            let mut row = self.row(connection).await?;
            if !change(&mut row)? {
                return self.shown(row).await;
            }
            if self.store.update_settings(&row).await? {
                return self.connection(connection).await;
            }
        }
    }

    /// Checks the settings as a whole and encrypts them into the row. `violations` are those that
    /// were found before.
    pub(super) fn check_and_encrypt(
        &self,
        row: &mut ConnectionRow,
        settings: &ConnectionSettings,
        mut violations: Violations,
    ) -> Result<(), Error> {
        match self.connect(&row.provider, settings) {
            Ok(provider) if provider.environment() == row.environment => {}
            Ok(_) => {
                let message = "cannot change; add another connection for the other environment";
                violations.push("settings.environment", ViolationCode::Invalid, message);
            }
            Err(error) => violations.extend(error.into_violations()?),
        }
        violations.into_result(())?;
        self.encrypt_settings(row, settings)
    }
}

fn is_stored(row: &ConnectionRow, field: &str) -> bool {
    row.plain.contains_key(field) || row.encrypted.contains_key(field)
}

/// Returns true if the given value is stored already. A stored list may be longer than the given
/// one: the secrets after the given ones still verify deliveries, and are kept.
fn is_same(stored: &SettingValue, given: &SettingValue) -> bool {
    if let (SettingValue::Flag(stored), SettingValue::Flag(given)) = (stored, given) {
        return stored == given;
    }
    let (stored, given) = (texts(stored), texts(given));
    let same =
        |(one, two): (&SecretString, &SecretString)| one.expose_secret() == two.expose_secret();
    !given.is_empty() && given.len() <= stored.len() && stored.iter().zip(given).all(same)
}

fn texts(value: &SettingValue) -> &[SecretString] {
    match value {
        SettingValue::Text(text) => std::slice::from_ref(text),
        SettingValue::List(list) => list,
        _ => &[],
    }
}
