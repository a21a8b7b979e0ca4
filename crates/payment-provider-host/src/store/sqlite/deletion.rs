use sqlx::sqlite::{SqliteExecutor, SqlitePool};

use super::{Deletion, Result, StoreError};
use crate::store::ConnectionUseRow;
use crate::store::columns::ReadColumn;

const USE: &str = "SELECT
         (SELECT count(*) FROM customers WHERE connection_pk = ?1) AS customers,
         (SELECT count(*) FROM deliveries WHERE connection_pk = ?1 AND state = 'pending')
             + (SELECT count(*) FROM deliveries WHERE connection_pk = ?1 AND state = 'parked')
             AS waiting,
         count(*) FILTER (WHERE state IN ('creating', 'open', 'partially_paid')) AS open,
         count(*) FILTER (WHERE gateway_paid > booked + written_off
             OR (state = 'paid' AND NOT has_payment AND written_off = 0))
             AS unbooked,
         max(expires_at) AS latest_end,
         (SELECT max(seen_at) FROM payments WHERE connection_pk = ?1) AS latest_payment
     FROM (SELECT state, expires_at, gateway_paid, written_off,
             (SELECT coalesce(sum(payments.amount), 0) FROM payments
                 WHERE payments.checkout_pk = checkouts.checkout_pk AND verdict IS NOT NULL
                     AND payments.currency = checkouts.currency) AS booked,
             EXISTS (SELECT 1 FROM payments
                 WHERE payments.checkout_pk = checkouts.checkout_pk AND verdict IS NOT NULL)
                 AS has_payment
         FROM checkouts WHERE connection_pk = ?1) AS asked";

pub(super) async fn delete(pool: &SqlitePool, pk: i64, now: i64, grace: i64) -> Result<Deletion> {
    let failed = |error| StoreError::new("delete a connection", error);
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let used = used(&mut *tx, pk).await?;
    if !used.is_over(now, grace) {
        return Ok(Deletion::InUse(used));
    }
    let done = sqlx::query(
        "UPDATE connections SET deleted_at = ?, enabled = 0, plain_settings = '{}',
             sealed_settings = '{}', settings_version = settings_version + 1
         WHERE connection_pk = ? AND deleted_at IS NULL",
    )
    .bind(now)
    .bind(pk)
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    if done.rows_affected() == 0 {
        return Ok(Deletion::Missing);
    }
    sqlx::query("DELETE FROM connection_secrets WHERE connection_pk = ?")
        .bind(pk)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    crash_point!("deletion.2-before-commit");
    tx.commit().await.map_err(failed)?;
    Ok(Deletion::Done)
}

async fn used<'e>(executor: impl SqliteExecutor<'e>, pk: i64) -> Result<ConnectionUseRow> {
    let row = sqlx::query(USE)
        .bind(pk)
        .fetch_one(executor)
        .await
        .map_err(|error| StoreError::new("see what a connection is needed for", error))?;
    Ok(ConnectionUseRow {
        open_checkouts: row.number("open")?,
        unbooked_checkouts: row.number("unbooked")?,
        waiting_deliveries: row.number("waiting")?,
        customers: row.number("customers")?,
        latest_end: row.maybe_number("latest_end")?,
        latest_payment: row.maybe_number("latest_payment")?,
    })
}
