use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use chacha20poly1305::aead::{Generate, Key};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use data_encoding::{BASE64, HEXLOWER};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{KeyFileError, KeyTextProblem};

const KEY_BYTES: usize = 32;
/// The size in bytes from which on a key file is refused: far more than any set of keys needs.
const LARGEST_FILE: usize = 16 * 1024;

/// The id of an encryption key, which does not reveal the key. It is stored with every secret that
/// the key encrypts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// Returns the id that is stored with a secret.
    pub(crate) fn stored(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A 256-bit key for XChaCha20-Poly1305.
///
/// # Examples
/// ```
/// use payment_provider_host::encryption::EncryptionKey;
///
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("encryption.key");
/// let created = EncryptionKey::from_file_or_new(&path)?;
/// let read = EncryptionKey::from_file(&path)?;
/// assert_eq!(read.id(), created.id());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct EncryptionKey {
    id: KeyId,
    cipher: XChaCha20Poly1305,
}

impl EncryptionKey {
    /// Reads a key from its text form, 32 bytes in base64.
    pub fn from_text(text: &SecretString) -> Result<Self, KeyFileError> {
        Self::decode(text.expose_secret(), 1).map_err(KeyTextProblem::in_text)
    }

    /// Reads the key in a line of this number.
    pub(super) fn decode(text: &str, line: usize) -> Result<Self, KeyTextProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(KeyTextProblem::Empty);
        }
        let decoded = BASE64.decode(text.as_bytes());
        let bytes = Zeroizing::new(decoded.map_err(|_| KeyTextProblem::NotBase64 { line })?);
        let wrong_length = KeyTextProblem::WrongLength {
            line,
            bytes: bytes.len(),
        };
        Self::from_bytes(&bytes).ok_or(wrong_length)
    }

    /// Reads the key file, or creates one with a new random key that only its owner can read (mode
    /// 0600). The file appears as a whole or not at all, and is on the disk when this returns.
    ///
    /// # Errors
    /// The file cannot be read or created, holds no key, or, on Unix, gives permissions to others
    /// than its owner.
    pub fn from_file_or_new(path: impl AsRef<Path>) -> Result<Self, KeyFileError> {
        Self::ensure_file(path.as_ref())?;
        Self::from_file(path)
    }

    pub(super) fn ensure_file(path: &Path) -> Result<(), KeyFileError> {
        if path.exists() {
            return Ok(());
        }
        match Self::create_file(path) {
            // Another process created the file first: its key is used.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            done => done.map_err(|error| KeyFileError::of_file(path, error)),
        }
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// As for [`from_file_or_new`](Self::from_file_or_new).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyFileError> {
        let path = path.as_ref();
        let text = Self::read_file(path)?;
        Self::decode(&text, 1).map_err(|problem| problem.in_text().named(path))
    }

    pub(super) fn read_file(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
        let failed = |error| KeyFileError::of_file(path, error);
        let mut file = File::open(path).map_err(failed)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                let path = path.to_owned();
                return Err(KeyFileError::Exposed { path, mode });
            }
        }
        // Allocated in full at once: a string that grows leaves copies of the keys in memory.
        let mut text = Zeroizing::new(String::with_capacity(LARGEST_FILE));
        let room = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX);
        let read = (&mut file).take(room).read_to_string(&mut text);
        read.map_err(failed)?;
        if text.len() == LARGEST_FILE {
            // The file may be longer: secrets under a key that was not read could not be decrypted.
            return Err(KeyTextProblem::TooLarge.in_text().named(path));
        }
        Ok(text)
    }

    fn create_file(path: &Path) -> io::Result<()> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let draft = folder.join(format!(".{}.tmp", Uuid::new_v4()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(&draft)?;
        let key = Zeroizing::new(<[u8; KEY_BYTES]>::from(Key::<XChaCha20Poly1305>::generate()));
        let text = Zeroizing::new(BASE64.encode(&*key));
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.write_all(b"\n"))
            .and_then(|()| file.sync_all())
            // Unlike a rename, a hard link never replaces an existing key file.
            .and_then(|()| fs::hard_link(&draft, path));
        fs::remove_file(&draft)?;
        written?;
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(())
    }

    /// Returns the key of these bytes; `None` if their number is wrong.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != KEY_BYTES {
            return None;
        }
        let mut hash = Sha256::new();
        hash.update(b"payment-provider-host sealing key id\0");
        hash.update(bytes);
        let id = KeyId(HEXLOWER.encode(&hash.finalize()[..4]));
        let cipher = XChaCha20Poly1305::new_from_slice(bytes).ok()?;
        Some(Self { id, cipher })
    }

    /// Returns the id of the key.
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    pub(super) const fn cipher(&self) -> &XChaCha20Poly1305 {
        &self.cipher
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
