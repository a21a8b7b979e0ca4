//! The text of a key: `bhk_`, the id of its row, and a secret.

use std::fmt;

use secrecy::SecretString;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

const PREFIX: &str = "bhk_";
const ID_CHARS: usize = 32;
const SECRET_CHARS: usize = 64;

/// The id and the hash of a key. The secret itself is not kept.
///
/// The hash is a plain SHA-256. The slow hashes for passwords protect texts that people choose. A key is 244
/// random bits, which cannot be tried out however fast the hash is, and it is hashed at every request.
pub(crate) struct KeyText {
    id: String,
    hash: [u8; 32],
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyText")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl KeyText {
    /// Generates a key. Returns its text, which is shown once, and what is stored.
    pub(crate) fn generate() -> (SecretString, Self) {
        let id = Uuid::now_v7().simple().to_string();
        let secret = [Uuid::new_v4(), Uuid::new_v4()].map(|it| it.simple().to_string());
        let text = format!("{PREFIX}{id}_{}", secret.concat());
        let hash = Sha256::digest(&text).into();
        (SecretString::from(text), Self { id, hash })
    }

    /// Parses a key. Returns `None` if it does not have the form of a generated one.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let is_hex = |text: &str, chars| {
            let hex = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            text.len() == chars && text.bytes().all(hex)
        };
        let text = str::from_utf8(text).ok()?;
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        (is_hex(id, ID_CHARS) && is_hex(secret, SECRET_CHARS)).then(|| Self {
            id: id.to_owned(),
            hash: Sha256::digest(text).into(),
        })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(super) const fn hash(&self) -> &[u8] {
        &self.hash
    }

    /// Returns true if this is the key with a stored hash. Compares in constant time.
    pub(super) fn has_hash(&self, stored: &[u8]) -> bool {
        self.hash.ct_eq(stored).into()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_generated_key_is_long_and_matches_its_own_hash_only() {
        let (text, stored) = KeyText::generate();
        let (other, _) = KeyText::generate();
        assert!(text.expose_secret().len() >= crate::access::MIN_TOKEN_BYTES);
        let key = KeyText::parse(text.expose_secret().as_bytes()).unwrap();
        assert_eq!(key.id(), stored.id());
        assert!(key.has_hash(stored.hash()));
        let other = KeyText::parse(other.expose_secret().as_bytes()).unwrap();
        assert!(!other.has_hash(stored.hash()));
        assert!(!key.has_hash(b""));
        assert!(!format!("{stored:?}").contains("hash"));
    }

    #[test]
    fn texts_of_another_form_are_no_keys() {
        let (text, _) = KeyText::generate();
        let text = text.expose_secret();
        for wrong in [
            "",
            "bhk_",
            "bhk__",
            &text[1..],
            &text[..text.len() - 1],
            &text.to_uppercase(),
            &format!("{text}0"),
            &text.replacen("bhk_", "bh_", 1),
        ] {
            assert!(KeyText::parse(wrong.as_bytes()).is_none(), "{wrong}");
        }
        assert!(KeyText::parse(b"bhk_\xff").is_none());
    }
}
