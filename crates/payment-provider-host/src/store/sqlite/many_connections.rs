//! Connections by the page, and walks over all of them.

use payment_provider_core::OrganizationId;
use sqlx::sqlite::{SqlitePool, SqliteRow};

use super::connections::{self, read};
use super::{ConnectionRow, Result, SecretUseRow, StoreError, WalkedConnection};
use crate::ConnectionKey;
use crate::store::columns::{ReadColumn, json};

pub(super) const OF_ORGANIZATION: &str = "SELECT * FROM connections
     WHERE organization_id = ? AND code > ? AND deleted_at IS NULL ORDER BY code LIMIT ?";
pub(super) const OF_ALL: &str = "SELECT * FROM connections
     WHERE (organization_id, code) > (?, ?) AND deleted_at IS NULL
     ORDER BY organization_id, code LIMIT ?";

pub(super) async fn after(
    pool: &SqlitePool,
    organization: Option<&OrganizationId>,
    after: Option<&ConnectionKey>,
    limit: i64,
) -> Result<Vec<ConnectionRow>> {
    let (first, code) = ConnectionKey::bounds(after, organization);
    let query = match organization {
        Some(organization) => sqlx::query(OF_ORGANIZATION).bind(organization.as_str()),
        None => sqlx::query(OF_ALL).bind(first),
    };
    query
        .bind(code)
        .bind(limit)
        .fetch_all(pool)
        .await
        .map_err(|error| StoreError::new("read connections", error))?
        .iter()
        .map(read)
        .collect()
}

pub(super) async fn walk(
    pool: &SqlitePool,
    after: i64,
    limit: i64,
) -> Result<Vec<WalkedConnection>> {
    let rows = sqlx::query(
        "SELECT * FROM connections WHERE connection_pk > ? AND deleted_at IS NULL
         ORDER BY connection_pk LIMIT ?",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await
    .map_err(|error| StoreError::new("read connections", error))?;
    let walked = |row: &SqliteRow| {
        Ok(WalkedConnection {
            pk: row.number("connection_pk")?,
            organization: row.parsed("organization_id")?,
            code: row.parsed("code")?,
            row: read(row).ok(),
        })
    };
    rows.iter().map(walked).collect()
}

pub(super) async fn update_settings(pool: &SqlitePool, rows: &[ConnectionRow]) -> Result<Vec<i64>> {
    let failed = |error| StoreError::new("change connections", error);
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let mut missed = Vec::new();
    for row in rows {
        if !connections::update_settings(&mut *tx, row).await? {
            missed.push(row.pk);
        }
    }
    crash_point!("reseal.2-before-commit");
    tx.commit().await.map_err(failed)?;
    Ok(missed)
}

pub(super) async fn secret_uses(
    pool: &SqlitePool,
    connections: &[i64],
) -> Result<Vec<SecretUseRow>> {
    let rows = sqlx::query(
        "SELECT * FROM connection_secrets
         WHERE connection_pk IN (SELECT value FROM json_each(?))
         ORDER BY connection_pk, last_matched_at DESC, label",
    )
    .bind(json(&connections)?)
    .fetch_all(pool)
    .await
    .map_err(|error| StoreError::new("read which secrets verified", error))?;
    let used = |row: &SqliteRow| {
        Ok(SecretUseRow {
            connection_pk: row.number("connection_pk")?,
            label: row.text("label")?,
            last_matched_at: row.number("last_matched_at")?,
        })
    };
    rows.iter().map(used).collect()
}

#[cfg(test)]
mod tests {
    use crate::store::SqliteStore;
    use crate::store::sqlite::{connections, customers};

    use super::{OF_ALL, OF_ORGANIZATION};

    async fn plan(store: &SqliteStore, statement: &'static str) -> String {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        let lines: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain)
            .bind("a")
            .bind("b")
            .bind(10)
            .fetch_all(store.readers())
            .await
            .unwrap();
        let lines: Vec<_> = lines.into_iter().map(|line| line.3).collect();
        lines.join("\n")
    }

    #[tokio::test]
    async fn one_of_many_is_found_and_a_page_read_by_an_index() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("plans.db"));
        let store = store.await.unwrap();
        let by_name = "sqlite_autoindex_connections_1";
        for (statement, index) in [
            (connections::BY_CODE, by_name),
            (OF_ORGANIZATION, by_name),
            (OF_ALL, by_name),
            (customers::LEFT_BEHIND, "checkouts_open"),
        ] {
            let plan = plan(&store, statement).await;
            assert!(plan.contains(index), "{statement}\n{plan}");
            let scans = plan.lines().any(|line| line.starts_with("SCAN"));
            assert!(
                !scans && !plan.contains("TEMP B-TREE FOR ORDER BY\n"),
                "{plan}"
            );
        }
    }
}
