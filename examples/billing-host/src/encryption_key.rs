//! Location of the keys that encrypt the secrets of connections.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Returns the path of the key file: the named one, or `<database>.key` beside a database file. `None` if
/// no key file is named and the database is not a file.
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
