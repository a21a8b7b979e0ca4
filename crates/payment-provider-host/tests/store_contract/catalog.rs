//! The tables of a database, and their rows.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;

use crate::store::*;

/// The columns of each table, in order.
pub(super) type Tables = BTreeMap<String, Vec<String>>;

/// The tables that list the applied migrations.
const MIGRATIONS: [&str; 2] = ["migrations", "_sqlx_migrations"];

#[cfg(feature = "sqlite")]
const SQLITE_COLUMNS: &str = "SELECT tables.name, columns.name
     FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns
     WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite!_%' ESCAPE '!'
     ORDER BY tables.name, columns.cid";

#[cfg(feature = "postgres")]
const POSTGRES_COLUMNS: &str = "SELECT table_name::text, column_name::text
     FROM information_schema.columns
     WHERE table_schema = $1 ORDER BY table_name, ordinal_position";

pub(super) async fn tables(store: &Store) -> Tables {
    let mut tables = Tables::new();
    for (table, column) in columns(store).await {
        if !MIGRATIONS.contains(&table.as_str()) {
            tables.entry(table).or_default().push(column);
        }
    }
    tables
}

/// Returns all rows of these tables, as texts that are equal for equal values.
pub(super) async fn content(store: &Store, tables: &Tables) -> Vec<String> {
    let mut content = Vec::new();
    for (table, columns) in tables {
        let rows = values(store, table, columns).await;
        content.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
    }
    content
}

/// Returns the table and the name of every column.
async fn columns(store: &Store) -> Vec<(String, String)> {
    #[cfg(feature = "sqlite")]
    if let Some(pool) = store.sqlite() {
        let found = sqlx::query_as(SQLITE_COLUMNS).fetch_all(pool);
        return found.await.unwrap();
    }
    #[cfg(feature = "postgres")]
    if let (Some(pool), Some(schema)) = (store.postgres(), store.schema()) {
        let found = sqlx::query_as(POSTGRES_COLUMNS).bind(schema.as_str());
        return found.fetch_all(pool).await.unwrap();
    }
    unreachable!("the store is of one of the databases: {store:?}")
}

async fn values(store: &Store, table: &str, columns: &[String]) -> Vec<String> {
    #[cfg(feature = "sqlite")]
    if let Some(pool) = store.sqlite() {
        let quoted = columns.iter().map(|column| format!("quote({column})"));
        let row = quoted.collect::<Vec<_>>().join(" || ', ' || ");
        let all = AssertSqlSafe(format!("SELECT {row} AS row FROM {table} ORDER BY row"));
        return sqlx::query_scalar(all).fetch_all(pool).await.unwrap();
    }
    #[cfg(feature = "postgres")]
    if let (Some(pool), Some(schema)) = (store.postgres(), store.schema()) {
        let quoted = columns
            .iter()
            .map(|column| format!("quote_nullable({column})"));
        let row = quoted.collect::<Vec<_>>().join(", ");
        let all = AssertSqlSafe(format!(
            "SELECT concat_ws(', ', {row}) AS row FROM {schema}.{table} ORDER BY row"
        ));
        return sqlx::query_scalar(all).fetch_all(pool).await.unwrap();
    }
    unreachable!("the store is of one of the databases: {store:?}")
}
