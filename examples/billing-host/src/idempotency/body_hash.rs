//! Keyed hashes of requests.
//!
//! A body holds names, addresses and amounts, which can be guessed. A plain hash would confirm a guess to anyone
//! who reads the database, so the hash is an HMAC-SHA256 under a key from the key file.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Separates these keys from other uses of the key file.
const PURPOSE: &[u8] = b"billing-host: bodies of requests with an idempotency key";

/// Keys derived from the lines of the key file. The first one hashes; a hash under any of them is recognized, so
/// that the encryption key can be replaced while requests are repeated.
#[derive(Clone)]
pub(crate) struct BodyHashKeys(Arc<[Hmac<Sha256>]>);

impl fmt::Debug for BodyHashKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyHashKeys").finish_non_exhaustive()
    }
}

impl BodyHashKeys {
    /// Derives the keys from a key file that the payment runtime has accepted.
    pub(crate) fn from_file(path: &Path) -> io::Result<Self> {
        Self::from_text(&std::fs::read_to_string(path)?.into()).ok_or_else(|| {
            let message = "the file holds no key";
            io::Error::new(io::ErrorKind::InvalidData, message)
        })
    }

    /// Derives the keys from the text of a key file: one key a line, in base64. Empty lines and lines that begin
    /// with `#` are ignored. Returns `None` if there is no key, or a line that is none.
    fn from_text(text: &SecretString) -> Option<Self> {
        let lines = text.expose_secret().lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let derived: Option<Vec<_>> = lines
            .map(|line| {
                let key = SecretString::from(line.to_owned());
                let bytes = BASE64.decode(key.expose_secret().as_bytes()).ok()?;
                let mut derivation = keyed(&bytes);
                derivation.update(PURPOSE);
                Some(keyed(&derivation.finalize().into_bytes()))
            })
            .collect();
        let derived = derived.filter(|keys| !keys.is_empty())?;
        Some(Self(derived.into()))
    }

    /// Returns the hash of a body. `scope` is what the body belongs to: equal bodies of two scopes have different
    /// hashes.
    pub(super) fn hash(&self, scope: &[&str], body: &[u8]) -> Vec<u8> {
        let hash = self.0.first().map(|key| fed(key, scope, body));
        hash.map_or_else(Vec::new, |hash| hash.finalize().into_bytes().to_vec())
    }

    /// Returns true if a stored hash is the one of this body, under any of the keys. Compares in constant time.
    pub(super) fn is_hash_of(&self, stored: &[u8], scope: &[&str], body: &[u8]) -> bool {
        let mut keys = self.0.iter();
        keys.any(|key| fed(key, scope, body).verify_slice(stored).is_ok())
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key)
        .unwrap_or_else(|_| unreachable!("HMAC accepts keys of any length"))
}

/// Returns a hash that was fed the parts, each with its length before it, so that no two lists of parts are fed
/// the same bytes.
fn fed(key: &Hmac<Sha256>, scope: &[&str], body: &[u8]) -> Hmac<Sha256> {
    let mut hash = key.clone();
    let parts = scope.iter().map(|part| part.as_bytes()).chain([body]);
    for part in parts {
        hash.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash
}

#[cfg(test)]
mod tests {
    use sha2::Digest;

    use super::*;

    fn keys(bytes: &[u8]) -> BodyHashKeys {
        let lines: Vec<_> = bytes.iter().map(|it| BASE64.encode(&[*it; 32])).collect();
        BodyHashKeys::from_text(&format!("# keys\n\n{}\n", lines.join("\n")).into()).unwrap()
    }

    #[test]
    fn a_hash_needs_the_key_file() {
        let body = br#"{"email":"asha@example.com"}"#;
        let stored = keys(&[1]).hash(&["acme"], body);
        assert_eq!(stored.len(), 32);
        assert_ne!(stored, Sha256::digest(body).to_vec());
        assert!(keys(&[1]).is_hash_of(&stored, &["acme"], body));
        assert!(!keys(&[2]).is_hash_of(&stored, &["acme"], body));
        assert!(!keys(&[1]).is_hash_of(&stored, &["acme"], b"{}"));
        assert!(!keys(&[1]).is_hash_of(&stored, &["other"], body));
        assert_ne!(
            keys(&[1]).hash(&["a", "bc"], body),
            keys(&[1]).hash(&["ab", "c"], body)
        );
    }

    #[test]
    fn a_hash_is_recognized_after_the_encryption_key_was_replaced() {
        let stored = keys(&[1]).hash(&[], b"body");
        assert!(keys(&[2, 1]).is_hash_of(&stored, &[], b"body"));
        assert_ne!(keys(&[2, 1]).hash(&[], b"body"), stored);
        // A process that was not restarted yet has both keys in the other order.
        let stored = keys(&[2, 1]).hash(&[], b"body");
        assert!(keys(&[1, 2]).is_hash_of(&stored, &[], b"body"));
    }

    #[test]
    fn a_text_without_keys_is_refused_and_no_key_is_printed() {
        for text in ["", "# none\n", "not base64!"] {
            assert!(BodyHashKeys::from_text(&text.into()).is_none(), "{text}");
        }
        assert!(!format!("{:?}", keys(&[1])).contains('1'));
    }
}
