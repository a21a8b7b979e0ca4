use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::{EncryptionKey, KeyFileError, KeyId};

/// The key that seals from now on, and former keys that still open what they sealed.
///
/// To replace the current key: give every process the new one as a further key, behind the current
/// one; then, in every process, put it first; then call
/// [`Host::rotate_encryption_key`](crate::Host::rotate_encryption_key); then take the former one away. With
/// one process the first step can be left out.
#[derive(Debug, Clone)]
pub struct EncryptionKeys {
    current: Arc<EncryptionKey>,
    former: Arc<[EncryptionKey]>,
}

impl EncryptionKeys {
    /// One key for everything.
    pub fn new(current: EncryptionKey) -> Self {
        Self::with_older(current, [])
    }

    /// A new current key beside the ones it replaces.
    pub fn with_older(
        current: EncryptionKey,
        older: impl IntoIterator<Item = EncryptionKey>,
    ) -> Self {
        Self {
            current: Arc::new(current),
            former: older.into_iter().collect(),
        }
    }

    /// Reads keys from their text form: one a line, the current one first, then former ones. Empty
    /// lines, and lines that begin with `#`, are for people.
    ///
    /// # Errors
    /// There is no key in it, or a line is none.
    pub fn from_text(text: &SecretString) -> Result<Self, KeyFileError> {
        Self::decode(text.expose_secret())
    }

    /// Reads a file of keys, as [`from_text`](Self::from_text) does, or makes one with a fresh key as
    /// [`EncryptionKey::from_file_or_new`] does.
    ///
    /// # Errors
    /// The file cannot be read or made, holds no key or something else, or, on Unix, is open to others
    /// than its owner.
    pub fn from_file_or_new(path: &Path) -> Result<Self, KeyFileError> {
        EncryptionKey::ensure_file(path)?;
        Self::from_file(path)
    }

    /// Reads a file of keys.
    ///
    /// # Errors
    /// As for [`from_file_or_new`](Self::from_file_or_new).
    pub fn from_file(path: &Path) -> Result<Self, KeyFileError> {
        Self::decode(&EncryptionKey::read_file(path)?)
    }

    fn decode(text: &str) -> Result<Self, KeyFileError> {
        let lines = text.lines().map(str::trim);
        let mut keys = lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(EncryptionKey::decode);
        let current = keys.next().ok_or(KeyFileError::Malformed)??;
        let former: Result<Vec<_>, _> = keys.collect();
        Ok(Self::with_older(current, former?))
    }

    /// The name of the key that seals.
    pub fn current_id(&self) -> &KeyId {
        self.current.id()
    }

    pub(super) fn current(&self) -> &EncryptionKey {
        &self.current
    }

    pub(super) fn find(&self, id: &KeyId) -> Option<&EncryptionKey> {
        let mut keys = std::iter::once(&*self.current).chain(self.former.iter());
        keys.find(|key| key.id() == id)
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;

    fn text(byte: u8) -> String {
        BASE64.encode(&[byte; 32])
    }

    #[test]
    fn the_first_line_seals_and_the_others_open() {
        let keys = format!("# since March\n{}\n\n  {}\r\n{}", text(2), text(1), text(0));
        let keys = EncryptionKeys::from_text(&keys.into()).unwrap();
        let id = |byte| {
            let key = EncryptionKey::from_text(&text(byte).into()).unwrap();
            key.id().clone()
        };
        assert_eq!(*keys.current_id(), id(2));
        for byte in [0, 1, 2] {
            assert_eq!(keys.find(&id(byte)).map(EncryptionKey::id), Some(&id(byte)));
        }
        assert!(keys.find(&id(3)).is_none());
    }

    #[test]
    fn a_line_that_is_no_key_is_refused_and_not_repeated() {
        for bad in ["", "# none\n", "canary", &format!("{}\ncanary", text(1))] {
            let error = EncryptionKeys::from_text(&bad.into()).unwrap_err();
            assert!(matches!(error, KeyFileError::Malformed), "{error}");
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
    }

    #[test]
    fn a_file_may_hold_many_keys_but_none_is_overlooked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sealing.key");
        let made = EncryptionKeys::from_file_or_new(&path).unwrap();
        let one = std::fs::read_to_string(&path).unwrap();
        let both = format!("{}\n{one}", text(1));
        std::fs::write(&path, &both).unwrap();
        let keys = EncryptionKeys::from_file_or_new(&path).unwrap();
        assert_ne!(keys.current_id(), made.current_id());
        assert!(keys.find(made.current_id()).is_some());
        // As long as it may be, and a key after that.
        std::fs::write(
            &path,
            format!("{both}\n#{}\n{}", "-".repeat(16_384), text(3)),
        )
        .unwrap();
        assert!(EncryptionKeys::from_file(&path).is_err());
    }
}
