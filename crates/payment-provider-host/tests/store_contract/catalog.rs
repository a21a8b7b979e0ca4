//! Which tables a database has, and what is in them.

use std::collections::BTreeMap;

use crate::store::*;

/// The columns of each table, in order.
pub(super) type Tables = BTreeMap<String, Vec<String>>;

/// What keeps the record of the steps that made the tables.
const RECORDS: [&str; 2] = ["migrations", "_sqlx_migrations"];

pub(super) trait Catalog: Store {
    /// Table and column, for every column there is.
    async fn columns(&self) -> Vec<(String, String)>;

    /// The values of these columns of all rows, as texts that are the same for the same values.
    async fn values(&self, table: &str, columns: &[String]) -> Vec<String>;

    async fn tables(&self) -> Tables {
        let mut tables = Tables::new();
        for (table, column) in self.columns().await {
            if !RECORDS.contains(&table.as_str()) {
                tables.entry(table).or_default().push(column);
            }
        }
        tables
    }

    /// All that is in these tables.
    async fn content(&self, tables: &Tables) -> Vec<String> {
        let mut content = Vec::new();
        for (table, columns) in tables {
            let rows = self.values(table, columns).await;
            content.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
        }
        content
    }
}

#[cfg(feature = "sqlite")]
impl Catalog for SqliteStore {
    async fn columns(&self) -> Vec<(String, String)> {
        sqlx::query_as(
            "SELECT tables.name, columns.name
             FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns
             WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite!_%' ESCAPE '!'
             ORDER BY tables.name, columns.cid",
        )
        .fetch_all(self.readers())
        .await
        .unwrap()
    }

    async fn values(&self, table: &str, columns: &[String]) -> Vec<String> {
        let values: Vec<_> = columns
            .iter()
            .map(|column| format!("quote({column})"))
            .collect();
        let row = values.join(" || ', ' || ");
        let all = sqlx::AssertSqlSafe(format!("SELECT {row} AS row FROM {table} ORDER BY row"));
        sqlx::query_scalar(all)
            .fetch_all(self.readers())
            .await
            .unwrap()
    }
}

#[cfg(feature = "postgres")]
impl Catalog for PostgresStore {
    async fn columns(&self) -> Vec<(String, String)> {
        sqlx::query_as(
            "SELECT table_name::text, column_name::text FROM information_schema.columns
             WHERE table_schema = $1 ORDER BY table_name, ordinal_position",
        )
        .bind(self.schema().as_str())
        .fetch_all(self.pool())
        .await
        .unwrap()
    }

    async fn values(&self, table: &str, columns: &[String]) -> Vec<String> {
        let values: Vec<_> = columns
            .iter()
            .map(|column| format!("quote_nullable({column})"))
            .collect();
        let (row, schema) = (values.join(", "), self.schema());
        let all =
            format!("SELECT concat_ws(', ', {row}) AS row FROM {schema}.{table} ORDER BY row");
        sqlx::query_scalar(sqlx::AssertSqlSafe(all))
            .fetch_all(self.pool())
            .await
            .unwrap()
    }
}
