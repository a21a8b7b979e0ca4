//! The database: a SQLite file, which may be temporary, or PostgreSQL.

use std::io;
use std::path::{Path, PathBuf};

use payment_provider_host::{Error, Host, HostBuilder};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

use crate::database_failure::{self, DatabaseFailure};
use crate::options::DatabaseLocation;

/// The open database and the temporary directory that is removed with it.
#[derive(Debug)]
pub(crate) struct Database {
    host: Host,
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

    /// Looks for the folder of a file, since the key file is in the same one by default. Connects to a
    /// database server once, since the payment runtime waits long for one.
    pub(crate) async fn try_location(&self) -> Result<(), DatabaseFailure> {
        match self {
            Self::File { path, .. } => {
                let folder = path.parent();
                let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
                if folder.is_none_or(Path::exists) {
                    return Ok(());
                }
                let missing = io::Error::from(io::ErrorKind::NotFound);
                Err(DatabaseFailure::of_file(path, missing))
            }
            Self::Server(url) => database_failure::try_server(url).await,
        }
    }

    /// Returns the failure of the payment runtime to open this database.
    pub(crate) fn failure(&self, error: Error) -> DatabaseFailure {
        match self {
            Self::File { path, .. } => DatabaseFailure::of_file(path, error),
            Self::Server(url) => DatabaseFailure::of_server(url, error),
        }
    }

    /// Returns a builder of the payment runtime on this database.
    pub(crate) fn host(&self) -> HostBuilder {
        match self {
            Self::File { path, .. } => Host::sqlite(path),
            Self::Server(url) => Host::postgres(url.expose_secret()),
        }
    }

    /// Returns the database that a payment runtime has opened.
    pub(crate) fn opened_by(self, host: Host) -> Database {
        let (path, directory) = match self {
            Self::File { path, directory } => (Some(path), directory),
            Self::Server(_) => (None, None),
        };
        Database {
            host,
            path,
            directory,
        }
    }
}

impl Database {
    /// Returns the path of the database file, or `None` for a database server.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(crate) const fn is_temporary(&self) -> bool {
        self.directory.is_some()
    }

    /// Closes the database after its running transactions and removes it if it is temporary.
    pub(crate) async fn close(self) -> io::Result<()> {
        self.host.store().close().await;
        self.directory.map_or(Ok(()), TempDir::close)
    }
}
