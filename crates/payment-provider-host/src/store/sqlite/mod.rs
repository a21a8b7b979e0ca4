//! SQLite: one file, write-ahead log, `synchronous=FULL`, every write through one connection.
//!
//! A committed transaction is on the disk, so a webhook that was answered with 200 is not lost. All
//! writes go through one connection and begin as `BEGIN IMMEDIATE`: they queue in the process
//! instead of failing with `SQLITE_BUSY`. Reads have separate connections, which cannot write.

mod pools;
mod process_lock;
#[cfg(test)]
mod query_plan_tests;

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use super::dialect::Dialect;
use super::engine::Engine;
use super::statement::statement;
use super::{FileUse, NOT_A_HOST, Result, Store, StoreError};
use crate::crash_point::CommitStep;
pub(in crate::store) use pools::Pools;
use process_lock::{Others, ProcessLock};

static MIGRATOR: Migrator = sqlx::migrate!("migrations/sqlite");

const OPEN: &str = "open the database";

/// Releases the leases of a process that ended without releasing them.
const RELEASE_LEASES: &str =
    "UPDATE @deliveries SET lease_owner = NULL, lease_until = 0, failures = failures + 1
     WHERE state = 'pending' AND lease_owner IS NOT NULL";

impl Store {
    /// Returns the options of a host's pool, for the runtime's connections to the same file.
    ///
    /// # Errors
    /// The database is in memory or temporary, so nothing in it is durable.
    pub(super) async fn options_of(pool: &SqlitePool) -> Result<SqliteConnectOptions> {
        let file = "SELECT file FROM pragma_database_list WHERE name = 'main'";
        let path: String = sqlx::query_scalar(file)
            .fetch_one(pool)
            .await
            .map_err(|error| StoreError::new(OPEN, error))?;
        if path.is_empty() {
            return Err(StoreError::new(OPEN, "it is not a file"));
        }
        Ok(SqliteConnectOptions::clone(&pool.connect_options()).filename(path))
    }

    /// Opens a file, creates it if it does not exist, and migrates its tables. Deliveries that a
    /// process had leased when it died are due at once, unless another process shares the file: then
    /// the leases may belong to that process, and run out by time.
    ///
    /// # Errors
    /// The file cannot be opened, is not a database, belongs to a newer version of this crate, or is
    /// open in another process that does not share it.
    pub(super) async fn open_sqlite(
        options: SqliteConnectOptions,
        file_use: FileUse,
    ) -> Result<Self> {
        // Before the tables are migrated, which would disturb another host.
        let (lock, others) = ProcessLock::acquire(options.get_filename(), file_use).await?;
        let mut store = Self::open_sqlite_with(options, &MIGRATOR).await?;
        if others == Others::None {
            let release = statement!("release deliveries", RELEASE_LEASES);
            store.execute(release).await?;
            if file_use == FileUse::Shared {
                lock.share().await?;
            }
        }
        #[allow(irrefutable_let_patterns, reason = "refutable with the other feature")]
        if let Engine::Sqlite(pools) = &mut store.engine {
            pools.lock = Some(lock);
        }
        Ok(store)
    }

    /// Opens the file of a host that may be running, for an operator's tool. Other processes keep
    /// their leases, and this process does not count as a running host.
    ///
    /// # Errors
    /// As for [`open_sqlite`](Self::open_sqlite); also if there is no such file, or no host has ever
    /// opened it.
    pub(super) async fn open_sqlite_beside(options: SqliteConnectOptions) -> Result<Self> {
        let failed = |error| StoreError::new(OPEN, error);
        let existing = options.clone().create_if_missing(false).read_only(true);
        let mut connection = existing.connect().await.map_err(failed)?;
        let installed = "SELECT count(*) FROM sqlite_master WHERE name = 'installation'";
        let found: i64 = sqlx::query_scalar(installed)
            .fetch_one(&mut connection)
            .await
            .map_err(failed)?;
        connection.close().await.map_err(failed)?;
        if found == 0 {
            return Err(StoreError::new(OPEN, NOT_A_HOST));
        }
        Self::connect_sqlite(options, &MIGRATOR).await
    }

    pub(in crate::store) async fn open_sqlite_with(
        options: SqliteConnectOptions,
        migrator: &Migrator,
    ) -> Result<Self> {
        let path = options.get_filename();
        if create_private_file(path).map_err(|error| StoreError::new(OPEN, error))? {
            let failed = |error| StoreError::new(OPEN, error);
            // This is recorded in the file, and only before its first table: free pages are returned by steps.
            let shrinking = options.clone().auto_vacuum(SqliteAutoVacuum::Incremental);
            let first = shrinking.journal_mode(SqliteJournalMode::Wal);
            let first = first.connect().await.map_err(failed)?;
            first.close().await.map_err(failed)?;
        }
        let store = Self::connect_sqlite(options, migrator).await?;
        store.name_installation().await?;
        Ok(store)
    }

    async fn connect_sqlite(options: SqliteConnectOptions, migrator: &Migrator) -> Result<Self> {
        let options = options
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30));
        let failed = |error| StoreError::new(OPEN, error);
        // Connections to a file need not be renewed. Without these limits, sqlx starts no task that
        // looks for old connections; in 0.9.0 that task can loop without end if a connection is taken
        // at the moment in which it is returned, since the count of idle ones is below zero then.
        let pool = SqlitePoolOptions::new()
            .idle_timeout(None)
            .max_lifetime(None);
        let writer = pool
            .clone()
            .max_connections(1)
            .acquire_timeout(Duration::from_mins(1))
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        CommitStep::Tables
            .around(migrator.run(&writer))
            .await
            .map_err(|error| StoreError::new("migrate its tables", error))?;
        let readers = pool
            .max_connections(8)
            .connect_with(options.read_only(true))
            .await
            .map_err(failed)?;
        let pools = Pools {
            writer,
            readers,
            lock: None,
        };
        Ok(Self::new(Engine::Sqlite(pools), Dialect::Sqlite))
    }

    /// Returns the steps that create the tables.
    #[cfg(test)]
    pub(in crate::store) fn sqlite_migrations() -> Vec<sqlx::migrate::Migration> {
        MIGRATOR.iter().cloned().collect()
    }
}

/// Creates the file, if it does not exist, readable by its owner alone, since it holds personal data.
/// SQLite gives the files beside it the same permissions. An existing file is not opened: closing it
/// would release the locks that this process already holds on it. Returns true if it is new.
fn create_private_file(path: &Path) -> io::Result<bool> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        made => made.map(|_| true),
    }
}
