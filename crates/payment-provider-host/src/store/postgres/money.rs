use payment_provider_core::{DedupKey, OrderId, Payment, PaymentId};
use sqlx::postgres::PgRow;

use super::text::{storable, storable_key};
use super::{PaymentRow, PostgresTx, Result, StoreError};
use crate::cash::Verdict;
use crate::store::columns::{ReadColumn, json};

pub(super) const OF_CHECKOUT: &str =
    "SELECT #payments FROM @payments WHERE checkout_pk = $1 ORDER BY payment_pk";

pub(super) async fn of_checkout(tx: &mut PostgresTx, checkout_pk: i64) -> Result<Vec<PaymentRow>> {
    let sql = tx.sql(OF_CHECKOUT);
    sqlx::query(sql)
        .bind(checkout_pk)
        .fetch_all(tx.own())
        .await
        .map_err(|error| StoreError::new("read payments", error))?
        .iter()
        .map(read)
        .collect()
}

pub(super) const OF_PAYABLE: &str =
    "SELECT #payments FROM @payments AS payments JOIN @checkouts USING (checkout_pk)
     WHERE payable_pk = $1 ORDER BY payment_pk";

pub(super) async fn of_payable(tx: &mut PostgresTx, payable_pk: i64) -> Result<Vec<PaymentRow>> {
    let sql = tx.sql(OF_PAYABLE);
    sqlx::query(sql)
        .bind(payable_pk)
        .fetch_all(tx.own())
        .await
        .map_err(|error| StoreError::new("read payments", error))?
        .iter()
        .map(read)
        .collect()
}

/// Writes a payment under its row key; a new one has the key 0.
pub(super) async fn put(tx: &mut PostgresTx, row: &PaymentRow) -> Result<i64> {
    const ACTION: &str = "write a payment";
    let sql = if row.pk == 0 {
        // A payment that is told of on two payables at once has two writers: one of them tries again.
        tx.sql(
            "INSERT INTO @payments (checkout_pk, connection_pk, gateway_payment_id, order_id, status,
                 currency, amount, details, verdict, credited, surplus, told_as, seen_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             ON CONFLICT (connection_pk, gateway_payment_id) DO NOTHING
             RETURNING payment_pk",
        )
    } else {
        tx.sql(
            "UPDATE @payments SET checkout_pk = $1, connection_pk = $2, gateway_payment_id = $3,
                 order_id = $4, status = $5, currency = $6, amount = $7, details = $8, verdict = $9,
                 credited = $10, surplus = $11, told_as = $12
             WHERE payment_pk = $13 RETURNING payment_pk",
        )
    };
    let payment = &row.payment;
    sqlx::query_scalar(sql)
        .bind(row.checkout_pk)
        .bind(row.connection_pk)
        .bind(payment.id.as_str())
        .bind(payment.order_id.as_ref().map(OrderId::as_str))
        .bind(storable(payment.status.as_str()))
        .bind(payment.amount.currency().code())
        .bind(payment.amount.minor_units())
        .bind(json(payment)?)
        .bind(row.verdict.map(Verdict::as_str))
        .bind(row.credited)
        .bind(row.surplus)
        .bind(row.told_as.as_ref().map(PaymentId::as_str))
        .bind(if row.pk == 0 { row.seen_at } else { row.pk })
        .fetch_optional(tx.own())
        .await
        .map_err(|error| StoreError::new(ACTION, error))?
        .ok_or_else(|| StoreError::lost_race(ACTION))
}

fn read(row: &PgRow) -> Result<PaymentRow> {
    Ok(PaymentRow {
        pk: row.number("payment_pk")?,
        checkout_pk: row.number("checkout_pk")?,
        connection_pk: row.number("connection_pk")?,
        payment: row.json::<Payment>("details")?,
        verdict: row.maybe_word("verdict")?,
        credited: row.number("credited")?,
        surplus: row.number("surplus")?,
        told_as: row.maybe_parsed("told_as")?,
        seen_at: row.number("seen_at")?,
    })
}

