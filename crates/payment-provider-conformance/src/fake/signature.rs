//! HMAC-SHA256 over what is signed, with a word in front that says what it is, so that no signature
//! of one kind can be used for the other.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_core::{MatchedSecret, SecretLabel, SignatureCheck};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// What a signature is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Delivery,
    Return,
}

impl Purpose {
    const fn word(self) -> &'static [u8] {
        match self {
            Self::Delivery => b"delivery",
            Self::Return => b"return",
        }
    }
}

/// The signature of this content, as it is sent. The time is digits alone, or nothing: what is
/// signed can only be taken apart in one way.
pub(super) fn sign(secret: &SecretString, purpose: Purpose, time: &str, content: &[u8]) -> String {
    HEXLOWER.encode(&mac_of(&keyed(secret), purpose, time, content))
}

fn keyed(secret: &SecretString) -> Hmac<Sha256> {
    let secret = secret.expose_secret().as_bytes();
    Hmac::new_from_slice(secret).expect("HMAC takes keys of any length")
}

fn mac_of(keyed: &Hmac<Sha256>, purpose: Purpose, time: &str, content: &[u8]) -> [u8; 32] {
    let mut mac = keyed.clone();
    for part in [purpose.word(), b":", time.as_bytes(), b":", content] {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// All secrets of a connection, ready to verify with.
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

    /// The secret that made this signature, if one did.
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
