use sqlx::Postgres;
use sqlx::postgres::PgPool;

use crate::store::{Result, StoreError};

/// Begins a write transaction, with limits for this transaction alone, in the same message: a
/// transaction that waits for a lock gives up after a while, and one that holds locks and is idle,
/// because its process is frozen or cut off, is ended by the server.
const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
    SET LOCAL lock_timeout = '5s';
    SET LOCAL idle_in_transaction_session_timeout = '30s'";
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL idle_in_transaction_session_timeout = '30s'";

/// Begins a transaction, in a task: if the future of sqlx's `begin` is dropped before it is done, the
/// connection returns to the pool with an open transaction, and later writes on it are never committed
/// (<https://github.com/transact-rs/sqlx/issues/4393>, in 0.9.0). The task runs to its end, and drops a
/// transaction that is no longer wanted.
pub(in crate::store) async fn begin(
    pool: &PgPool,
    writes: bool,
) -> Result<sqlx::Transaction<'static, Postgres>> {
    const ACTION: &str = "begin a transaction";
    let pool = pool.clone();
    let statement = if writes { BEGIN_WRITE } else { BEGIN_READ };
    tokio::spawn(async move { pool.begin_with(statement).await })
        .await
        .map_err(|error| StoreError::new(ACTION, error))?
        .map_err(|error| StoreError::new(ACTION, error))
}
