//! The execution of a statement on a connection of either database.

use sqlx::SqlStr;
#[cfg(feature = "postgres")]
use sqlx::postgres::{PgConnection, PgPool};
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::row::Row;
use super::statement::Statement;
use super::value::Value;
use super::{Result, StoreError};

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
    pub(super) async fn execute_on(&self, target: Target<'_>, sql: SqlStr) -> Result<u64> {
        let done = run!(target, sql, &self.values, |query, executor, _row| {
            query
                .execute(executor)
                .await
                .map(|done| done.rows_affected())
        });
        done.map_err(|error| StoreError::new(self.action, error))
    }

    pub(super) async fn fetch_optional_on<T>(
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

    pub(super) async fn fetch_all_on<T>(
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

    pub(super) fn found<T>(&self, found: Option<T>) -> Result<T> {
        found.ok_or_else(|| StoreError::new(self.action, sqlx::Error::RowNotFound))
    }
}
