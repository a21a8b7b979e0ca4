//! What an operator does with the inbox.

use super::inbox::{read, read_without_events};
use super::text::storable;
use super::{DeliveryRow, DeliveryState, ParkOutcome, PostgresStore, Result, StoreError};
use crate::store::Store;
use crate::store::columns::ReadColumn;

pub(super) const PAGE: &str = "SELECT delivery_pk, connection_pk, delivery_key, ''::bytea AS body,
         events, freshness, matched_secret, received_at, copies, state, attempts, failures, looks, error
     FROM @deliveries
     WHERE connection_pk = $1 AND delivery_pk < $2 AND ($3::text IS NULL OR state = $3)
     ORDER BY delivery_pk DESC LIMIT $4";

pub(super) async fn page(
    store: &PostgresStore,
    connection_pk: i64,
    state: Option<DeliveryState>,
    before: i64,
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    let rows = sqlx::query(store.sql(PAGE))
        .bind(connection_pk)
        .bind(before)
        .bind(state.map(DeliveryState::as_str))
        .bind(limit)
        .fetch_all(&store.pool)
        .await
        .map_err(|error| StoreError::new("read the inbox", error))?;
    // Events of another version are no reason to show nothing of a delivery.
    let shown = |row| read(row).or_else(|_| read_without_events(row));
    rows.iter().map(shown).collect()
}

pub(super) const ONE: &str =
    "SELECT #deliveries FROM @deliveries WHERE connection_pk = $1 AND delivery_key = $2";

pub(super) async fn one(
    store: &PostgresStore,
    connection_pk: i64,
    key: &str,
) -> Result<Option<DeliveryRow>> {
    sqlx::query(store.sql(ONE))
        .bind(connection_pk)
        .bind(storable(key))
        .fetch_optional(&store.pool)
        .await
        .map_err(|error| StoreError::new("read the inbox", error))?
        .map(|row| read(&row).or_else(|_| read_without_events(&row)))
        .transpose()
}

const FORGET_NAMES: &str = "DELETE FROM @unmatched_subjects WHERE connection_pk = $1
         AND delivery_pk = (SELECT delivery_pk FROM @deliveries
             WHERE connection_pk = $1 AND delivery_key = $2)";

/// First the names that it waits for, then the delivery itself, in the order of those who make a name
/// known.
pub(super) async fn park(
    store: &PostgresStore,
    connection_pk: i64,
    key: &str,
    error: &str,
) -> Result<ParkOutcome> {
    let failed = |error| StoreError::new("park a delivery", error);
    let mut tx = store.begin().await?;
    let sql = tx.sql(FORGET_NAMES);
    sqlx::query(sql)
        .bind(connection_pk)
        .bind(storable(key))
        .execute(tx.own())
        .await
        .map_err(failed)?;
    let sql = tx.sql(
        "UPDATE @deliveries SET state = 'parked', error = $3, lease_owner = NULL, lease_until = 0
         WHERE connection_pk = $1 AND delivery_key = $2 AND state IN ('pending', 'unmatched')",
    );
    let done = sqlx::query(sql)
        .bind(connection_pk)
        .bind(storable(key))
        .bind(storable(error))
        .execute(tx.own())
        .await
        .map_err(failed)?;
    if done.rows_affected() == 0 {
        // Without a commit: whatever it is, it keeps what it waits for.
        let sql =
            tx.sql("SELECT state FROM @deliveries WHERE connection_pk = $1 AND delivery_key = $2");
        let found = sqlx::query(sql)
            .bind(connection_pk)
            .bind(storable(key))
            .fetch_optional(tx.own())
            .await
            .map_err(failed)?;
        return found.map_or(Ok(ParkOutcome::Unknown), |row| {
            Ok(ParkOutcome::Not(row.word("state")?))
        });
    }
    // It may have come to wait for names since these were looked for.
    let sql = tx.sql(FORGET_NAMES);
    sqlx::query(sql)
        .bind(connection_pk)
        .bind(storable(key))
        .execute(tx.own())
        .await
        .map_err(failed)?;
    crash_point!("park.2-before-commit");
    tx.commit().await?;
    Ok(ParkOutcome::Parked)
}

pub(super) async fn retry_parked(store: &PostgresStore, connection_pk: i64) -> Result<u64> {
    let mut tx = store.begin().await?;
    let sql = tx.sql(
        "UPDATE @deliveries SET state = 'pending', attempts = 0, looks = 0, failures = 0, next_attempt = 0
         WHERE connection_pk = $1 AND state = 'parked'",
    );
    let done = sqlx::query(sql)
        .bind(connection_pk)
        .execute(tx.own())
        .await
        .map_err(|error| StoreError::new("try deliveries again", error))?;
    tx.commit().await?;
    Ok(done.rows_affected())
}
