//! The application's own tables. They are in the same database as those of the payment runtime, in
//! PostgreSQL in the first schema of the connection's search path.
//!
//! Each statement is written once for SQLite and PostgreSQL, with parameters `$1`, `$2` and so on.

mod schema;

use payment_provider_host::{Error, Host, Transaction};

use schema::TABLES;

/// Runs a statement outside of a transaction on either database.
macro_rules! on_pool {
    ($host:expr, $pool:ident => $run:expr) => {{
        let store = $host.store();
        match (store.sqlite(), store.postgres()) {
            (Some($pool), _) => $run,
            (_, Some($pool)) => $run,
            _ => Err(sqlx::Error::PoolClosed),
        }
    }};
}

/// Runs a statement in a transaction on either database.
macro_rules! in_tx {
    ($tx:expr, $connection:ident => $run:expr) => {{
        let tx: &mut payment_provider_host::Transaction = $tx;
        if let Some($connection) = tx.sqlite() {
            $run
        } else if let Some($connection) = tx.postgres() {
            $run
        } else {
            Err(sqlx::Error::PoolClosed)?
        }
    }};
}

pub(crate) use {in_tx, on_pool};

/// Key of the PostgreSQL advisory lock that serializes startup. Arbitrary, but used for nothing else.
const STARTUP_LOCK_KEY: i64 = 0x0062_696c_6c69_6e67;

/// Waits until no other process is starting on the same PostgreSQL database. The lock is held until the
/// returned transaction ends.
///
/// Returns `None` for SQLite: a file belongs to one process, and its only writer must stay free.
pub(crate) async fn lock_startup(host: &Host) -> Result<Option<Transaction>, TableError> {
    if host.store().postgres().is_none() {
        return Ok(None);
    }
    let mut tx = host.begin().await?;
    if let Some(connection) = tx.postgres() {
        // A start may take long, and only other starts wait for this lock.
        sqlx::raw_sql(
            "SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0",
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(STARTUP_LOCK_KEY)
            .execute(connection)
            .await?;
    }
    Ok(Some(tx))
}

/// Creates the tables that do not exist yet.
pub(crate) async fn create(host: &Host) -> Result<(), TableError> {
    let tables = schema::text(host.store().sqlite().is_some());
    let lock = lock_startup(host).await?;
    let mut tx = match lock {
        Some(tx) => tx,
        None => host.begin().await?,
    };
    if is_complete(&mut tx).await? {
        return Ok(());
    }
    let tables = sqlx::AssertSqlSafe(tables);
    in_tx!(&mut tx, connection => sqlx::raw_sql(tables).execute(connection).await.map(drop))?;
    host.commit(tx).await?;
    Ok(())
}

/// Returns true if the whole schema exists on PostgreSQL. There, `CREATE ... IF NOT EXISTS` waits for
/// running writers, blocks later ones, and requires more privileges than reading and writing.
async fn is_complete(tx: &mut Transaction) -> Result<bool, TableError> {
    const MISSING: &str = "SELECT count(*) FROM unnest($1::text[]) AS name
         WHERE to_regclass(quote_ident(name)) IS NULL";
    let Some(connection) = tx.postgres() else {
        return Ok(false);
    };
    let names: Vec<&str> = TABLES
        .split("IF NOT EXISTS ")
        .skip(1)
        .filter_map(|rest| rest.split_whitespace().next())
        .collect();
    let missing: i64 = sqlx::query_scalar(MISSING)
        .bind(names)
        .fetch_one(connection)
        .await?;
    Ok(missing == 0)
}

/// A table could not be read or written. The transaction was not committed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TableError {
    #[error(transparent)]
    Runtime(#[from] Error),
    #[error("the application's tables cannot be read or written")]
    Sql(#[from] sqlx::Error),
}
