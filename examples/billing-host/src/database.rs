//! The database: a SQLite file, which may be temporary, or PostgreSQL.

use std::io;
use std::path::{Path, PathBuf};

use payment_provider_host::{AnyStore, PostgresStore, SchemaName, SqliteStore, StoreError};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

use crate::options::DatabaseLocation;

/// The open database and the temporary directory that is removed with it.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) store: AnyStore,
    path: Option<PathBuf>,
    directory: Option<TempDir>,
}

/// A database that can be opened; its temporary directory exists.
#[derive(Debug)]
pub(crate) enum PreparedDatabase {
    File {
        path: PathBuf,
        directory: Option<TempDir>,
    },
    Server(SecretString),
}

impl PreparedDatabase {
    /// Creates the temporary directory, if the location asks for one.
    pub(crate) fn create(location: &DatabaseLocation) -> io::Result<Self> {
        Ok(match location {
            DatabaseLocation::File(path) => Self::File {
                path: path.clone(),
                directory: None,
            },
            DatabaseLocation::Temporary => {
                let directory = tempfile::Builder::new().prefix("billing-host-").tempdir()?;
                Self::File {
                    path: directory.path().join("billing.db"),
                    directory: Some(directory),
                }
            }
            DatabaseLocation::Postgres(url) => Self::Server(url.clone()),
        })
    }

    /// Returns the path of the database file, or `None` for a database server.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Server(_) => None,
        }
    }

    pub(crate) async fn open(self) -> Result<Database, StoreError> {
        Ok(match self {
            Self::File { path, directory } => Database {
                store: SqliteStore::open(&path).await?.into(),
                path: Some(path),
                directory,
            },
            Self::Server(url) => {
                let schema = SchemaName::default();
                Database::on_server(PostgresStore::connect(url.expose_secret(), schema).await?)
            }
        })
    }

    /// Opens the database beside servers that may run on it. Does not create a file or schema.
    pub(crate) async fn open_beside(self) -> Result<Database, StoreError> {
        Ok(match self {
            Self::File { path, directory } => Database {
                store: SqliteStore::open_beside(&path).await?.into(),
                path: Some(path),
                directory,
            },
            Self::Server(url) => {
                let schema = SchemaName::default();
                Database::on_server(
                    PostgresStore::connect_beside(url.expose_secret(), schema).await?,
                )
            }
        })
    }
}

impl Database {
    fn on_server(store: PostgresStore) -> Self {
        Self {
            store: store.into(),
            path: None,
            directory: None,
        }
    }

    /// Returns the path of the database file, or `None` for a database server.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(crate) const fn is_temporary(&self) -> bool {
        self.directory.is_some()
    }

    /// Closes the database after its running transactions and removes it if it is temporary.
    pub(crate) async fn close(self) -> io::Result<()> {
        match &self.store {
            AnyStore::Sqlite(store) => store.close().await,
            AnyStore::Postgres(store) => store.close().await,
        }
        self.directory.map_or(Ok(()), TempDir::close)
    }
}
