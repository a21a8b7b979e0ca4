//! Who signed a delivery. The signature is
//! `base64(HMAC-SHA256(client secret, timestamp header ++ raw body))`:
//! <https://www.cashfree.com/docs/payments/online/webhooks/signature-verification>.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_core::{MatchedSecret, SecretLabel, SignatureCheck, WebhookRequest};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Header names for signature and time stamp. The second pair is in no documentation, but seen in
/// use; the names of one pair are never combined with those of the other.
const HEADERS: [(&str, &str); 2] = [
    ("x-webhook-signature", "x-webhook-timestamp"),
    ("x-cashfree-signature", "x-cashfree-timestamp"),
];

const LABEL_TEXT: &[u8] = b"provider-cashfree: label of a client secret";

/// The keys of all secrets of a connection, prepared once.
pub(crate) struct Keyring {
    keys: Vec<Key>,
}

struct Key {
    mac: Hmac<Sha256>,
    label: SecretLabel,
}

/// A delivery that one of the secrets signed.
pub(super) struct Signed<'a> {
    pub(super) secret: MatchedSecret,
    pub(super) timestamp: &'a str,
}

impl Keyring {
    pub(crate) fn new(secrets: &[SecretString]) -> Self {
        Self {
            // A key of any length is accepted, so that none is ever left out here.
            keys: secrets.iter().filter_map(Key::new).collect(),
        }
    }

    /// The secret under which `signature` is that of `parts`.
    fn matching(&self, parts: [&[u8]; 2], signature: &[u8; 32]) -> Option<MatchedSecret> {
        let mut check = SignatureCheck::new(signature);
        for key in &self.keys {
            let mut mac = key.mac.clone();
            for part in parts {
                mac.update(part);
            }
            check.compare(&key.label, &mac.finalize().into_bytes());
        }
        check.finish()
    }
}

impl Key {
    fn new(secret: &SecretString) -> Option<Self> {
        let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
        let digest = mac.clone().chain_update(LABEL_TEXT).finalize().into_bytes();
        let label = data_encoding::HEXLOWER.encode(digest.get(..4)?);
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

/// Which secret signed the delivery; `None` for every kind of mismatch.
pub(super) fn signed_by<'a>(
    request: &'a WebhookRequest,
    keyring: &'a Keyring,
) -> Option<Signed<'a>> {
    let (signature, timestamp) = HEADERS.iter().find_map(|(signature, timestamp)| {
        Some((request.header(signature)?, request.header(timestamp)?))
    })?;
    let signature = STANDARD.decode(signature).ok()?.try_into().ok()?;
    let secret = keyring.matching([timestamp.as_bytes(), &request.body], &signature)?;
    Some(Signed { secret, timestamp })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_tell_secrets_apart_and_give_nothing_away() {
        let label = |secret: &str| {
            let keyring = Keyring::new(&[SecretString::from(secret)]);
            keyring.keys[0].label.clone()
        };
        assert_eq!(label("canary"), label("canary"));
        assert_ne!(label("canary"), label("canary2"));
        assert_eq!(label("canary").as_str().len(), 8);
        let keyring = Keyring::new(&[SecretString::from("canary")]);
        assert!(!format!("{keyring:?}").contains("canary"));
    }

    #[test]
    fn the_first_matching_secret_is_named_wherever_it_stands() {
        let secrets = ["a", "b", "b", "c"].map(SecretString::from);
        let keyring = Keyring::new(&secrets);
        for (secret, position) in [("a", 0), ("b", 1), ("c", 3)] {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
            mac.update(b"12");
            let signature: [u8; 32] = mac.finalize().into_bytes().into();
            let found = keyring.matching([b"1", b"2"], &signature).unwrap();
            assert_eq!(found.label(), &keyring.keys[position].label);
            assert_eq!(keyring.matching([b"1", b"3"], &signature), None);
        }
        assert_eq!(Keyring::new(&[]).matching([b"", b""], &[0; 32]), None);
    }
}
