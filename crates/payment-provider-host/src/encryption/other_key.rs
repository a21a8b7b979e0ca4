use std::fmt;
use std::path::PathBuf;

use super::KeyId;

/// The error of a host that does not have the encryption key with which the other hosts of the database
/// encrypt, so that neither could decrypt the secrets of the other. Nothing was written, and no key was
/// created.
///
/// The remedy is to give every host the same key file. A key is replaced by
/// [rotation](super::EncryptionKeys), during which each host has both keys. If the recorded key is lost, a
/// host that is built with [`allow_unknown_keys`](crate::HostBuilder::allow_unknown_keys) records its own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtherKey {
    /// The id of the key that is recorded in the database.
    pub recorded: KeyId,
    /// The id of the host's current key; `None` if its key file does not exist.
    pub given: Option<KeyId>,
    /// The key file of the host, if it was [built with one](crate::HostBuilder::with_key_file).
    pub file: Option<PathBuf>,
}

impl fmt::Display for OtherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recorded = &self.recorded;
        write!(
            f,
            "the hosts of the database encrypt with the key {recorded}, "
        )?;
        match (&self.given, &self.file) {
            (Some(given), Some(path)) => write!(
                f,
                "which is not in the key file {}, whose current key is {given}",
                path.display()
            ),
            (Some(given), None) => {
                write!(
                    f,
                    "which this host does not have; its current key is {given}"
                )
            }
            (None, Some(path)) => {
                write!(f, "and the key file {} does not exist", path.display())
            }
            (None, None) => f.write_str("which this host does not have"),
        }?;
        f.write_str(
            "; give every host the same key file, replace a key by rotation with both keys in the file, or, \
             if the recorded key is lost, start with unknown keys allowed",
        )
    }
}

impl std::error::Error for OtherKey {}
