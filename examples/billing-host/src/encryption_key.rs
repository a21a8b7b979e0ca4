//! Location of the keys that encrypt the secrets of connections.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use payment_provider_host::encryption::{EncryptionKeys, KeyFileError};

/// Reads the encryption keys of a database, the current one first, or creates the key file with one
/// key if it does not exist. Only the owner can read a file that is created.
///
/// Returns `None` if no key file is named and the database is not a file.
pub(crate) fn load_or_create(
    key_file: Option<&Path>,
    database: Option<&Path>,
) -> Option<Result<EncryptionKeys, KeyFileError>> {
    let path = path(key_file, database)?;
    Some(EncryptionKeys::from_file_or_new(&path))
}

/// Returns the path of the key file: the named one, or `<database>.key` beside a database file.
pub(crate) fn path(named: Option<&Path>, database: Option<&Path>) -> Option<PathBuf> {
    let beside = |database: &Path| {
        let mut name = OsString::from(database);
        name.push(".key");
        PathBuf::from(name)
    };
    named
        .map(Path::to_path_buf)
        .or_else(|| database.map(beside))
}
