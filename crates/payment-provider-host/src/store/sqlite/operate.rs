//! What an operator does with the inbox.

use payment_provider_core::ConnectionCode;
use sqlx::sqlite::SqlitePool;

use super::inbox::{read, read_without_events};
use super::{DeliveryRow, DeliveryState, InboxPage, ParkOutcome, Result, StoreError};
use crate::store::columns::ReadColumn;

/// Of as many connections as there can be on the page, those with the latest, the latest of each; of
/// these the latest.
macro_rules! page {
    ($in_state:literal) => {
        concat!(
            "SELECT code, deliveries.delivery_pk, connection_pk, delivery_key, x'' AS body, events,
                 timestamp_check, matched_secret, received_at, copies, state, attempts, failures, looks, error
             FROM (
                 SELECT code, of_one.delivery_pk FROM (
                     SELECT connection_pk, code, (
                             SELECT delivery_pk FROM deliveries
                             WHERE deliveries.connection_pk = connections.connection_pk
                                 AND delivery_pk < ?3",
            $in_state,
            "                ORDER BY delivery_pk DESC LIMIT 1) AS latest
                     FROM connections
                     WHERE organization_id = ?1 AND (?2 IS NULL OR code = ?2) AND deleted_at IS NULL
                     ORDER BY latest DESC LIMIT ?4) AS busy
                 CROSS JOIN deliveries AS of_one ON of_one.delivery_pk IN (
                     SELECT delivery_pk FROM deliveries
                     WHERE deliveries.connection_pk = busy.connection_pk AND delivery_pk < ?3",
            $in_state,
            "        ORDER BY delivery_pk DESC LIMIT ?4)
                 ORDER BY of_one.delivery_pk DESC LIMIT ?4) AS page
             CROSS JOIN deliveries USING (delivery_pk)
             ORDER BY delivery_pk DESC"
        )
    };
}
const PAGE: &str = page!("");
const PAGE_IN_STATE: &str = page!(" AND state = ?5");

pub(super) async fn page(
    pool: &SqlitePool,
    page: InboxPage<'_>,
) -> Result<Vec<(ConnectionCode, DeliveryRow)>> {
    let InboxPage {
        organization,
        connection,
        state,
        before,
        limit,
    } = page;
    let query = sqlx::query(if state.is_some() { PAGE_IN_STATE } else { PAGE })
        .bind(organization.as_str())
        .bind(connection.map(ConnectionCode::as_str))
        .bind(before)
        .bind(limit);
    let query = match state {
        Some(state) => query.bind(state.as_str()),
        None => query,
    };
    let rows = query
        .fetch_all(pool)
        .await
        .map_err(|error| StoreError::new("read the inbox", error))?;
    rows.iter()
        .map(|row| {
            // Events of another version are no reason to show nothing of a delivery.
            let shown = read(row).or_else(|_| read_without_events(row))?;
            Ok((row.parsed("code")?, shown))
        })
        .collect()
}

pub(super) async fn one(
    pool: &SqlitePool,
    connection_pk: i64,
    key: &str,
) -> Result<Option<DeliveryRow>> {
    sqlx::query("SELECT * FROM deliveries WHERE connection_pk = ? AND delivery_key = ?")
        .bind(connection_pk)
        .bind(key)
        .fetch_optional(pool)
        .await
        .map_err(|error| StoreError::new("read the inbox", error))?
        .map(|row| read(&row).or_else(|_| read_without_events(&row)))
        .transpose()
}

pub(super) async fn park(
    pool: &SqlitePool,
    connection_pk: i64,
    key: &str,
    error: &str,
) -> Result<ParkOutcome> {
    let failed = |error| StoreError::new("park a delivery", error);
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let parked: Option<i64> = sqlx::query_scalar(
        "UPDATE deliveries SET state = 'parked', error = ?3, lease_owner = NULL, lease_until = 0
         WHERE connection_pk = ?1 AND delivery_key = ?2 AND state IN ('pending', 'unmatched')
         RETURNING delivery_pk",
    )
    .bind(connection_pk)
    .bind(key)
    .bind(error)
    .fetch_optional(&mut *tx)
    .await
    .map_err(failed)?;
    let Some(pk) = parked else {
        let found = sqlx::query(
            "SELECT state FROM deliveries WHERE connection_pk = ? AND delivery_key = ?",
        )
        .bind(connection_pk)
        .bind(key)
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed)?;
        return found.map_or(Ok(ParkOutcome::Unknown), |row| {
            Ok(ParkOutcome::Not(row.word("state")?))
        });
    };
    // What it waited for would bring it back.
    sqlx::query("DELETE FROM unmatched_subjects WHERE connection_pk = ? AND delivery_pk = ?")
        .bind(connection_pk)
        .bind(pk)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    crash_point!("park.2-before-commit");
    tx.commit().await.map_err(failed)?;
    Ok(ParkOutcome::Parked)
}

pub(super) async fn retry_parked(pool: &SqlitePool, connection_pk: i64) -> Result<u64> {
    let done = sqlx::query(
        "UPDATE deliveries SET state = 'pending', attempts = 0, looks = 0, failures = 0, next_attempt = 0
         WHERE connection_pk = ? AND state = ?",
    )
    .bind(connection_pk)
    .bind(DeliveryState::Parked.as_str())
    .execute(pool)
    .await
    .map_err(|error| StoreError::new("try deliveries again", error))?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::{PAGE, PAGE_IN_STATE};
    use crate::store::SqliteStore;

    #[tokio::test]
    async fn a_page_is_read_by_an_index_at_each_step() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("plans.db"));
        let store = store.await.unwrap();
        for (statement, index) in [
            (
                PAGE,
                "deliveries_by_connection (connection_pk=? AND rowid<?)",
            ),
            (
                PAGE_IN_STATE,
                "deliveries_by_state (connection_pk=? AND state=? AND rowid<?)",
            ),
        ] {
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let lines: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain)
                .fetch_all(store.readers())
                .await
                .unwrap();
            let plan: Vec<_> = lines.into_iter().map(|line| line.3).collect();
            let plan = plan.join("\n");
            println!("{plan}\n");
            let seeks = plan.matches(index).count();
            assert_eq!(seeks, 2, "the latest, and of each:\n{plan}");
            assert!(!plan.contains("SCAN deliveries"), "{plan}");
            assert!(!plan.contains("SCAN of_one"), "{plan}");
            assert!(!plan.contains("SCAN connections"), "{plan}");
        }
    }
}
