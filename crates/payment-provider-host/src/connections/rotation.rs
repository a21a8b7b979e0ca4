//! Secrets replaced without a gap: the new one is used at once, the old ones verify deliveries until
//! they are retired.

use payment_provider_core::{
    ConnectionCode, OrganizationId, SettingKind, SettingsSchema, Violation, ViolationCode,
    Violations,
};
use secrecy::{ExposeSecret, SecretString};

use super::credentials::{in_settings, unknown_provider};
use super::{Connection, Connections};
use crate::error::Error;
use crate::store::ConnectionRow;

impl Connections {
    /// Puts a new secret first in a list of secrets ([`SettingKind::SecretList`]): it is used for
    /// calls from now on, and the ones before it go on verifying deliveries until
    /// [`retire_secrets`](Self::retire_secrets).
    pub(crate) async fn rotate_secret(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
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
            self.reseal(row, &settings, Violations::none())?;
            Ok(true)
        };
        self.rewrite(organization, code, rotate).await
    }

    /// Drops all secrets of a list but the first. Deliveries signed with one of the others are
    /// refused from now on; [`Connection::matched_secret`] and [`Connection::matched_at`] tell
    /// whether that is still to be expected.
    pub(crate) async fn retire_secrets(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        field: &str,
    ) -> Result<Connection, Error> {
        let retire = |row: &mut ConnectionRow| {
            self.require_secret_list(row, field)?;
            match row.encrypted.get_mut(field) {
                Some(sealed) if sealed.len() > 1 => sealed.truncate(1),
                _ => return Ok(false),
            }
            // What is dropped need not open, what is left has to.
            self.open(row)?;
            Ok(true)
        };
        self.rewrite(organization, code, retire).await
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
