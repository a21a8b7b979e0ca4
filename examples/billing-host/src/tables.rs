//! The application's own tables, beside those of the payment runtime: in the same file, or in the
//! same database, where the connection's search path leads.
//!
//! Statements are written once, for both: parameters are `$1` and so on.

use payment_provider_core::reexport::time::OffsetDateTime;
use payment_provider_host::{AnyStore, AnyTx, Store, StoreError};
use uuid::Uuid;

/// A transaction of the payment runtime, which the application's rows are written in as well.
pub(crate) type Tx = AnyTx;

/// Runs a statement outside of a transaction, on whichever database it is.
macro_rules! on_pool {
    ($store:expr, $pool:ident => $run:expr) => {
        match $store {
            payment_provider_host::AnyStore::Sqlite(store) => {
                let $pool = store.readers();
                $run
            }
            payment_provider_host::AnyStore::Postgres(store) => {
                let $pool = store.pool();
                $run
            }
        }
    };
}

/// Runs a statement in a transaction, on whichever database it is.
macro_rules! in_tx {
    ($tx:expr, $connection:ident => $run:expr) => {
        match $tx {
            payment_provider_host::AnyTx::Sqlite(tx) => {
                let $connection = &mut **tx;
                $run
            }
            payment_provider_host::AnyTx::Postgres(tx) => {
                let $connection = &mut **tx;
                $run
            }
        }
    };
}

pub(crate) use {in_tx, on_pool};

/// Amounts are whole smallest units of the currency, times milliseconds since 1970-01-01 UTC, of
/// sessions seconds. `NUMBER`, `BYTES` and `TABLE` stand for what the two databases call by different
/// names.
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
    surplus_cents     NUMBER NOT NULL DEFAULT 0,
    voided_at         NUMBER,
    created_at        NUMBER NOT NULL
) TABLE;
CREATE TABLE IF NOT EXISTS billing_session_salt (
    only_row NUMBER PRIMARY KEY CHECK (only_row = 1),
    salt     BYTES NOT NULL
) TABLE;
-- Sessions that were ended before their time, by a hash; every process looks here.
CREATE TABLE IF NOT EXISTS billing_ended_sessions (
    session TEXT PRIMARY KEY,
    ends    NUMBER NOT NULL
) TABLE;
CREATE INDEX IF NOT EXISTS billing_invoices_by_organization
    ON billing_invoices (organization_id, created_at);
";

/// What processes that start at once take turns by; any number that nobody else uses.
const TURNS: i64 = 0x0062_696c_6c69_6e67;

/// Waits until no other process is starting on the same database. The turn ends with the
/// transaction.
pub(crate) async fn take_turn(store: &AnyStore) -> Result<Option<Tx>, TableError> {
    if !matches!(store, AnyStore::Postgres(_)) {
        // One process has a file; and its one writer is needed for what is done in the turn.
        return Ok(None);
    }
    let mut tx = store.begin().await?;
    if let AnyTx::Postgres(tx) = &mut tx {
        // A start may take its time, and nothing else waits for this.
        sqlx::raw_sql(
            "SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0",
        )
        .execute(&mut **tx)
        .await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(TURNS)
            .execute(&mut **tx)
            .await?;
    }
    Ok(Some(tx))
}

/// Makes the tables that are not there yet.
pub(crate) async fn create(store: &AnyStore) -> Result<(), TableError> {
    let (number, bytes, table) = match store {
        AnyStore::Sqlite(_) => ("INTEGER", "BLOB", "STRICT"),
        AnyStore::Postgres(_) => ("BIGINT", "BYTEA", ""),
    };
    let tables = TABLES
        .replace(") TABLE;", &format!(") {table};"))
        .replace("NUMBER", number)
        .replace("BYTES", bytes);
    let turn = take_turn(store).await?;
    let mut tx = match turn {
        Some(turn) => turn,
        None => store.begin().await?,
    };
    if is_complete(&mut tx).await? {
        return Ok(());
    }
    let tables = sqlx::AssertSqlSafe(tables);
    in_tx!(&mut tx, connection => sqlx::raw_sql(tables).execute(connection).await.map(drop))?;
    store.commit(tx).await?;
    Ok(())
}

/// Whether all of it is there. On PostgreSQL, making what is there waits for everyone who writes, with
/// everyone who comes later behind, and takes more rights than using it.
async fn is_complete(tx: &mut Tx) -> Result<bool, TableError> {
    const MISSING: &str = "SELECT count(*) FROM unnest($1::text[]) AS name
         WHERE to_regclass(quote_ident(name)) IS NULL";
    let AnyTx::Postgres(tx) = tx else {
        return Ok(false);
    };
    let names: Vec<&str> = TABLES
        .split("IF NOT EXISTS ")
        .skip(1)
        .filter_map(|rest| rest.split_whitespace().next())
        .collect();
    let missing: i64 = sqlx::query_scalar(MISSING)
        .bind(names)
        .fetch_one(&mut **tx)
        .await?;
    Ok(missing == 0)
}

/// What the keys of sessions are made with, the same for all processes on this database.
pub(crate) async fn session_salt(store: &AnyStore) -> Result<Vec<u8>, TableError> {
    const SQL: &str = "INSERT INTO billing_session_salt (only_row, salt) VALUES (1, $1)
         ON CONFLICT (only_row) DO UPDATE SET only_row = excluded.only_row
         RETURNING salt";
    let random = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
    let mut tx = store.begin().await?;
    let salt = in_tx!(&mut tx, connection => {
        sqlx::query_scalar(SQL).bind(random.concat()).fetch_one(connection).await
    })?;
    store.commit(tx).await?;
    Ok(salt)
}

/// Remembers that a session was ended before its time, and forgets those whose time is over.
pub(crate) async fn end_session(
    store: &AnyStore,
    session: &str,
    ends: i64,
) -> Result<(), TableError> {
    const FORGET: &str = "DELETE FROM billing_ended_sessions WHERE ends < $1";
    const END: &str = "INSERT INTO billing_ended_sessions (session, ends) VALUES ($1, $2)
         ON CONFLICT (session) DO NOTHING";
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let mut tx = store.begin().await?;
    in_tx!(&mut tx, connection => {
        sqlx::query(FORGET).bind(now).execute(&mut *connection).await?;
        sqlx::query(END).bind(session).bind(ends).execute(connection).await?;
    });
    store.commit(tx).await?;
    Ok(())
}

/// The sessions that were ended before their time, whichever process ended them.
pub(crate) async fn ended_sessions(store: &AnyStore) -> Result<Vec<(String, i64)>, TableError> {
    const SQL: &str = "SELECT session, ends FROM billing_ended_sessions";
    Ok(on_pool!(store, pool => sqlx::query_as(SQL).fetch_all(pool).await)?)
}

/// A table could not be read or written. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TableError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the application's tables cannot be used")]
    Sql(#[from] sqlx::Error),
}
