//! The SQLite file, temporary or not.

use std::io;
use std::path::{Path, PathBuf};

use payment_provider_host::{SqliteStore, StoreError};
use tempfile::TempDir;

use crate::options::DatabasePlace;

/// The open database, and the directory that goes away with it.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) store: SqliteStore,
    pub(crate) path: PathBuf,
    directory: Option<TempDir>,
}

/// Where a database will be opened.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    directory: Option<TempDir>,
}

impl Place {
    pub(crate) fn prepare(place: &DatabasePlace) -> io::Result<Self> {
        match place {
            DatabasePlace::File(path) => Ok(Self {
                path: path.clone(),
                directory: None,
            }),
            DatabasePlace::Temporary => {
                let directory = tempfile::Builder::new().prefix("billing-host-").tempdir()?;
                Ok(Self {
                    path: directory.path().join("billing.db"),
                    directory: Some(directory),
                })
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) async fn open(self) -> Result<Database, StoreError> {
        Ok(Database {
            store: SqliteStore::open(&self.path).await?,
            path: self.path,
            directory: self.directory,
        })
    }
}

impl Database {
    pub(crate) const fn is_temporary(&self) -> bool {
        self.directory.is_some()
    }

    /// Waits for running transactions, closes the file and removes it if it is temporary.
    pub(crate) async fn close(self) -> io::Result<()> {
        self.store.close().await;
        self.directory.map_or(Ok(()), TempDir::close)
    }
}
