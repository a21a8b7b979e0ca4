use payment_provider_core::{PaymentId, Refund, RefundId};
use sqlx::sqlite::SqliteRow;

use super::{RefundRow, Result, StoreError, Tx};
use crate::store::columns::{ReadColumn, json};

/// Writes a refund under its row key; a new one has the key 0.
pub(super) async fn put(tx: &mut Tx, row: &RefundRow) -> Result<i64> {
    let query = if row.pk == 0 {
        sqlx::query_scalar(
            "INSERT INTO refunds (checkout_pk, gateway_payment_id, status, currency, amount, details,
                 connection_pk, gateway_refund_id, seen_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING refund_pk",
        )
    } else {
        sqlx::query_scalar(
            "UPDATE refunds SET checkout_pk = ?1, gateway_payment_id = ?2, status = ?3,
                 currency = ?4, amount = ?5, details = ?6
             WHERE refund_pk = ?10 RETURNING refund_pk",
        )
    };
    let refund = &row.refund;
    query
        .bind(row.checkout_pk)
        .bind(refund.payment_id.as_ref().map(PaymentId::as_str))
        .bind(refund.status.as_str())
        .bind(refund.amount.currency().code())
        .bind(refund.amount.minor_units())
        .bind(json(refund)?)
        .bind(row.connection_pk)
        .bind(refund.id.as_str())
        .bind(row.seen_at)
        .bind(row.pk)
        .fetch_one(&mut **tx)
        .await
        .map_err(|error| StoreError::new("write a refund", error))
}

pub(super) async fn by_id(
    tx: &mut Tx,
    connection_pk: i64,
    id: &RefundId,
) -> Result<Option<RefundRow>> {
    sqlx::query("SELECT * FROM refunds WHERE connection_pk = ? AND gateway_refund_id = ?")
        .bind(connection_pk)
        .bind(id.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(|error| StoreError::new("read a refund", error))?
        .as_ref()
        .map(read)
        .transpose()
}

pub(super) async fn of_payable(tx: &mut Tx, payable_pk: i64) -> Result<Vec<RefundRow>> {
    sqlx::query(
        "SELECT refunds.* FROM refunds JOIN checkouts USING (checkout_pk)
         WHERE payable_pk = ? ORDER BY refund_pk",
    )
    .bind(payable_pk)
    .fetch_all(&mut **tx)
    .await
    .map_err(|error| StoreError::new("read refunds", error))?
    .iter()
    .map(read)
    .collect()
}

fn read(row: &SqliteRow) -> Result<RefundRow> {
    Ok(RefundRow {
        pk: row.number("refund_pk")?,
        checkout_pk: row.number("checkout_pk")?,
        connection_pk: row.number("connection_pk")?,
        refund: row.json::<Refund>("details")?,
        seen_at: row.number("seen_at")?,
    })
}
