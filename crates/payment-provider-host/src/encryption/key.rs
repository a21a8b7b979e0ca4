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

use crate::error::{Error, ErrorKind};

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
        Self::decode(text.expose_secret())
    }

    pub(super) fn decode(text: &str) -> Result<Self, KeyFileError> {
        let decoded = BASE64.decode(text.trim().as_bytes());
        let bytes = Zeroizing::new(decoded.map_err(|_| KeyFileError::Malformed)?);
        Self::from_bytes(&bytes)
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
            Err(KeyFileError::Io(error)) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            done => done,
        }
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// As for [`from_file_or_new`](Self::from_file_or_new).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyFileError> {
        Self::decode(&Self::read_file(path.as_ref())?)
    }

    pub(super) fn read_file(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
        let mut file = File::open(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = file.metadata()?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(KeyFileError::Exposed { mode });
            }
        }
        // Allocated in full at once: a string that grows leaves copies of the keys in memory.
        let mut text = Zeroizing::new(String::with_capacity(LARGEST_FILE));
        let room = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX);
        (&mut file).take(room).read_to_string(&mut text)?;
        if text.len() == LARGEST_FILE {
            // The file may be longer: secrets under a key that was not read could not be decrypted.
            return Err(KeyFileError::Malformed);
        }
        Ok(text)
    }

    fn create_file(path: &Path) -> Result<(), KeyFileError> {
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

    fn from_bytes(bytes: &[u8]) -> Result<Self, KeyFileError> {
        if bytes.len() != KEY_BYTES {
            return Err(KeyFileError::Malformed);
        }
        let mut hash = Sha256::new();
        hash.update(b"payment-provider-host sealing key id\0");
        hash.update(bytes);
        let id = KeyId(HEXLOWER.encode(&hash.finalize()[..4]));
        let cipher =
            XChaCha20Poly1305::new_from_slice(bytes).map_err(|_| KeyFileError::Malformed)?;
        Ok(Self { id, cipher })
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

impl From<KeyFileError> for Error {
    fn from(error: KeyFileError) -> Self {
        Self::with_source(ErrorKind::Encryption, error)
    }
}

/// The reason for which an encryption key could not be read or created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The file could not be read or written.
    #[error("encryption key file cannot be read or written")]
    Io(#[from] io::Error),
    /// The text is not 32 bytes in base64, or holds no key.
    #[error("encryption key must be 32 bytes in base64")]
    Malformed,
    /// The file gives permissions to others than its owner.
    #[error("encryption key file has mode {mode:04o}; only its owner may read it (chmod 600)")]
    Exposed {
        /// The permission bits found.
        mode: u32,
    },
}
