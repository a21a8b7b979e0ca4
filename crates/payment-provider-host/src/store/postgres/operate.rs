//! What an operator does with the inbox.

use payment_provider_core::ConnectionCode;

use super::inbox::{read, read_without_events};
use super::text::storable;
use super::{DeliveryRow, InboxPage, ParkOutcome, PostgresStore, Result, StoreError};
use crate::store::Store;
use crate::store::columns::ReadColumn;

/// Of as many connections as there can be on the page, those with the latest, the latest of each; of
/// these the latest.
macro_rules! page {
    ($in_state:literal) => {
        concat!(
            "SELECT code, deliveries.delivery_pk, connection_pk, delivery_key, ''::bytea AS body, events,
                 timestamp_check, matched_secret, received_at, copies, state, attempts, failures, looks, error
             FROM (
                 SELECT code, of_one.delivery_pk FROM (
                     SELECT connections.connection_pk, code FROM @connections AS connections
                     CROSS JOIN LATERAL (
                         SELECT delivery_pk FROM @deliveries AS deliveries
                         WHERE deliveries.connection_pk = connections.connection_pk
                             AND delivery_pk < $3",
            $in_state,
            "            ORDER BY delivery_pk DESC LIMIT 1) AS latest
                     WHERE organization_id = $1 AND ($2::text IS NULL OR code = $2)
                         AND deleted_at IS NULL
                     ORDER BY latest.delivery_pk DESC LIMIT $4) AS busy
                 CROSS JOIN LATERAL (
                     SELECT delivery_pk FROM @deliveries AS deliveries
                     WHERE deliveries.connection_pk = busy.connection_pk AND delivery_pk < $3",
            $in_state,
            "        ORDER BY delivery_pk DESC LIMIT $4) AS of_one
                 ORDER BY of_one.delivery_pk DESC LIMIT $4) AS page
             JOIN @deliveries AS deliveries USING (delivery_pk)
             ORDER BY deliveries.delivery_pk DESC"
        )
    };
}
pub(super) const PAGE: &str = page!("");
pub(super) const PAGE_IN_STATE: &str = page!(" AND state = $5");

pub(super) async fn page(
    store: &PostgresStore,
    page: InboxPage<'_>,
) -> Result<Vec<(ConnectionCode, DeliveryRow)>> {
    let InboxPage {
        organization,
        connection,
        state,
        before,
        limit,
    } = page;
    let sql = store.sql(if state.is_some() { PAGE_IN_STATE } else { PAGE });
    let query = sqlx::query(sql)
        .bind(organization.as_str())
        .bind(connection.map(ConnectionCode::as_str))
        .bind(before)
        .bind(limit);
    let query = match state {
        Some(state) => query.bind(state.as_str()),
        None => query,
    };
    let rows = query
        .fetch_all(&store.pool)
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
