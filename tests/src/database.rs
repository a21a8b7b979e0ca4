use std::path::{Path, PathBuf};

/// What billing-host keeps its books in: of a file one process at a time, of a server any number.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file of SQLite.
    File(PathBuf),
    /// A database of a PostgreSQL server, by its address.
    Server(String),
}

impl Database {
    /// A new file in this directory.
    pub fn file_in(directory: &Path) -> Self {
        Self::File(directory.join("billing.db"))
    }

    /// How billing-host is told of it: `--database` takes this.
    pub fn argument(&self) -> String {
        match self {
            Self::File(path) => format!("sqlite:{}", path.display()),
            Self::Server(address) => address.clone(),
        }
    }
}
