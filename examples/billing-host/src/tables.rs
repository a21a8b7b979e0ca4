//! The application's own tables. They are in the same database as those of the payment runtime, in
//! PostgreSQL in the first schema of the connection's search path.
//!
//! Each statement is written once for SQLite and PostgreSQL, with parameters `$1`, `$2` and so on.

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_host::{Error, Host, Transaction};
use uuid::Uuid;

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

/// Schema of the application. Amounts are in minor units of the currency. Times are in milliseconds
/// since the Unix epoch, those of sessions in seconds. `NUMBER`, `BYTES` and `TABLE` are placeholders for
/// syntax that differs between the two databases.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS billing_customers (
    id                    TEXT PRIMARY KEY,
    organization_id       TEXT NOT NULL,
    external_id           TEXT NOT NULL,
    name                  TEXT,
    email                 TEXT,
    phone                 TEXT,
    payment_provider      TEXT,
    payment_provider_code TEXT,
    created_at            NUMBER NOT NULL,
    UNIQUE (organization_id, external_id),
    CHECK ((payment_provider IS NULL) = (payment_provider_code IS NULL))
) TABLE;
CREATE TABLE IF NOT EXISTS billing_invoices (
    id                TEXT PRIMARY KEY,
    organization_id   TEXT NOT NULL,
    customer_id       TEXT NOT NULL REFERENCES billing_customers,
    amount_cents      NUMBER NOT NULL CHECK (amount_cents > 0),
    currency          TEXT NOT NULL,
    purpose           TEXT NOT NULL,
    payment_status    TEXT NOT NULL DEFAULT 'pending',
    amount_paid_cents NUMBER NOT NULL DEFAULT 0,
    overpaid_cents    NUMBER NOT NULL DEFAULT 0,
    voided_at         NUMBER,
    created_at        NUMBER NOT NULL
) TABLE;
CREATE TABLE IF NOT EXISTS billing_session_salt (
    only_row NUMBER PRIMARY KEY CHECK (only_row = 1),
    salt     BYTES NOT NULL
) TABLE;
-- Hashes of sessions that were ended before they expired. All processes read this table.
CREATE TABLE IF NOT EXISTS billing_ended_sessions (
    session    TEXT PRIMARY KEY,
    expires_at NUMBER NOT NULL
) TABLE;
CREATE INDEX IF NOT EXISTS billing_invoices_by_organization
    ON billing_invoices (organization_id, created_at);
";

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
    let (number, bytes, table) = match host.store().sqlite() {
        Some(_) => ("INTEGER", "BLOB", "STRICT"),
        None => ("BIGINT", "BYTEA", ""),
    };
    let tables = TABLES
        .replace(") TABLE;", &format!(") {table};"))
        .replace("NUMBER", number)
        .replace("BYTES", bytes);
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

/// Returns the salt of the session key, which all processes on this database share. Creates it if it
/// does not exist.
pub(crate) async fn session_salt(host: &Host) -> Result<Vec<u8>, TableError> {
    const SQL: &str = "INSERT INTO billing_session_salt (only_row, salt) VALUES (1, $1)
         ON CONFLICT (only_row) DO UPDATE SET only_row = excluded.only_row
         RETURNING salt";
    let random = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
    let mut tx = host.begin().await?;
    let salt = in_tx!(&mut tx, connection => {
        sqlx::query_scalar(SQL).bind(random.concat()).fetch_one(connection).await
    })?;
    host.commit(tx).await?;
    Ok(salt)
}

/// Records a session that was ended before it expired, and deletes those that have expired since.
pub(crate) async fn end_session(
    host: &Host,
    session: &str,
    expires_at: i64,
) -> Result<(), TableError> {
    const DELETE_EXPIRED: &str = "DELETE FROM billing_ended_sessions WHERE expires_at < $1";
    const INSERT: &str = "INSERT INTO billing_ended_sessions (session, expires_at) VALUES ($1, $2)
         ON CONFLICT (session) DO NOTHING";
    let now = Timestamp::now().as_second();
    let mut tx = host.begin().await?;
    in_tx!(&mut tx, connection => {
        sqlx::query(DELETE_EXPIRED).bind(now).execute(&mut *connection).await?;
        sqlx::query(INSERT).bind(session).bind(expires_at).execute(connection).await?;
    });
    host.commit(tx).await?;
    Ok(())
}

/// Returns the sessions that any process ended before they expired, each with its expiry in seconds
/// since the Unix epoch.
pub(crate) async fn ended_sessions(host: &Host) -> Result<Vec<(String, i64)>, TableError> {
    const SQL: &str = "SELECT session, expires_at FROM billing_ended_sessions";
    Ok(on_pool!(host, pool => sqlx::query_as(SQL).fetch_all(pool).await)?)
}

/// A table could not be read or written. The transaction was not committed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TableError {
    #[error(transparent)]
    Runtime(#[from] Error),
    #[error("the application's tables cannot be read or written")]
    Sql(#[from] sqlx::Error),
}
