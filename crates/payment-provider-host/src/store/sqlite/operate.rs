//! What an operator does with the inbox.

use sqlx::sqlite::SqlitePool;

use super::inbox::{read, read_without_events};
use super::{DeliveryRow, DeliveryState, ParkOutcome, Result, StoreError};
use crate::store::columns::ReadColumn;

pub(super) async fn page(
    pool: &SqlitePool,
    connection_pk: i64,
    state: Option<DeliveryState>,
    before: i64,
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    let rows = sqlx::query(
        "SELECT delivery_pk, connection_pk, delivery_key, x'' AS body, events, freshness,
             matched_secret, received_at, copies, state, attempts, failures, looks, error
         FROM deliveries
         WHERE connection_pk = ?1 AND delivery_pk < ?2 AND (?3 IS NULL OR state = ?3)
         ORDER BY delivery_pk DESC LIMIT ?4",
    )
    .bind(connection_pk)
    .bind(before)
    .bind(state.map(DeliveryState::as_str))
    .bind(limit)
    .fetch_all(pool)
    .await
    .map_err(|error| StoreError::new("read the inbox", error))?;
    // Events of another version are no reason to show nothing of a delivery.
    let shown = |row| read(row).or_else(|_| read_without_events(row));
    rows.iter().map(shown).collect()
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
