//! The two databases: how a statement runs, how a transaction begins, what is retried.

use std::future::Future;

use sqlx::SqlStr;
#[cfg(feature = "postgres")]
use sqlx::postgres::{PgConnection, PgPool};
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::row::Row;
use super::statement::Statement;
use super::transaction::Connection;
use super::value::Value;
use super::{Result, Store, StoreError, Transaction};

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

/// The connection that a statement runs on, or the pool that lends one.
pub(in crate::store) enum Target<'c> {
    #[cfg(feature = "sqlite")]
    SqlitePool(&'c SqlitePool),
    #[cfg(feature = "sqlite")]
    Sqlite(&'c mut SqliteConnection),
    #[cfg(feature = "postgres")]
    PostgresPool(&'c PgPool),
    #[cfg(feature = "postgres")]
    Postgres(&'c mut PgConnection),
}

/// Makes a function that binds values to a query of one database.
macro_rules! query_function {
    ($name:ident, $database:ty, $list:path) => {
        fn $name<'q>(
            sql: SqlStr,
            values: &[Value<'_>],
        ) -> sqlx::query::Query<'q, $database, <$database as sqlx::Database>::Arguments> {
            let mut query = sqlx::query(sql);
            for value in values {
                query = match value {
                    Value::Number(number) => query.bind(*number),
                    Value::Flag(flag) => query.bind(*flag),
                    Value::Text(text) => query.bind(text.as_deref()),
                    Value::Bytes(bytes) => query.bind(*bytes),
                    Value::Numbers(numbers) => query.bind($list(*numbers)),
                    Value::Texts(texts) => query.bind($list(texts)),
                };
            }
            query
        }
    };
}

/// A list as SQLite takes it: a JSON array.
#[cfg(feature = "sqlite")]
fn json_array<T: serde::Serialize + ?Sized>(list: &T) -> String {
    serde_json::json!(list).to_string()
}

#[cfg(feature = "sqlite")]
query_function!(sqlite_query, sqlx::Sqlite, json_array);
#[cfg(feature = "postgres")]
query_function!(postgres_query, sqlx::Postgres, std::convert::identity);

/// Runs one statement on whichever database: the body sees the query, the connection to run it on, and
/// the variant that wraps its rows.
macro_rules! run {
    ($target:expr, $sql:expr, $values:expr, |$query:ident, $executor:ident, $row:ident| $body:expr) => {
        match $target {
            #[cfg(feature = "sqlite")]
            Target::SqlitePool($executor) => {
                let ($query, $row) = (sqlite_query($sql, $values), Row::Sqlite);
                $body
            }
            #[cfg(feature = "sqlite")]
            Target::Sqlite($executor) => {
                let ($query, $row) = (sqlite_query($sql, $values), Row::Sqlite);
                $body
            }
            #[cfg(feature = "postgres")]
            Target::PostgresPool($executor) => {
                let ($query, $row) = (postgres_query($sql, $values), Row::Postgres);
                $body
            }
            #[cfg(feature = "postgres")]
            Target::Postgres($executor) => {
                let ($query, $row) = (postgres_query($sql, $values), Row::Postgres);
                $body
            }
        }
    };
}

impl Statement<'_> {
    /// Runs the statement and returns how many rows it changed.
    async fn execute_on(&self, target: Target<'_>, sql: SqlStr) -> Result<u64> {
        let done = run!(target, sql, &self.values, |query, executor, _row| {
            query
                .execute(executor)
                .await
                .map(|done| done.rows_affected())
        });
        done.map_err(|error| StoreError::new(self.action, error))
    }

    async fn fetch_optional_on<T>(
        &self,
        target: Target<'_>,
        sql: SqlStr,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let failed = |error| StoreError::new(self.action, error);
        run!(target, sql, &self.values, |query, executor, row| {
            let found = query.fetch_optional(executor).await.map_err(failed)?;
            found.as_ref().map(|found| read(&row(found))).transpose()
        })
    }

    async fn fetch_all_on<T>(
        &self,
        target: Target<'_>,
        sql: SqlStr,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let failed = |error| StoreError::new(self.action, error);
        run!(target, sql, &self.values, |query, executor, row| {
            let found = query.fetch_all(executor).await.map_err(failed)?;
            found.iter().map(|found| read(&row(found))).collect()
        })
    }

    fn found<T>(&self, found: Option<T>) -> Result<T> {
        found.ok_or_else(|| StoreError::new(self.action, sqlx::Error::RowNotFound))
    }
}

impl Transaction {
    pub(in crate::store) async fn execute(&mut self, statement: Statement<'_>) -> Result<u64> {
        let sql = self.sql(&statement);
        statement.execute_on(self.connection.target(), sql).await
    }

    pub(in crate::store) async fn fetch_optional<T>(
        &mut self,
        statement: Statement<'_>,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let sql = self.sql(&statement);
        let target = self.connection.target();
        statement.fetch_optional_on(target, sql, read).await
    }

    /// Returns the only row. It is an error if there is none.
    pub(in crate::store) async fn fetch_one<T>(
        &mut self,
        statement: Statement<'_>,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        let sql = self.sql(&statement);
        let target = self.connection.target();
        let found = statement.fetch_optional_on(target, sql, read).await?;
        statement.found(found)
    }

    pub(in crate::store) async fn fetch_all<T>(
        &mut self,
        statement: Statement<'_>,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let sql = self.sql(&statement);
        let target = self.connection.target();
        statement.fetch_all_on(target, sql, read).await
    }
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

    /// Runs one statement as a transaction. On a connection of a PostgreSQL pool on which other code
    /// left a transaction open, a statement alone would succeed and never be committed; between
    /// `BEGIN` and `COMMIT` it is committed, or fails.
    pub(in crate::store) async fn execute_durably(&self, statement: Statement<'_>) -> Result<u64> {
        match &self.engine {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(_) => self.execute(statement).await,
            #[cfg(feature = "postgres")]
            Engine::Postgres(_) => {
                retry_on_conflict(|| async {
                    let mut tx = self.begin().await?;
                    let sql = tx.sql(&statement);
                    let done = statement.execute_on(tx.connection.target(), sql).await?;
                    tx.commit().await?;
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
