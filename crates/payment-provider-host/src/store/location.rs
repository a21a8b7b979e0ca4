use std::fmt;
#[cfg(feature = "sqlite")]
use std::path::PathBuf;

#[cfg(feature = "postgres")]
use secrecy::{ExposeSecret, SecretString};
#[cfg(feature = "postgres")]
use sqlx::PgPool;
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

#[cfg(feature = "postgres")]
use super::SchemaName;
use super::{FileUse, Result, Store};

/// The database that a store will open.
pub(crate) enum DatabaseLocation {
    #[cfg(feature = "sqlite")]
    SqliteFile(PathBuf),
    /// The file of a pool that belongs to the host.
    #[cfg(feature = "sqlite")]
    SqlitePool(SqlitePool),
    #[cfg(feature = "postgres")]
    PostgresUrl(SecretString, SchemaName),
    /// A pool that belongs to the host.
    #[cfg(feature = "postgres")]
    PostgresPool(PgPool, SchemaName),
}

impl DatabaseLocation {
    /// Opens the database for a host, and migrates its tables.
    pub(crate) async fn open(self, file_use: FileUse) -> Result<Store> {
        #[cfg(not(feature = "sqlite"))]
        let _ = file_use;
        match self {
            #[cfg(feature = "sqlite")]
            Self::SqliteFile(path) => Store::open_sqlite(file(path), file_use).await,
            #[cfg(feature = "sqlite")]
            Self::SqlitePool(pool) => {
                Store::open_sqlite(Store::options_of(&pool).await?, file_use).await
            }
            #[cfg(feature = "postgres")]
            Self::PostgresUrl(url, schema) => {
                let pool = super::postgres::connect(url.expose_secret()).await?;
                Store::open_postgres(pool, schema).await
            }
            #[cfg(feature = "postgres")]
            Self::PostgresPool(pool, schema) => Store::open_postgres(pool, schema).await,
        }
    }

    /// Opens the database of hosts that may be running, for an operator's tool.
    pub(crate) async fn open_beside(self) -> Result<Store> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::SqliteFile(path) => Store::open_sqlite_beside(file(path)).await,
            #[cfg(feature = "sqlite")]
            Self::SqlitePool(pool) => {
                Store::open_sqlite_beside(Store::options_of(&pool).await?).await
            }
            #[cfg(feature = "postgres")]
            Self::PostgresUrl(url, schema) => {
                let pool = super::postgres::connect(url.expose_secret()).await?;
                Store::open_postgres_beside(pool, schema).await
            }
            #[cfg(feature = "postgres")]
            Self::PostgresPool(pool, schema) => Store::open_postgres_beside(pool, schema).await,
        }
    }
}

#[cfg(feature = "sqlite")]
fn file(path: PathBuf) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path)
}

impl fmt::Debug for DatabaseLocation {
    /// Omits addresses, which contain passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "sqlite")]
            Self::SqliteFile(path) => f.debug_tuple("SqliteFile").field(path).finish(),
            #[cfg(feature = "sqlite")]
            Self::SqlitePool(_) => f.write_str("SqlitePool"),
            #[cfg(feature = "postgres")]
            Self::PostgresUrl(_, schema) => f.debug_tuple("PostgresUrl").field(schema).finish(),
            #[cfg(feature = "postgres")]
            Self::PostgresPool(_, schema) => f.debug_tuple("PostgresPool").field(schema).finish(),
        }
    }
}
