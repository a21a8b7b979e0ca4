//! A schema for one test.

use crate::store::{DatabaseLocation, SchemaName, Store};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use test_support::postgres;

/// A schema that is removed, with everything in it, when this is dropped.
pub(crate) struct Schema {
    pub(crate) name: SchemaName,
    pub(crate) url: String,
}

impl Schema {
    pub(crate) fn new() -> Self {
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        let server = postgres::url();
        let and = if server.contains('?') { '&' } else { '?' };
        Self {
            url: format!("{server}{and}application_name={name}"),
            name: SchemaName::new(&name).unwrap(),
        }
    }

    pub(crate) async fn open(&self) -> Store {
        DatabaseLocation::PostgresUrl(self.url.as_str().into(), self.name.clone())
            .open(crate::store::FileUse::Shared)
            .await
            .unwrap()
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let (url, name) = (postgres::url(), self.name.to_string());
        let gone = async move {
            let mut connection = PgConnection::connect(&url).await?;
            sqlx::query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1",
            )
            .bind(&name)
            .execute(&mut connection)
            .await?;
            let drop = AssertSqlSafe(format!("DROP SCHEMA IF EXISTS {name} CASCADE"));
            sqlx::query(drop).execute(&mut connection).await?;
            connection.close().await
        };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(gone).map_err(std::io::Error::other)
        });
        if let Ok(Err(error)) = thread.join() {
            eprintln!("the tables of a test are left behind: {error}");
        }
    }
}
