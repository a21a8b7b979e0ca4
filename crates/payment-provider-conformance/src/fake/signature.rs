//! Signatures: HMAC-SHA256 over a prefix for the purpose, the time, and the content. The prefix
//! prevents the use of a signature for another purpose.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_core::{MatchedSecret, SecretLabel, SignatureCheck};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

pub(super) const SIGNATURE_HEADER: &str = "x-fake-signature";
pub(super) const TIMESTAMP_HEADER: &str = "x-fake-timestamp";

/// The purpose of a signature.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Delivery,
    Return,
}

impl Purpose {
    const fn prefix(self) -> &'static [u8] {
        match self {
            Self::Delivery => b"delivery",
            Self::Return => b"return",
        }
    }
}

/// Returns the signature of the content in hexadecimal. The time consists of digits or is empty, so
/// the boundaries of the signed parts are unambiguous.
pub(super) fn sign(secret: &SecretString, purpose: Purpose, time: &str, content: &[u8]) -> String {
    HEXLOWER.encode(&mac_of(&keyed(secret), purpose, time, content))
}

fn keyed(secret: &SecretString) -> Hmac<Sha256> {
    let secret = secret.expose_secret().as_bytes();
    Hmac::new_from_slice(secret).expect("HMAC accepts keys of any length")
}

fn mac_of(keyed: &Hmac<Sha256>, purpose: Purpose, time: &str, content: &[u8]) -> [u8; 32] {
    let mut mac = keyed.clone();
    for part in [purpose.prefix(), b":", time.as_bytes(), b":", content] {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The keys of all secrets of a connection.
pub(super) struct Keyring {
    keys: Vec<(SecretLabel, Hmac<Sha256>)>,
}

impl Keyring {
    pub(super) fn new(secrets: &[SecretString]) -> Self {
        let keys = secrets.iter().map(|secret| {
            let keyed = keyed(secret);
            let digest = keyed.clone().chain_update(b"label").finalize().into_bytes();
            (SecretLabel::new(HEXLOWER.encode(&digest[..4])), keyed)
        });
        Self {
            keys: keys.collect(),
        }
    }

    /// Returns the secret that made this signature.
    pub(super) fn matching(
        &self,
        signature: &str,
        purpose: Purpose,
        time: &str,
        content: &[u8],
    ) -> Option<MatchedSecret> {
        let claimed = HEXLOWER.decode(signature.as_bytes()).ok()?;
        let mut check = SignatureCheck::new(&claimed);
        for (label, keyed) in &self.keys {
            check.compare(label, &mac_of(keyed, purpose, time, content));
        }
        check.finish()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.keys.iter().map(|(label, _)| label))
            .finish()
    }
}
