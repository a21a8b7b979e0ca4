//! The secrets of a connection as keys of HMAC-SHA256, which Razorpay signs with in hexadecimal:
//! deliveries with a webhook's own secret, the payer's way back with the secret of the API key.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_core::{MatchedSecret, SecretLabel, SignatureCheck};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The keys of all secrets of one kind, prepared once.
pub(crate) struct Keyring {
    keys: Vec<Key>,
}

struct Key {
    mac: Hmac<Sha256>,
    label: SecretLabel,
}

impl Keyring {
    /// Keys of these secrets; `what` they are sets their labels apart from those of others.
    pub(crate) fn new(what: &'static str, secrets: &[SecretString]) -> Self {
        Self {
            // A key of any length is accepted, so that none is ever left out here.
            keys: secrets
                .iter()
                .filter_map(|secret| Key::new(what, secret))
                .collect(),
        }
    }

    /// The secret under which `signature`, 64 hexadecimal digits in lower case, is that of the
    /// message; `None` for every kind of mismatch.
    pub(crate) fn signed_by(&self, signature: &str, message: &[u8]) -> Option<MatchedSecret> {
        let claimed: [u8; 32] = HEXLOWER
            .decode(signature.as_bytes())
            .ok()?
            .try_into()
            .ok()?;
        let mut check = SignatureCheck::new(&claimed);
        for key in &self.keys {
            let expected = key.mac.clone().chain_update(message).finalize();
            check.compare(&key.label, &expected.into_bytes());
        }
        check.finish()
    }
}

impl Key {
    fn new(what: &'static str, secret: &SecretString) -> Option<Self> {
        let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
        let text = format!("provider-razorpay: label of a {what}");
        let digest = mac.clone().chain_update(text).finalize().into_bytes();
        let label = HEXLOWER.encode(digest.get(..4)?);
        Some(Self {
            mac,
            label: SecretLabel::new(label),
        })
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.keys.iter().map(|key| &key.label);
        f.debug_list().entries(labels).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(secrets: &[&str]) -> Keyring {
        let secrets: Vec<_> = secrets.iter().copied().map(SecretString::from).collect();
        Keyring::new("test", &secrets)
    }

    fn sign(secret: &str, message: &[u8]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        HEXLOWER.encode(&mac.chain_update(message).finalize().into_bytes())
    }

    #[test]
    fn labels_tell_secrets_apart_and_give_nothing_away() {
        let label = |what, secret: &str| {
            let keyring = Keyring::new(what, &[SecretString::from(secret)]);
            keyring.keys[0].label.clone()
        };
        assert_eq!(label("a", "canary"), label("a", "canary"));
        assert_ne!(label("a", "canary"), label("a", "canary2"));
        assert_ne!(label("a", "canary"), label("b", "canary"));
        assert_eq!(label("a", "canary").as_str().len(), 8);
        assert!(!format!("{:?}", keyring(&["canary"])).contains("canary"));
    }

    #[test]
    fn the_first_matching_secret_is_named_wherever_it_stands() {
        let keys = keyring(&["a", "b", "b", "c"]);
        for (secret, position) in [("a", 0), ("b", 1), ("c", 3)] {
            let signature = sign(secret, b"12");
            let found = keys.signed_by(&signature, b"12").unwrap();
            assert_eq!(found.label(), &keys.keys[position].label);
            assert_eq!(keys.signed_by(&signature, b"13"), None);
        }
        assert_eq!(keyring(&[]).signed_by(&sign("a", b""), b""), None);
    }

    #[test]
    fn a_signature_has_one_form() {
        let keys = keyring(&["a"]);
        let good = sign("a", b"12");
        assert!(keys.signed_by(&good, b"12").is_some());
        for odd in [
            String::new(),
            good.to_uppercase(),
            format!(" {good}"),
            format!("{good}00"),
            format!("sha256={good}"),
            good[..62].to_owned(),
        ] {
            assert_eq!(keys.signed_by(&odd, b"12"), None, "{odd}");
        }
    }
}
