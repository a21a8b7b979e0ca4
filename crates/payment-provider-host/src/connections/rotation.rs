//! Secrets replaced without a gap: the new one is used at once, the old ones verify deliveries until
//! they are retired.

use payment_provider_core::{
    ConnectionCode, OrganizationId, SettingKind, SettingsSchema, Violation, ViolationCode,
    Violations,
};
use secrecy::{ExposeSecret, SecretString};

use super::opening::in_settings;
use super::{Connection, ConnectionError};
use crate::Host;
use crate::store::ConnectionRow;

impl Host {
    /// Puts a new secret first in a list of secrets ([`SettingKind::SecretList`]): it is used for
    /// calls from now on, and the ones before it go on verifying deliveries until
    /// [`retire_secrets`](Self::retire_secrets).
    ///
    /// **Contract.** Rotations at the same moment are made one after the other; none is lost.
    ///
    /// **Errors.** [`ConnectionError::Invalid`] if the setting is no list of secrets, or the secret
    /// does not fit. Nothing was stored.
    ///
    /// **Idempotency.** The secret that is first already changes nothing. One that is further back
    /// moves to the front: this is also how to go back.
    pub async fn rotate_secret(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        field: &str,
        new: SecretString,
    ) -> Result<Connection, ConnectionError> {
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
    ///
    /// **Errors.** [`ConnectionError::Invalid`] if the setting is no list of secrets. Nothing was
    /// stored.
    ///
    /// **Idempotency.** A list of one stays as it is.
    pub async fn retire_secrets(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        field: &str,
    ) -> Result<Connection, ConnectionError> {
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

    fn require_secret_list(&self, row: &ConnectionRow, field: &str) -> Result<(), ConnectionError> {
        let factory = self.inner.registry.get(&row.provider)?;
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
        let violations = in_settings(Violations::one(violation));
        Err(ConnectionError::Invalid(violations))
    }
}
