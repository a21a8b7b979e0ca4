//! The token that API clients present.

use std::fmt;

use axum_extra::extract::cookie::Key;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Longest accepted token, in bytes.
const MAX_TOKEN_BYTES: usize = 512;

/// The token that API clients present. Only its SHA-256 digest is kept.
#[derive(Clone, Copy)]
pub(crate) struct ApiKey {
    digest: [u8; 32],
}

impl ApiKey {
    /// Creates a key from a token. Returns `None` unless the token is 1 to 512 visible ASCII characters,
    /// so that it fits into a header.
    pub(crate) fn new(token: &SecretString) -> Option<Self> {
        let token = token.expose_secret();
        let fits = (1..=MAX_TOKEN_BYTES).contains(&token.len())
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

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_token_is_accepted() {
        let token = ApiKey::random_token();
        let key = ApiKey::new(&token).unwrap();
        let text = token.expose_secret().as_bytes();
        assert!(key.accepts(text));
        for wrong in [&text[1..], &text[..text.len() - 1], b"", b"bh_"] {
            assert!(!key.accepts(wrong));
        }
    }

    #[test]
    fn a_token_that_does_not_fit_in_a_header_is_refused() {
        for bad in [
            "",
            "two words",
            "line\n",
            "zwölf",
            &"x".repeat(MAX_TOKEN_BYTES + 1),
        ] {
            assert!(ApiKey::new(&SecretString::from(bad)).is_none(), "{bad:?}");
        }
        assert!(ApiKey::new(&SecretString::from("0123456789abcdef")).is_some());
    }

    #[test]
    fn random_tokens_differ() {
        let (one, two) = (ApiKey::random_token(), ApiKey::random_token());
        assert_ne!(one.expose_secret(), two.expose_secret());
    }
}
