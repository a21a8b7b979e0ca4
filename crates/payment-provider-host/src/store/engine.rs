//! The two databases: how a statement runs, how a transaction begins, what is retried.

use std::future::Future;

#[cfg(feature = "postgres")]
use sqlx::postgres::PgPool;

use super::query::Target;
use super::row::Row;
use super::statement::Statement;
use super::transaction::Connection;
use super::{Result, Store, Transaction};
use crate::crash_point::CommitStep;

/// Tries of a step before its conflict with another transaction becomes an error.
const MAX_TRIES: usize = 5;

/// The connections of a store.
#[derive(Debug, Clone)]
pub(in crate::store) enum Engine {
    #[cfg(feature = "sqlite")]
    Sqlite(super::sqlite::Pools),
    #[cfg(feature = "postgres")]
    Postgres(PgPool),
}

impl Store {
    /// Begins a write transaction. Concurrent writers wait for each other; none fails. On SQLite all
    /// transactions that write run one after the other.
    pub(crate) async fn begin(&self) -> Result<Transaction> {
        self.begin_on(true).await
    }

    /// Begins a transaction that only reads, on one consistent state. It waits for no writer.
    pub(crate) async fn begin_read(&self) -> Result<Transaction> {
        self.begin_on(false).await
    }

    async fn begin_on(&self, writes: bool) -> Result<Transaction> {
        let begun = match &self.engine {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pools) => pools.begin(writes).await.map(Connection::Sqlite),
            #[cfg(feature = "postgres")]
            Engine::Postgres(pool) => super::postgres::begin(pool, writes)
                .await
                .map(Connection::Postgres),
        };
        Ok(Transaction::new(begun?, &self.translator, writes))
    }

    /// Runs a statement that reads, outside of a transaction.
    pub(in crate::store) async fn fetch_optional<T>(
        &self,
        statement: Statement<'_>,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let sql = || self.translator.sql(statement.text, false);
        retry_on_conflict(|| statement.fetch_optional_on(self.reader(), sql(), &read)).await
    }

    /// Runs a statement that reads, outside of a transaction.
    pub(in crate::store) async fn fetch_all<T>(
        &self,
        statement: Statement<'_>,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let sql = || self.translator.sql(statement.text, false);
        retry_on_conflict(|| statement.fetch_all_on(self.reader(), sql(), &read)).await
    }

    /// Runs a statement that writes, outside of a transaction. Rows that must not be lost are written
    /// with [`execute_durably`](Self::execute_durably).
    pub(in crate::store) async fn execute(&self, statement: Statement<'_>) -> Result<u64> {
        let sql = || self.translator.sql(statement.text, true);
        retry_on_conflict(|| statement.execute_on(self.writer(), sql())).await
    }

    /// Runs a statement that writes and returns rows, outside of a transaction.
    pub(in crate::store) async fn execute_returning<T>(
        &self,
        statement: Statement<'_>,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let sql = || self.translator.sql(statement.text, true);
        retry_on_conflict(|| statement.fetch_all_on(self.writer(), sql(), &read)).await
    }

    /// Runs one statement as a transaction, which is this step. On a connection of a PostgreSQL pool on
    /// which other code left a transaction open, a statement alone would succeed and never be committed;
    /// between `BEGIN` and `COMMIT` it is committed, or fails.
    pub(in crate::store) async fn execute_durably(
        &self,
        step: CommitStep,
        statement: Statement<'_>,
    ) -> Result<u64> {
        match &self.engine {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(_) => step.around(self.execute(statement)).await,
            #[cfg(feature = "postgres")]
            Engine::Postgres(_) => {
                retry_on_conflict(|| async {
                    let mut tx = self.begin().await?;
                    let sql = tx.sql(&statement);
                    let done = statement.execute_on(tx.connection.target(), sql).await?;
                    tx.commit_as(step).await?;
                    Ok(done)
                })
                .await
            }
        }
    }

    fn reader(&self) -> Target<'_> {
        match &self.engine {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pools) => Target::SqlitePool(&pools.readers),
            #[cfg(feature = "postgres")]
            Engine::Postgres(pool) => Target::PostgresPool(pool),
        }
    }

    fn writer(&self) -> Target<'_> {
        match &self.engine {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pools) => Target::SqlitePool(&pools.writer),
            #[cfg(feature = "postgres")]
            Engine::Postgres(pool) => Target::PostgresPool(pool),
        }
    }
}

/// Repeats a step that the database aborted so that another transaction could go on. For steps that
/// are one statement or one transaction, so that nothing of an aborted try is left.
pub(in crate::store) async fn retry_on_conflict<T, F>(step: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    for _ in 1..MAX_TRIES {
        match step().await {
            Err(error) if error.is_conflict() => {}
            done => return done,
        }
    }
    step().await
}
