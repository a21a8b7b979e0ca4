//! The application's own tables, beside those of the payment runtime in the same file.

use payment_provider_host::{SqliteStore, Store, StoreError};
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

/// A write transaction of the one writer of the file.
pub(crate) type Tx = Transaction<'static, Sqlite>;

/// Amounts are whole smallest units of the currency, times milliseconds since 1970-01-01 UTC.
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
    created_at            INTEGER NOT NULL,
    UNIQUE (organization_id, external_id),
    CHECK ((payment_provider IS NULL) = (payment_provider_code IS NULL))
) STRICT;
CREATE TABLE IF NOT EXISTS billing_invoices (
    id                TEXT PRIMARY KEY,
    organization_id   TEXT NOT NULL,
    customer_id       TEXT NOT NULL REFERENCES billing_customers,
    amount_cents      INTEGER NOT NULL CHECK (amount_cents > 0),
    currency          TEXT NOT NULL,
    purpose           TEXT NOT NULL,
    payment_status    TEXT NOT NULL DEFAULT 'pending',
    amount_paid_cents INTEGER NOT NULL DEFAULT 0,
    surplus_cents     INTEGER NOT NULL DEFAULT 0,
    voided_at         INTEGER,
    created_at        INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS billing_session_salt (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    salt     BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS billing_invoices_by_organization
    ON billing_invoices (organization_id, created_at);
";

/// Makes the tables that are not there yet.
pub(crate) async fn create(store: &SqliteStore) -> Result<(), TableError> {
    let mut tx = store.begin().await?;
    sqlx::raw_sql(TABLES).execute(&mut *tx).await?;
    store.commit(tx).await?;
    Ok(())
}

/// What the keys of sessions are made with, the same for all processes on this database.
pub(crate) async fn session_salt(store: &SqliteStore) -> Result<Vec<u8>, TableError> {
    let random = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
    let mut tx = store.begin().await?;
    let salt = sqlx::query_scalar(
        "INSERT INTO billing_session_salt (only_row, salt) VALUES (1, ?)
         ON CONFLICT (only_row) DO UPDATE SET salt = salt
         RETURNING salt",
    )
    .bind(random.concat())
    .fetch_one(&mut *tx)
    .await?;
    store.commit(tx).await?;
    Ok(salt)
}

/// A table could not be read or written. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TableError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the application's tables cannot be used")]
    Sql(#[from] sqlx::Error),
}
