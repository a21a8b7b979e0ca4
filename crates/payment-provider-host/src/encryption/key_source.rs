use std::path::{Path, PathBuf};

use super::{EncryptionKeys, KeyFileError};

/// The keys of a host, or the file that they are read from.
#[derive(Debug)]
pub(crate) enum KeySource {
    Keys(EncryptionKeys),
    File(PathBuf),
}

impl KeySource {
    /// Returns the keys, or `None` if the file does not exist.
    pub(crate) fn read(&self) -> Result<Option<EncryptionKeys>, KeyFileError> {
        match self {
            Self::Keys(keys) => Ok(Some(keys.clone())),
            Self::File(path) => match EncryptionKeys::from_file(path) {
                Err(KeyFileError::Missing { .. }) => Ok(None),
                read => read.map(Some),
            },
        }
    }

    /// Returns the path of the file.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Keys(_) => None,
            Self::File(path) => Some(path),
        }
    }
}
