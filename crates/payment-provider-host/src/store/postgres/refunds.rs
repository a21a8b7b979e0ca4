use payment_provider_core::{PaymentId, Refund, RefundId};
use sqlx::postgres::PgRow;

use super::text::storable;
use super::{PostgresTx, RefundRow, Result, StoreError};
use crate::store::columns::{ReadColumn, json};

/// Writes a refund under its row key; a new one has the key 0.
pub(super) async fn put(tx: &mut PostgresTx, row: &RefundRow) -> Result<i64> {
    const ACTION: &str = "write a refund";
    let failed = |error| StoreError::new(ACTION, error);
    let refund = &row.refund;
    if row.pk != 0 {
        let sql = tx.sql(
            "UPDATE @refunds SET checkout_pk = $1, gateway_payment_id = $2, status = $3,
                 currency = $4, amount = $5, details = $6
             WHERE refund_pk = $7 RETURNING refund_pk",
        );
        return sqlx::query_scalar(sql)
            .bind(row.checkout_pk)
            .bind(refund.payment_id.as_ref().map(PaymentId::as_str))
            .bind(storable(refund.status.as_str()))
            .bind(refund.amount.currency().code())
            .bind(refund.amount.minor_units())
            .bind(json(refund)?)
            .bind(row.pk)
            .fetch_one(tx.own())
            .await
            .map_err(failed);
    }
    // A refund that is told of on two payables at once has two writers: one of them tries again.
    let sql = tx.sql(
        "INSERT INTO @refunds (checkout_pk, gateway_payment_id, status, currency, amount, details,
             connection_pk, gateway_refund_id, seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (connection_pk, gateway_refund_id) DO NOTHING RETURNING refund_pk",
    );
    sqlx::query_scalar(sql)
        .bind(row.checkout_pk)
        .bind(refund.payment_id.as_ref().map(PaymentId::as_str))
        .bind(storable(refund.status.as_str()))
        .bind(refund.amount.currency().code())
        .bind(refund.amount.minor_units())
        .bind(json(refund)?)
        .bind(row.connection_pk)
        .bind(refund.id.as_str())
        .bind(row.seen_at)
        .fetch_optional(tx.own())
        .await
        .map_err(failed)?
        .ok_or_else(|| StoreError::lost_race(ACTION))
}

pub(super) const BY_ID: &str =
    "SELECT #refunds FROM @refunds WHERE connection_pk = $1 AND gateway_refund_id = $2";
/// It may belong to another payable than the one that is held.
pub(super) const BY_ID_TO_WRITE: &str =
    "SELECT #refunds FROM @refunds WHERE connection_pk = $1 AND gateway_refund_id = $2
     FOR NO KEY UPDATE";

pub(super) async fn by_id(
    tx: &mut PostgresTx,
    connection_pk: i64,
    id: &RefundId,
) -> Result<Option<RefundRow>> {
    let sql = tx.sql(if tx.writes() { BY_ID_TO_WRITE } else { BY_ID });
    sqlx::query(sql)
        .bind(connection_pk)
        .bind(id.as_str())
        .fetch_optional(tx.own())
        .await
        .map_err(|error| StoreError::new("read a refund", error))?
        .as_ref()
        .map(read)
        .transpose()
}

pub(super) const OF_PAYABLE: &str =
    "SELECT #refunds FROM @refunds AS refunds JOIN @checkouts USING (checkout_pk)
     WHERE payable_pk = $1 ORDER BY refund_pk";

pub(super) async fn of_payable(tx: &mut PostgresTx, payable_pk: i64) -> Result<Vec<RefundRow>> {
    let sql = tx.sql(OF_PAYABLE);
    sqlx::query(sql)
        .bind(payable_pk)
        .fetch_all(tx.own())
        .await
        .map_err(|error| StoreError::new("read refunds", error))?
        .iter()
        .map(read)
        .collect()
}

fn read(row: &PgRow) -> Result<RefundRow> {
    Ok(RefundRow {
        pk: row.number("refund_pk")?,
        checkout_pk: row.number("checkout_pk")?,
        connection_pk: row.number("connection_pk")?,
        refund: row.json::<Refund>("details")?,
        seen_at: row.number("seen_at")?,
    })
}
