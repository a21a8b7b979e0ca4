use payment_provider_core::{DedupKey, OrderId, Payment, PaymentId};
use sqlx::sqlite::SqliteRow;

use super::{PaymentRow, Result, StoreError, Tx};
use crate::cash::Verdict;
use crate::store::columns::{ReadColumn, json};

pub(super) async fn of_checkout(tx: &mut Tx, checkout_pk: i64) -> Result<Vec<PaymentRow>> {
    sqlx::query("SELECT * FROM payments WHERE checkout_pk = ? ORDER BY payment_pk")
        .bind(checkout_pk)
        .fetch_all(&mut **tx)
        .await
        .map_err(|error| StoreError::new("read payments", error))?
        .iter()
        .map(read)
        .collect()
}

pub(super) async fn of_payable(tx: &mut Tx, payable_pk: i64) -> Result<Vec<PaymentRow>> {
    sqlx::query(
        "SELECT payments.* FROM payments JOIN checkouts USING (checkout_pk)
         WHERE payable_pk = ? ORDER BY payment_pk",
    )
    .bind(payable_pk)
    .fetch_all(&mut **tx)
    .await
    .map_err(|error| StoreError::new("read payments", error))?
    .iter()
    .map(read)
    .collect()
}

/// Writes a payment under its row key; a new one has the key 0.
pub(super) async fn put(tx: &mut Tx, row: &PaymentRow) -> Result<i64> {
    let failed = |error| StoreError::new("write a payment", error);
    let query = if row.pk == 0 {
        sqlx::query_scalar(
            "INSERT INTO payments (checkout_pk, connection_pk, gateway_payment_id, order_id, status,
                 currency, amount, details, verdict, credited, surplus, told_as, seen_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) RETURNING payment_pk",
        )
    } else {
        sqlx::query_scalar(
            "UPDATE payments SET checkout_pk = ?1, gateway_payment_id = ?3, order_id = ?4, status = ?5,
                 currency = ?6, amount = ?7, details = ?8, verdict = ?9, credited = ?10, surplus = ?11,
                 told_as = ?12
             WHERE payment_pk = ?14 RETURNING payment_pk",
        )
    };
    let payment = &row.payment;
    query
        .bind(row.checkout_pk)
        .bind(row.connection_pk)
        .bind(payment.id.as_str())
        .bind(payment.order_id.as_ref().map(OrderId::as_str))
        .bind(payment.status.as_str())
        .bind(payment.amount.currency().code())
        .bind(payment.amount.minor_units())
        .bind(json(payment)?)
        .bind(row.verdict.map(Verdict::as_str))
        .bind(row.credited)
        .bind(row.surplus)
        .bind(row.told_as.as_ref().map(PaymentId::as_str))
        .bind(row.seen_at)
        .bind(row.pk)
        .fetch_one(&mut **tx)
        .await
        .map_err(failed)
}

fn read(row: &SqliteRow) -> Result<PaymentRow> {
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

pub(super) async fn by_id(
    tx: &mut Tx,
    connection_pk: i64,
    id: &PaymentId,
) -> Result<Option<PaymentRow>> {
    sqlx::query("SELECT * FROM payments WHERE connection_pk = ? AND gateway_payment_id = ?")
        .bind(connection_pk)
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(|error| StoreError::new("read a payment", error))?
        .as_ref()
        .map(read)
        .transpose()
}

pub(super) async fn merge(tx: &mut Tx, gone: i64, kept: i64) -> Result<()> {
    let failed = |error| StoreError::new("merge payments", error);
    sqlx::query("UPDATE effects SET payment_pk = ? WHERE payment_pk = ?")
        .bind(kept)
        .bind(gone)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    sqlx::query("DELETE FROM payments WHERE payment_pk = ?")
        .bind(gone)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    Ok(())
}

pub(super) async fn effect_payment(
    tx: &mut Tx,
    connection_pk: i64,
    key: &DedupKey,
) -> Result<Option<i64>> {
    sqlx::query_scalar("SELECT payment_pk FROM effects WHERE connection_pk = ? AND dedup_key = ?")
        .bind(connection_pk)
        .bind(key.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(|error| StoreError::new("read an effect", error))
}

pub(super) async fn forget_effect(tx: &mut Tx, connection_pk: i64, key: &DedupKey) -> Result<()> {
    sqlx::query("DELETE FROM effects WHERE connection_pk = ? AND dedup_key = ?")
        .bind(connection_pk)
        .bind(key.as_str())
        .execute(&mut **tx)
        .await
        .map_err(|error| StoreError::new("forget an effect", error))?;
    Ok(())
}

pub(super) async fn put_effect(
    tx: &mut Tx,
    connection_pk: i64,
    key: &DedupKey,
    payment_pk: i64,
    at: i64,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO effects (connection_pk, dedup_key, payment_pk, applied_at)
         VALUES (?, ?, ?, ?)
         ON CONFLICT (connection_pk, dedup_key) DO UPDATE SET payment_pk = excluded.payment_pk",
    )
    .bind(connection_pk)
    .bind(key.as_str())
    .bind(payment_pk)
    .bind(at)
    .execute(&mut **tx)
    .await
    .map_err(|error| StoreError::new("write an effect", error))?;
    Ok(())
}
