use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::{EncryptError, EncryptionKey, KeyFileError, KeyId, KeyTextProblem};

/// The current key, which encrypts and decrypts, and former keys, which only decrypt.
///
/// To replace the current key:
///
/// 1. Give every process the new key as a further key, after the current one. With one process this
///    step can be left out.
/// 2. In every process, put the new key first.
/// 3. Call [`Host::rotate_encryption_key`](crate::Host::rotate_encryption_key).
/// 4. Remove the former key.
///
/// # Examples
/// ```
/// use payment_provider_host::encryption::{EncryptionKey, EncryptionKeys};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = |name: &str| folder.path().join(name);
/// let former = EncryptionKey::from_file_or_new(&path("2025.key"))?;
/// let current = EncryptionKey::from_file_or_new(&path("2026.key"))?;
/// let id = current.id().clone();
/// let keys = EncryptionKeys::with_older(current, [former]);
/// assert_eq!(*keys.current_id(), id);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct EncryptionKeys {
    current: Arc<EncryptionKey>,
    former: Arc<[EncryptionKey]>,
    /// True for the keys of a tool that are not those of the hosts: what they encrypt no host could
    /// decrypt.
    is_foreign: bool,
}

impl EncryptionKeys {
    /// Creates a keyring of one key.
    pub fn new(current: EncryptionKey) -> Self {
        Self::with_older(current, [])
    }

    /// Creates a keyring of a new current key and the keys that it replaces.
    pub fn with_older(
        current: EncryptionKey,
        older: impl IntoIterator<Item = EncryptionKey>,
    ) -> Self {
        Self {
            current: Arc::new(current),
            former: older.into_iter().collect(),
            is_foreign: false,
        }
    }

    /// Returns the same keys, for decrypting alone.
    pub(crate) fn foreign(mut self) -> Self {
        self.is_foreign = true;
        self
    }

    /// Reads keys from their text form: one key per line, the current key first, then the former
    /// ones. Empty lines, and lines that begin with `#`, are ignored.
    ///
    /// # Errors
    /// The text holds no key, or a line that is not a key.
    pub fn from_text(text: &SecretString) -> Result<Self, KeyFileError> {
        Self::decode(text.expose_secret()).map_err(KeyTextProblem::in_text)
    }

    /// Reads a file of keys in the format of [`from_text`](Self::from_text), or creates one with a
    /// new random key as [`EncryptionKey::from_file_or_new`] does.
    ///
    /// # Errors
    /// The file cannot be read or created, holds no key or a line that is not a key, or, on Unix,
    /// gives permissions to others than its owner.
    pub fn from_file_or_new(path: impl AsRef<Path>) -> Result<Self, KeyFileError> {
        EncryptionKey::ensure_file(path.as_ref())?;
        Self::from_file(path)
    }

    /// Reads a file of keys.
    ///
    /// # Errors
    /// As for [`from_file_or_new`](Self::from_file_or_new).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyFileError> {
        let path = path.as_ref();
        let text = EncryptionKey::read_file(path)?;
        Self::decode(&text).map_err(|problem| problem.in_text().named(path))
    }

    fn decode(text: &str) -> Result<Self, KeyTextProblem> {
        let lines = text.lines().map(str::trim).zip(1..);
        let mut keys = lines
            .filter(|(line, _)| !line.is_empty() && !line.starts_with('#'))
            .map(|(line, number)| EncryptionKey::decode(line, number));
        let current = keys.next().ok_or(KeyTextProblem::Empty)??;
        let former: Result<Vec<_>, _> = keys.collect();
        Ok(Self::with_older(current, former?))
    }

    /// Returns the id of the key that encrypts.
    pub fn current_id(&self) -> &KeyId {
        self.current.id()
    }

    /// Returns the key that encrypts.
    ///
    /// # Errors
    /// The keys are not those of the hosts on the database.
    pub(crate) fn encrypting(&self) -> Result<&EncryptionKey, EncryptError> {
        if self.is_foreign {
            return Err(EncryptError::ForeignKey);
        }
        Ok(&self.current)
    }

    /// Returns the ids of all keys.
    pub(crate) fn ids(&self) -> Vec<KeyId> {
        let keys = std::iter::once(&*self.current).chain(self.former.iter());
        keys.map(|key| key.id().clone()).collect()
    }

    pub(super) fn find(&self, id: &KeyId) -> Option<&EncryptionKey> {
        let mut keys = std::iter::once(&*self.current).chain(self.former.iter());
        keys.find(|key| key.id() == id)
    }
}

impl From<EncryptionKey> for EncryptionKeys {
    fn from(key: EncryptionKey) -> Self {
        Self::new(key)
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
    fn the_first_line_encrypts_and_the_others_decrypt() {
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
            assert!(matches!(error, KeyFileError::Malformed { .. }), "{error}");
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
        // A comment fills the file to the limit, and a key follows.
        std::fs::write(
            &path,
            format!("{both}\n#{}\n{}", "-".repeat(16_384), text(3)),
        )
        .unwrap();
        assert!(EncryptionKeys::from_file(&path).is_err());
    }
}
