//! Secret rotation: a new secret is used at once, and the old ones verify deliveries until they are
//! retired.

use payment_provider_core::{SettingKind, SettingsSchema, Violation, ViolationCode, Violations};
use secrecy::{ExposeSecret, SecretString};

use super::credentials::{in_settings, unknown_provider};
use super::{Connection, Connections};
use crate::connection_ref::ConnectionRef;
use crate::error::Error;
use crate::store::ConnectionRow;

impl Connections {
    /// Puts a new secret first in a list of secrets ([`SettingKind::SecretList`]). It is used for
    /// calls from now on; the older ones still verify deliveries until
    /// [`retire_secrets`](Self::retire_secrets).
    pub(crate) async fn rotate_secret(
        &self,
        connection: &ConnectionRef,
        field: &str,
        new: SecretString,
    ) -> Result<Connection, Error> {
        let is_new = |secret: &SecretString| secret.expose_secret() == new.expose_secret();
        let rotate = |row: &mut ConnectionRow| {
            self.require_secret_list(row, field)?;
            let mut secrets = self.stored_secrets(row, field)?;
            if secrets.first().is_some_and(is_new) {
                return Ok(false);
            }
            secrets.retain(|secret| !is_new(secret));
            secrets.insert(0, new.clone());
            let mut settings = self.stored_settings(row, |other| other != field)?;
            settings.set(field, secrets);
            self.check_and_encrypt(row, &settings, Violations::none())?;
            Ok(true)
        };
        self.rewrite(connection, rotate).await
    }

    /// Removes all secrets of a list but the first. Deliveries signed with one of the others are
    /// refused from now on. [`Connection::secret_uses`] shows when each secret last verified a
    /// delivery: one that was used recently may be used again.
    pub(crate) async fn retire_secrets(
        &self,
        connection: &ConnectionRef,
        field: &str,
    ) -> Result<Connection, Error> {
        let retire = |row: &mut ConnectionRow| {
            self.require_secret_list(row, field)?;
            match row.encrypted.get_mut(field) {
                Some(secrets) if secrets.len() > 1 => secrets.truncate(1),
                _ => return Ok(false),
            }
            // The remaining secrets have to decrypt; the removed ones need not.
            self.open(row)?;
            Ok(true)
        };
        self.rewrite(connection, retire).await
    }

    fn require_secret_list(&self, row: &ConnectionRow, field: &str) -> Result<(), Error> {
        let factory = self.registry.get(&row.provider).map_err(unknown_provider)?;
        let known = factory.descriptor().settings.field(field);
        let violation = match known.map(|known| (known.name, &known.kind)) {
            Some((_, SettingKind::SecretList)) => return Ok(()),
            Some((name, SettingKind::Secret)) => {
                let message = "holds one secret, which can only be replaced";
                Violation::new(name, ViolationCode::Unsupported, message)
            }
            Some((name, _)) => Violation::new(name, ViolationCode::Unsupported, "is no secret"),
            None => SettingsSchema::unknown_field(field),
        };
        Err(in_settings(Violations::one(violation)).into())
    }
}
