use std::collections::BTreeMap;
use std::fmt;

use payment_provider_core::{
    ConnectionCode, ConnectionSettings, OrganizationId, SettingValue, SettingsSchema,
    ViolationCode, Violations,
};

use secrecy::{ExposeSecret, SecretString};

use super::credentials::{in_settings, unknown_provider};
use super::{Connection, Connections};
use crate::error::Error;
use crate::store::ConnectionRow;

/// A change of some settings of a connection; what it does not name stays as it is, secrets too.
#[derive(Clone, Default)]
pub struct SettingsChange {
    /// `None`: to be cleared.
    fields: BTreeMap<String, Option<SettingValue>>,
}

impl SettingsChange {
    /// Changes nothing.
    pub const fn new() -> Self {
        Self {
            fields: BTreeMap::new(),
        }
    }

    /// Gives a setting a value, in place of all it held before.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<SettingValue>) {
        self.fields.insert(name.into(), Some(value.into()));
    }

    /// Gives a setting a value, for chains.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<SettingValue>) -> Self {
        self.set(name, value);
        self
    }

    /// Takes a setting away. Of clearing and giving the same one, the later counts.
    pub fn clear(&mut self, name: impl Into<String>) {
        self.fields.insert(name.into(), None);
    }

    /// Takes a setting away, for chains.
    pub fn without(mut self, name: impl Into<String>) -> Self {
        self.clear(name);
        self
    }

    fn names(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }
}

impl From<ConnectionSettings> for SettingsChange {
    /// Gives every setting there is among these its value.
    fn from(settings: ConnectionSettings) -> Self {
        let mut change = Self::new();
        for (name, value) in &settings {
            change.set(name, value.clone());
        }
        change
    }
}

impl fmt::Debug for SettingsChange {
    /// Prints the names only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |value: &Option<_>| if value.is_some() { "set" } else { "clear" };
        f.debug_map()
            .entries(self.fields.iter().map(|(name, value)| (name, words(value))))
            .finish()
    }
}

impl Connections {
    /// Replaces a connection's settings, all of them.
    /// [`change_settings`](Self::change_settings) replaces some.
    pub(crate) async fn replace_settings(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        settings: &ConnectionSettings,
    ) -> Result<Connection, Error> {
        let replace = |row: &mut ConnectionRow| {
            self.reseal(row, settings, Violations::none())?;
            Ok(true)
        };
        self.rewrite(organization, code, replace).await
    }

    /// Changes some of a connection's settings and leaves all others as they are, so that no secret
    /// has to be typed again. What comes out is checked as a whole.
    pub(crate) async fn change_settings(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        change: &SettingsChange,
    ) -> Result<Connection, Error> {
        let merge = |row: &mut ConnectionRow| {
            if change.fields.is_empty() {
                return Ok(false);
            }
            let factory = self.registry.get(&row.provider).map_err(unknown_provider)?;
            let schema = &factory.descriptor().settings;
            let mut settings = self.stored_settings(row, |field| !change.names(field))?;
            let mut violations = Violations::none();
            for (field, value) in &change.fields {
                // A setting that an earlier version knew can still be cleared.
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
            self.reseal(row, &settings, in_settings(violations))?;
            Ok(true)
        };
        self.rewrite(organization, code, merge).await
    }

    /// Returns the settings that differ from the stored ones.
    pub(super) fn missing_settings(
        &self,
        row: &ConnectionRow,
        settings: ConnectionSettings,
    ) -> Result<SettingsChange, Error> {
        let stored = self.stored_settings(row, |_| true)?;
        let mut change = SettingsChange::new();
        for (name, value) in &settings {
            if !stored.get(name).is_some_and(|known| is_same(known, value)) {
                change.set(name, value.clone());
            }
        }
        Ok(change)
    }

    /// Changes the settings in a row as it is stored, and stores it unless other settings were
    /// stored meanwhile; then once more. A try that fails means that another one was made, so this
    /// comes to an end. `change` says whether there is anything to store.
    pub(super) async fn rewrite(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        change: impl Fn(&mut ConnectionRow) -> Result<bool, Error> + Send,
    ) -> Result<Connection, Error> {
        loop {
            let mut row = self.row(organization, code).await?;
            if !change(&mut row)? {
                return self.shown(row).await;
            }
            crash_point!("settings.1-changed");
            if self.store.update_settings(&row).await? {
                crash_point!("settings.2-stored");
                return self.connection(organization, code).await;
            }
        }
    }

    /// Checks settings as a whole and seals them into the row. `violations` are those found before.
    pub(super) fn reseal(
        &self,
        row: &mut ConnectionRow,
        settings: &ConnectionSettings,
        mut violations: Violations,
    ) -> Result<(), Error> {
        match self.connect(&row.provider, settings) {
            Ok(provider) if provider.environment() == row.environment => {}
            Ok(_) => {
                let message = "cannot change; make another connection for the other environment";
                violations.push("settings.environment", ViolationCode::Invalid, message);
            }
            Err(error) => violations.extend(error.into_violations()?),
        }
        violations.into_result(())?;
        self.seal(row, settings)
    }
}

fn is_stored(row: &ConnectionRow, field: &str) -> bool {
    row.plain.contains_key(field) || row.encrypted.contains_key(field)
}

/// Returns true if a given value changes nothing of a stored one. Secrets that are stored behind the given
/// ones still verify deliveries, and are kept.
fn is_same(stored: &SettingValue, given: &SettingValue) -> bool {
    match (stored, given) {
        (SettingValue::Flag(stored), SettingValue::Flag(given)) => stored == given,
        _ => {
            let (stored, given) = (texts(stored), texts(given));
            let same = |(one, two): (&SecretString, &SecretString)| {
                one.expose_secret() == two.expose_secret()
            };
            !given.is_empty() && given.len() <= stored.len() && stored.iter().zip(given).all(same)
        }
    }
}

fn texts(value: &SettingValue) -> &[SecretString] {
    match value {
        SettingValue::Text(text) => std::slice::from_ref(text),
        SettingValue::List(list) => list,
        _ => &[],
    }
}
