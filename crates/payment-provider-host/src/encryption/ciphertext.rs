use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead, Generate, Payload};
use data_encoding::BASE64;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{EncryptError, EncryptionKeys, KeyId, Place};
use crate::error::{Error, ErrorKind};

/// The format. The first one did not authenticate the binding of the secrets.
const VERSION: u8 = 2;

/// A secret at rest, encrypted by XChaCha20-Poly1305 under a named key, with a random nonce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names of the stored fields")]
pub struct Ciphertext {
    version: u8,
    key: KeyId,
    nonce: String,
    ciphertext: String,
}

impl Ciphertext {
    pub(crate) fn encrypt(
        text: &SecretString,
        place: Place<'_>,
        keys: &EncryptionKeys,
    ) -> Result<Self, EncryptError> {
        let key = keys.encrypting()?;
        let nonce = XNonce::generate();
        let aad = place.associated_data(VERSION);
        let payload = Payload {
            msg: text.expose_secret().as_bytes(),
            aad: &aad,
        };
        let ciphertext = key
            .cipher()
            .encrypt(&nonce, payload)
            .map_err(|_| EncryptError::TooLong)?;
        Ok(Self {
            version: VERSION,
            key: key.id().clone(),
            nonce: BASE64.encode(&nonce),
            ciphertext: BASE64.encode(&ciphertext),
        })
    }

    /// Returns the id of the key that encrypted it.
    pub(crate) const fn key(&self) -> &KeyId {
        &self.key
    }

    pub(crate) fn decrypt(
        &self,
        place: Place<'_>,
        keys: &EncryptionKeys,
    ) -> Result<SecretString, DecryptError> {
        if self.version != VERSION {
            return Err(DecryptError::UnknownVersion);
        }
        let key = keys.find(&self.key).ok_or(DecryptError::UnknownKey)?;
        let decode = |text: &str| BASE64.decode(text.as_bytes());
        let nonce = decode(&self.nonce).map_err(|_| DecryptError::WrongKeyOrAltered)?;
        let nonce = XNonce::try_from(&*nonce).map_err(|_| DecryptError::WrongKeyOrAltered)?;
        let ciphertext = decode(&self.ciphertext).map_err(|_| DecryptError::WrongKeyOrAltered)?;
        let aad = place.associated_data(self.version);
        let payload = Payload {
            msg: &ciphertext,
            aad: &aad,
        };
        let decrypted = key.cipher().decrypt(&nonce, payload);
        let decrypted = Zeroizing::new(decrypted.map_err(|_| DecryptError::WrongKeyOrAltered)?);
        let text = std::str::from_utf8(&decrypted).map_err(|_| DecryptError::WrongKeyOrAltered)?;
        Ok(SecretString::from(text))
    }
}

/// The reason for which a secret cannot be decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// It was encrypted in a format that this version does not know.
    #[error("secret was encrypted in a format that this version does not know")]
    UnknownVersion,
    /// It names a key that is not among the keys of the host.
    #[error("secret was encrypted with a key that the host does not have")]
    UnknownKey,
    /// It was altered, or a setting that it is bound to was, such as the gateway's address; or it
    /// belongs to another setting, or was encrypted with another key of the same id.
    #[error(
        "secret was encrypted for another setting or connection, or for other values of the settings \
         that it is bound to; enter all secrets of the connection again"
    )]
    WrongKeyOrAltered,
    /// The provider of the connection is not registered, so that the settings that its secrets are
    /// bound to are not known.
    #[error("the provider of the connection is not registered")]
    UnknownProvider,
}

impl From<DecryptError> for Error {
    fn from(error: DecryptError) -> Self {
        Self::with_source(ErrorKind::Encryption, error)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use payment_provider_core::{
        ConnectionCode, ConnectionSettings, Environment, OrganizationId, ProviderId, SecretBinding,
        SettingField, SettingKind, SettingsSchema,
    };

    use super::super::EncryptionKey;
    use super::*;

    fn key(byte: u8) -> EncryptionKey {
        EncryptionKey::from_text(&SecretString::from(BASE64.encode(&[byte; 32]))).unwrap()
    }

    struct Owned(
        OrganizationId,
        ProviderId,
        ConnectionCode,
        Environment,
        &'static str,
    );

    fn owned() -> Owned {
        Owned(
            OrganizationId::new("org").unwrap(),
            ProviderId::new("examplepay").unwrap(),
            ConnectionCode::new("main").unwrap(),
            Environment::Sandbox,
            "client_secret",
        )
    }

    fn place(Owned(organization, provider, connection, environment, field): &Owned) -> Place<'_> {
        Place {
            organization,
            provider,
            connection,
            environment: *environment,
            field,
            binding: &BINDING,
        }
    }

