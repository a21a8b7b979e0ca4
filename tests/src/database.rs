use std::path::{Path, PathBuf};

/// The database of billing-host: a file serves one process at a time, a server any number.
#[derive(Debug, Clone)]
pub enum Database {
    /// An SQLite file.
    File(PathBuf),
    /// A database of a PostgreSQL server, by its address.
    Server(String),
}

impl Database {
    /// Returns a new file in this directory.
    pub fn file_in(directory: &Path) -> Self {
        Self::File(directory.join("billing.db"))
    }

    /// Returns the argument of billing-host's option `--database`.
    pub fn argument(&self) -> String {
        match self {
            Self::File(path) => format!("sqlite:{}", path.display()),
            Self::Server(address) => address.clone(),
        }
    }
}
