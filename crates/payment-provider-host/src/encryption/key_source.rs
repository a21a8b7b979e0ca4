use std::path::PathBuf;

use super::{EncryptionKeys, KeyFileError};

/// The keys of a host, or the file that they are read from.
#[derive(Debug)]
pub(crate) enum KeySource {
    Keys(EncryptionKeys),
    File(PathBuf),
}

impl KeySource {
    /// Returns the keys, or the path of the file if it does not exist.
    pub(crate) fn read(self) -> Result<Result<EncryptionKeys, PathBuf>, KeyFileError> {
        match self {
            Self::Keys(keys) => Ok(Ok(keys)),
            Self::File(path) if path.try_exists()? => EncryptionKeys::from_file(&path).map(Ok),
            Self::File(path) => Ok(Err(path)),
        }
    }
}