    static BINDING: LazyLock<SecretBinding> = LazyLock::new(|| binding("https://gateway.example"));

    fn binding(url: &str) -> SecretBinding {
        let address = SettingField::new("base_url", "Address", SettingKind::Url).binds_secrets();
        SettingsSchema::new([address])
            .secret_binding(&ConnectionSettings::new().with("base_url", url))
    }

    #[test]
    fn a_secret_decrypts_only_for_the_address_it_was_encrypted_for() {
        let keys = EncryptionKeys::new(key(1));
        let home = owned();
        let encrypted = Ciphertext::encrypt(&"canary".into(), place(&home), &keys).unwrap();
        let decrypt = |binding: &SecretBinding| {
            let place = Place {
                binding,
                ..place(&home)
            };
            encrypted.decrypt(place, &keys).map(drop)
        };
        assert_eq!(decrypt(&binding("https://GATEWAY.example:443/")), Ok(()));
        for other in [binding("https://evil.example"), SecretBinding::default()] {
            assert_eq!(decrypt(&other), Err(DecryptError::WrongKeyOrAltered));
        }
    }

    #[test]
    fn a_secret_decrypts_only_in_the_place_it_was_encrypted_for() {
        let keys = EncryptionKeys::new(key(1));
        let home = owned();
        let encrypted = Ciphertext::encrypt(&"canary".into(), place(&home), &keys).unwrap();
        assert_eq!(
            encrypted
                .decrypt(place(&home), &keys)
                .unwrap()
                .expose_secret(),
            "canary"
        );
        assert!(
            !serde_json::to_string(&encrypted)
                .unwrap()
                .contains("canary")
        );

        let elsewhere = [
            Owned {
                0: OrganizationId::new("other").unwrap(),
                ..owned()
            },
            Owned {
                1: ProviderId::new("other").unwrap(),
                ..owned()
            },
            Owned {
                2: ConnectionCode::new("other").unwrap(),
                ..owned()
            },
            Owned {
                3: Environment::Production,
                ..owned()
            },
            Owned {
                4: "client_id",
                ..owned()
            },
        ];
        for other in &elsewhere {
            assert_eq!(
                encrypted.decrypt(place(other), &keys).unwrap_err(),
                DecryptError::WrongKeyOrAltered,
                "{:?}",
                place(other)
            );
        }
    }

    #[test]
    fn an_older_key_still_decrypts_and_an_unknown_key_is_reported_as_unknown() {
        let home = owned();
        let encrypted =
            Ciphertext::encrypt(&"s".into(), place(&home), &EncryptionKeys::new(key(1))).unwrap();
        let rotated = EncryptionKeys::with_older(key(2), [key(1)]);
        assert!(encrypted.decrypt(place(&home), &rotated).is_ok());
        let lost = EncryptionKeys::new(key(2));
        assert_eq!(
            encrypted.decrypt(place(&home), &lost).unwrap_err(),
            DecryptError::UnknownKey
        );
    }

    #[test]
    fn parts_of_a_place_cannot_run_into_each_other() {
        let one = Owned(
            OrganizationId::new("ab").unwrap(),
            ProviderId::new("c").unwrap(),
            ConnectionCode::new("d").unwrap(),
            Environment::Sandbox,
            "e",
        );
        let two = Owned(
            OrganizationId::new("a").unwrap(),
            ProviderId::new("bc").unwrap(),
            ConnectionCode::new("d").unwrap(),
            Environment::Sandbox,
            "e",
        );
        assert_ne!(
            place(&one).associated_data(1),
            place(&two).associated_data(1)
        );
    }
}
