//! The key that seals secrets at rest, and the token of the API.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use axum_extra::extract::cookie::Key;
use payment_provider_host::{KeyFileError, SealingKeys};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

const LONGEST_TOKEN: usize = 512;

/// The sealing keys of a database: `<database>.key` unless another file is named, the current key in
/// its first line and former ones after it. Made with one key, readable by its owner only, if there is
/// none. `None` where no file is named and there is no database file.
pub(crate) fn sealing_keys(
    key_file: Option<&Path>,
    database: Option<&Path>,
) -> Option<Result<SealingKeys, KeyFileError>> {
    let path = self::key_file(key_file, database)?;
    Some(SealingKeys::from_file_or_new(&path))
}

/// Where the sealing key of a database is: `<database>.key` unless another file is named.
pub(crate) fn key_file(named: Option<&Path>, database: Option<&Path>) -> Option<PathBuf> {
    let beside = |database: &Path| {
        let mut name = OsString::from(database);
        name.push(".key");
        PathBuf::from(name)
    };
    named
        .map(Path::to_path_buf)
        .or_else(|| database.map(beside))
}

/// The token that clients of the API present. Only its digest is kept.
#[derive(Clone, Copy)]
pub(crate) struct ApiKey {
    digest: [u8; 32],
}

impl ApiKey {
    /// Takes a token that can stand in a header; `None` for any other text.
    pub(crate) fn new(token: &SecretString) -> Option<Self> {
        let token = token.expose_secret();
        let fits = (1..=LONGEST_TOKEN).contains(&token.len())
            && token.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self {
            digest: Sha256::digest(token).into(),
        })
    }

    /// A token that nobody can guess.
    pub(crate) fn random_token() -> SecretString {
        let random = [Uuid::new_v4(), Uuid::new_v4()].map(|id| id.simple().to_string());
        SecretString::from(format!("bh_{}", random.concat()))
    }

    /// Signs the sessions of those who presented the token; under another token it is another key.
    /// The salt is nobody's but this application's, so that a signature gives no way to guess the
    /// token.
    pub(crate) fn session_key(&self, salt: &[u8]) -> Key {
        Key::derive_from(&Sha256::digest([&self.digest[..], salt].concat()))
    }

    /// Whether this is the token; takes the same time for every wrong one.
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
    fn only_the_token_itself_is_accepted() {
        let token = ApiKey::random_token();
        let key = ApiKey::new(&token).unwrap();
        let text = token.expose_secret().as_bytes();
        assert!(key.accepts(text));
        for wrong in [&text[1..], &text[..text.len() - 1], b"", b"bh_"] {
            assert!(!key.accepts(wrong));
        }
    }

    #[test]
    fn a_token_that_is_no_header_value_is_refused() {
        for bad in [
            "",
            "two words",
            "line\n",
            "zwölf",
            &"x".repeat(LONGEST_TOKEN + 1),
        ] {
            assert!(ApiKey::new(&SecretString::from(bad)).is_none(), "{bad:?}");
        }
        assert!(ApiKey::new(&SecretString::from("0123456789abcdef")).is_some());
    }

    #[test]
    fn two_random_tokens_differ() {
        let (one, two) = (ApiKey::random_token(), ApiKey::random_token());
        assert_ne!(one.expose_secret(), two.expose_secret());
    }
}
