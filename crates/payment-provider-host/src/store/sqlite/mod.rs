//! SQLite: one file, write-ahead log, `synchronous=FULL`, every write through one connection.

mod backend;
mod connections;
mod customers;
mod deletion;
mod inbox;
mod ledger;
mod lives;
mod many_connections;
mod money;
mod operate;
mod payables;
mod refunds;

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite, Transaction};
use uuid::Uuid;

use super::{
    CheckoutRow, ConnectionRow, CustomerRow, Deletion, DeliveryEnd, DeliveryRow, DeliveryState,
    HistoryRow, InboxPage, Inserted, LedgerPayment, LedgerRefund, LooseEnd, NO_HOST,
    OpenCheckoutRow, ParkOutcome, PayableRow, PaymentRow, Postponed, Received, RefundRow, Result,
    SecretUseRow, Store, StoreError, TargetName, WalkedConnection,
};

use lives::{Lives, Others};

static MIGRATOR: Migrator = sqlx::migrate!("migrations/sqlite");

/// The embedded store: one SQLite file, used by one process.
///
/// A transaction that was committed is on the disk (`synchronous=FULL`), so an answer of 200 to a
/// webhook is a promise. All writes go through one connection and begin as `BEGIN IMMEDIATE`: they
/// queue in the process instead of failing with `SQLITE_BUSY`. Reads have connections of their own.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    /// `None` of a store that works beside those of others.
    lives: Option<Lives>,
}

impl SqliteStore {
    /// Opens the file, makes it if there is none, and brings its tables up to date. Deliveries that
    /// a process had under way when it died are due at once, unless another process has the file open:
    /// then what is under way may be the other's, and is due when its lease runs out.
    ///
    /// The tables are this crate's own; tables of the host's may live beside them under other
    /// names, and can be written in the same transaction ([`SqliteTx`]).
    ///
    /// # Errors
    /// The file cannot be opened, is no database, or is of a newer version than this crate.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut store = Self::open_with(path, &MIGRATOR).await?;
        let (lives, others) = Lives::begin(path).await?;
        if others == Others::None {
            inbox::release(&store.writer).await?;
            lives.share().await?;
        }
        store.lives = Some(lives);
        Ok(store)
    }

    /// Opens the file of a host that may be running, for the tool of an operator: what others have under
    /// way stays theirs, and whether they live is told to nobody by this one. For calls that end
    /// soon; a process that runs the inbox uses [`open`](Self::open).
    ///
    /// # Errors
    /// As for [`open`](Self::open); and there is no such file, or no host has ever opened it.
    pub async fn open_beside(path: impl AsRef<Path>) -> Result<Self> {
        let failed = |error| StoreError::new("open the database", error);
        let mut connection = SqliteConnectOptions::new()
            .filename(path.as_ref())
            .read_only(true)
            .connect()
            .await
            .map_err(failed)?;
        let is_there = "SELECT count(*) FROM sqlite_master WHERE name = 'installation'";
        let found: i64 = sqlx::query_scalar(is_there)
            .fetch_one(&mut connection)
            .await
            .map_err(failed)?;
        connection.close().await.map_err(failed)?;
        if found == 0 {
            return Err(StoreError::new("open the database", NO_HOST));
        }
        Self::connect(path.as_ref(), &MIGRATOR).await
    }

    async fn open_with(path: &Path, migrator: &Migrator) -> Result<Self> {
        private_file(path).map_err(|error| StoreError::new("open the database", error))?;
        let store = Self::connect(path, migrator).await?;
        sqlx::query("INSERT INTO installation (only_row, id) VALUES (1, ?) ON CONFLICT DO NOTHING")
            .bind(Uuid::new_v4().to_string())
            .execute(&store.writer)
            .await
            .map_err(|error| StoreError::new("name the installation", error))?;
        crash_point!("tables.3-named");
        Ok(store)
    }

    async fn connect(path: &Path, migrator: &Migrator) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30));
        let failed = |error| StoreError::new("open the database", error);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_mins(1))
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        crash_point!("tables.1-begun");
        migrator
            .run(&writer)
            .await
            .map_err(|error| StoreError::new("bring its tables up to date", error))?;
        crash_point!("tables.2-made");
        let readers = SqlitePoolOptions::new()
            .max_connections(8)
            .connect_with(options.read_only(true))
            .await
            .map_err(failed)?;
        Ok(Self {
            writer,
            readers,
            lives: None,
        })
    }

    /// As an earlier version opened it, which had only the steps up to a number.
    #[cfg(test)]
    pub(in crate::store) async fn open_at_version(path: &Path, newest: i64) -> Self {
        let steps = MIGRATOR.iter().filter(|step| step.version <= newest);
        let migrator = Migrator::with_migrations(steps.cloned().collect());
        Self::open_with(path, &migrator).await.unwrap()
    }

    /// Connections for the host's own reads. They cannot write.
    pub const fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Waits for running transactions and closes the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        if let Some(lives) = &self.lives {
            lives.end();
        }
    }
}

/// Makes the file, if there is none, for its owner alone: it holds what customers and payments are
/// about. SQLite gives the files beside it the same permissions. One that is there is not touched: to
/// close it would take back the locks that this process has on it already.
fn private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// A transaction on a [`SqliteStore`], for statements of the host's own: `.execute(&mut **tx)`.
pub type SqliteTx = Transaction<'static, Sqlite>;

type Tx = SqliteTx;

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Tx> {
        let begun = self.writer.begin_with("BEGIN IMMEDIATE").await;
        begun.map_err(|error| StoreError::new("begin a transaction", error))
    }

    async fn begin_read(&self) -> Result<Tx> {
        let begun = self.readers.begin().await;
        begun.map_err(|error| StoreError::new("begin a transaction", error))
    }

    async fn commit(&self, tx: Tx) -> Result<()> {
        tx.commit()
            .await
            .map_err(|error| StoreError::new("commit a transaction", error))
    }
}