pub(super) const BY_ID: &str =
    "SELECT #payments FROM @payments WHERE connection_pk = $1 AND gateway_payment_id = $2";
/// It may belong to another payable than the one that is held.
pub(super) const BY_ID_TO_WRITE: &str =
    "SELECT #payments FROM @payments WHERE connection_pk = $1 AND gateway_payment_id = $2
     FOR NO KEY UPDATE";

pub(super) async fn by_id(
    tx: &mut PostgresTx,
    connection_pk: i64,
    id: &PaymentId,
) -> Result<Option<PaymentRow>> {
    let sql = tx.sql(if tx.writes() { BY_ID_TO_WRITE } else { BY_ID });
    sqlx::query(sql)
        .bind(connection_pk)
        .bind(id.as_str())
        .fetch_optional(tx.own())
        .await
        .map_err(|error| StoreError::new("read a payment", error))?
        .as_ref()
        .map(read)
        .transpose()
}

pub(super) async fn merge(tx: &mut PostgresTx, gone: i64, kept: i64) -> Result<()> {
    let failed = |error| StoreError::new("merge payments", error);
    let sql = tx.sql("UPDATE @effects SET payment_pk = $1 WHERE payment_pk = $2");
    sqlx::query(sql)
        .bind(kept)
        .bind(gone)
        .execute(tx.own())
        .await
        .map_err(failed)?;
    let sql = tx.sql("DELETE FROM @payments WHERE payment_pk = $1");
    sqlx::query(sql)
        .bind(gone)
        .execute(tx.own())
        .await
        .map_err(failed)?;
    Ok(())
}

pub(super) const EFFECT: &str =
    "SELECT payment_pk FROM @effects WHERE connection_pk = $1 AND dedup_key = $2";

pub(super) async fn effect_payment(
    tx: &mut PostgresTx,
    connection_pk: i64,
    key: &DedupKey,
) -> Result<Option<i64>> {
    let sql = tx.sql(EFFECT);
    let found = sqlx::query_scalar(sql)
        .bind(connection_pk)
        .bind(storable_key(key.as_str()))
        .fetch_optional(tx.own())
        .await
        .map_err(|error| StoreError::new("read an effect", error))?;
    if found.is_none() {
        tx.note_absent(connection_pk, key.as_str());
    }
    Ok(found)
}

pub(super) async fn forget_effect(
    tx: &mut PostgresTx,
    connection_pk: i64,
    key: &DedupKey,
) -> Result<()> {
    let sql = tx.sql("DELETE FROM @effects WHERE connection_pk = $1 AND dedup_key = $2");
    sqlx::query(sql)
        .bind(connection_pk)
        .bind(storable_key(key.as_str()))
        .execute(tx.own())
        .await
        .map_err(|error| StoreError::new("forget an effect", error))?;
    Ok(())
}

/// An effect that was looked for in this transaction and not found is written only if that is still
/// so: whoever recorded it meanwhile has booked by it.
pub(super) async fn put_effect(
    tx: &mut PostgresTx,
    connection_pk: i64,
    key: &DedupKey,
    payment_pk: i64,
    at: i64,
) -> Result<()> {
    const ACTION: &str = "write an effect";
    let sql = if tx.was_absent(connection_pk, key.as_str()) {
        tx.sql(
            "INSERT INTO @effects (connection_pk, dedup_key, payment_pk, applied_at)
             VALUES ($1, $2, $3, $4) ON CONFLICT (connection_pk, dedup_key) DO NOTHING",
        )
    } else {
        tx.sql(
            "INSERT INTO @effects (connection_pk, dedup_key, payment_pk, applied_at)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (connection_pk, dedup_key) DO UPDATE SET payment_pk = excluded.payment_pk",
        )
    };
    let done = sqlx::query(sql)
        .bind(connection_pk)
        .bind(storable_key(key.as_str()))
        .bind(payment_pk)
        .bind(at)
        .execute(tx.own())
        .await
        .map_err(|error| StoreError::new(ACTION, error))?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::lost_race(ACTION))
    }
}
