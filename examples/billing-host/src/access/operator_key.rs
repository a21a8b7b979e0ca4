//! The key of the operator, which reaches all organizations.

use std::fmt;

use axum_extra::extract::cookie::Key;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Shortest accepted token, in bytes.
pub(crate) const MIN_TOKEN_BYTES: usize = 24;
/// Longest accepted token, in bytes.
const MAX_TOKEN_BYTES: usize = 512;

/// The token of the operator. Only its SHA-256 digest is kept.
#[derive(Clone, Copy)]
pub(crate) struct OperatorKey {
    digest: [u8; 32],
}

impl OperatorKey {
    /// Creates a key from a token. Returns `None` unless the token is 24 to 512 visible ASCII characters:
    /// a shorter one can be guessed, and others do not fit into a header.
    pub(crate) fn new(token: &SecretString) -> Option<Self> {
        let token = token.expose_secret();
        let fits = (MIN_TOKEN_BYTES..=MAX_TOKEN_BYTES).contains(&token.len())
            && token.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self {
            digest: Sha256::digest(token).into(),
        })
    }

    /// Generates a random token from 244 random bits.
    pub(crate) fn random_token() -> SecretString {
        let random = [Uuid::new_v4(), Uuid::new_v4()].map(|id| id.simple().to_string());
        SecretString::from(format!("bh_{}", random.concat()))
    }

    /// Derives the key that signs session cookies. Another token derives another key, so changing the
    /// token ends all sessions. The salt is private to this installation, so a cookie does not help to
    /// guess the token.
    pub(crate) fn session_key(&self, salt: &[u8]) -> Key {
        Key::derive_from(&Sha256::digest([&self.digest[..], salt].concat()))
    }

    /// Returns true if `candidate` is the token. Compares in constant time.
    pub(crate) fn accepts(&self, candidate: &[u8]) -> bool {
        let candidate: [u8; 32] = Sha256::digest(candidate).into();
        self.digest.ct_eq(&candidate).into()
    }
}

impl fmt::Debug for OperatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperatorKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_token_is_accepted() {
        let token = OperatorKey::random_token();
        let key = OperatorKey::new(&token).unwrap();
        let text = token.expose_secret().as_bytes();
        assert!(key.accepts(text));
        for wrong in [&text[1..], &text[..text.len() - 1], b"", b"bh_"] {
            assert!(!key.accepts(wrong));
        }
    }

    #[test]
    fn a_token_that_is_short_or_does_not_fit_in_a_header_is_refused() {
        for bad in [
            "",
            "x",
            &"x".repeat(MIN_TOKEN_BYTES - 1),
            "two words of at least twenty-four",
            "a-line-of-at-least-twenty-four\n",
            "zwölf-oder-mehr-Zeichen-mit-Umlaut",
            &"x".repeat(MAX_TOKEN_BYTES + 1),
        ] {
            assert!(
                OperatorKey::new(&SecretString::from(bad)).is_none(),
                "{bad:?}"
            );
        }
        assert!(OperatorKey::new(&SecretString::from("0123456789abcdef01234567")).is_some());
    }

    #[test]
    fn random_tokens_differ() {
        let (one, two) = (OperatorKey::random_token(), OperatorKey::random_token());
        assert_ne!(one.expose_secret(), two.expose_secret());
    }
}
