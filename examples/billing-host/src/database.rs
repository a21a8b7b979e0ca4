//! The database: a SQLite file, temporary or not, or PostgreSQL.

use std::io;
use std::path::{Path, PathBuf};

use payment_provider_host::{AnyStore, PostgresStore, SchemaName, SqliteStore, StoreError};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

use crate::options::DatabasePlace;

/// The open database, and the directory that goes away with it.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) store: AnyStore,
    path: Option<PathBuf>,
    directory: Option<TempDir>,
}

/// Where a database will be opened.
#[derive(Debug)]
pub(crate) enum Place {
    File {
        path: PathBuf,
        directory: Option<TempDir>,
    },
    Server(SecretString),
}

impl Place {
    pub(crate) fn prepare(place: &DatabasePlace) -> io::Result<Self> {
        Ok(match place {
            DatabasePlace::File(path) => Self::File {
                path: path.clone(),
                directory: None,
            },
            DatabasePlace::Temporary => {
                let directory = tempfile::Builder::new().prefix("billing-host-").tempdir()?;
                Self::File {
                    path: directory.path().join("billing.db"),
                    directory: Some(directory),
                }
            }
            DatabasePlace::Postgres(url) => Self::Server(url.clone()),
        })
    }

    /// The file, if it is one.
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
                Database::of_server(PostgresStore::connect(url.expose_secret(), schema).await?)
            }
        })
    }

    /// Beside servers that may run on it; makes no file.
    pub(crate) async fn open_beside(self) -> Result<Database, StoreError> {
        Ok(match self {
            Self::File { path, directory } => Database {
                store: SqliteStore::open_beside(&path).await?.into(),
                path: Some(path),
                directory,
            },
            Self::Server(url) => {
                let schema = SchemaName::default();
                Database::of_server(
                    PostgresStore::connect_beside(url.expose_secret(), schema).await?,
                )
            }
        })
    }
}

impl Database {
    fn of_server(store: PostgresStore) -> Self {
        Self {
            store: store.into(),
            path: None,
            directory: None,
        }
    }

    /// The file, if it is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(crate) const fn is_temporary(&self) -> bool {
        self.directory.is_some()
    }

    /// Waits for running transactions, closes the database and removes it if it is temporary.
    pub(crate) async fn close(self) -> io::Result<()> {
        match &self.store {
            AnyStore::Sqlite(store) => store.close().await,
            AnyStore::Postgres(store) => store.close().await,
        }
        self.directory.map_or(Ok(()), TempDir::close)
    }
}
