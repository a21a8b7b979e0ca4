use std::collections::HashMap;

use crate::accounting::{AllocationOutcome, PaymentRecord};
use crate::store::nul_escape::without_nul;
use crate::store::row::{Row, json};
use crate::store::statement::statement;
use crate::store::{Result, StoreError, Transaction};

pub(super) const COLUMNS: &[&str] = &[
    "payment_pk",
    "checkout_pk",
    "connection_pk",
    "gateway_payment_id",
    "status",
    "currency",
    "amount",
    "details",
    "allocation_outcome",
    "applied",
    "overpaid",
    "seen_at",
];

/// Inserts payments, given as a JSON array of arrays: the columns. If a payment is reported on two
/// payables at once, two transactions insert it: one of them inserts nothing and is repeated.
const INSERT: &str =
    "INSERT INTO @payments (checkout_pk, connection_pk, gateway_payment_id, order_id,
         status, currency, amount, details, allocation_outcome, applied, overpaid, seen_at)
     SELECT CAST(listed.value ->> 0 AS bigint), CAST(listed.value ->> 1 AS bigint),
         listed.value ->> 2, listed.value ->> 3, listed.value ->> 4, listed.value ->> 5,
         CAST(listed.value ->> 6 AS bigint), listed.value ->> 7, listed.value ->> 8,
         CAST(listed.value ->> 9 AS bigint), CAST(listed.value ->> 10 AS bigint),
         CAST(listed.value ->> 11 AS bigint)
     FROM {each $1} WHERE true ORDER BY listed.key
     ON CONFLICT (connection_pk, gateway_payment_id) DO NOTHING
     RETURNING payment_pk, connection_pk, gateway_payment_id";

const UPDATE: &str =
    "UPDATE @payments SET checkout_pk = $1, connection_pk = $2, gateway_payment_id = $3,
         order_id = $4, status = $5, currency = $6, amount = $7, details = $8,
         allocation_outcome = $9, applied = $10, overpaid = $11
     WHERE payment_pk = $12";

pub(in crate::store) const OF_PAYABLES: &str =
    "SELECT #payments FROM @payments JOIN @checkouts USING (checkout_pk)
     WHERE payable_pk {any $1} ORDER BY payment_pk";

/// Selects payments by ids, by dedup keys, by orders, the first of each of further orders, and of some
/// checkouts those that an operator recorded and those without an order.
pub(in crate::store) const NAMED: &str = "SELECT #payments FROM (
         SELECT payment_pk FROM @payments WHERE connection_pk = $1 AND gateway_payment_id {any $2}
         UNION SELECT payment_pk FROM @dedup_keys WHERE connection_pk = $1 AND dedup_key {any $3}
         UNION SELECT payment_pk FROM @payments WHERE connection_pk = $1 AND order_id {any $4}
         UNION SELECT (SELECT payment_pk FROM @payments
                 WHERE connection_pk = $1 AND order_id = listed.value ->> 0
                 ORDER BY payment_pk LIMIT 1)
             FROM {each $5}
         UNION SELECT payment_pk FROM @payments
             WHERE checkout_pk {any $6} AND substr(gateway_payment_id, 1, 7) = 'manual:'
         UNION SELECT payment_pk FROM @payments WHERE checkout_pk {any $7} AND order_id IS NULL
     ) AS named {JOIN} @payments USING (payment_pk) ORDER BY payment_pk";

/// Sums up what is posted on each checkout of some payables, in two parts of which neither overflows.
pub(in crate::store) const POSTED: &str = "SELECT checkouts.checkout_pk AS checkout_pk,
         CAST(COALESCE(sum(CASE WHEN payments.currency = checkouts.currency
             THEN payments.amount / 1000000000 END), 0) AS bigint) AS billions,
         CAST(COALESCE(sum(CASE WHEN payments.currency = checkouts.currency
             THEN payments.amount % 1000000000 END), 0) AS bigint) AS units,
         max(CASE WHEN substr(gateway_payment_id, 1, 7) = 'manual:' THEN 1 ELSE 0 END) = 1
             AS has_manual,
         max(CASE WHEN order_id IS NULL THEN 1 ELSE 0 END) = 1 AS has_no_order
     FROM @checkouts {JOIN} @payments USING (checkout_pk)
     WHERE payable_pk {any $1} AND allocation_outcome IS NOT NULL
     GROUP BY checkouts.checkout_pk";

/// The payments that are posted on one checkout.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct PostedOnCheckout {
    pub(in crate::store) checkout_pk: i64,
    /// Their sum in the currency of the checkout, or the nearest amount that there is.
    pub(in crate::store) amount: i64,
    /// True if an operator recorded one of them under a key.
    pub(in crate::store) has_manual: bool,
    /// True if one of them names no order.
    pub(in crate::store) has_no_order: bool,
}

const DELETE: &str = "DELETE FROM @payments WHERE payment_pk = $1";

const MOVE_KEYS: &str = "UPDATE @dedup_keys SET payment_pk = $1 WHERE payment_pk = $2";

impl Transaction {
    /// Adds payments and returns their keys, in the order of the payments.
    pub(crate) async fn insert_payments(&mut self, rows: &[&PaymentRecord]) -> Result<Vec<i64>> {
        const ACTION: &str = "write payments";
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let values: Vec<_> = rows
            .iter()
            .map(|row| columns_of(row))
            .collect::<Result<_>>()?;
        let insert = statement!(ACTION, INSERT, json(&values)?);
        let read = |row: &Row<'_>| {
            let id = (
                row.number("connection_pk")?,
                row.text("gateway_payment_id")?,
            );
            Ok((id, row.number("payment_pk")?))
        };
        let written: HashMap<(i64, String), i64> =
            self.fetch_all(insert, read).await?.into_iter().collect();
        let pk = |row: &&PaymentRecord| {
            let id = without_nul(row.payment.id.as_str()).into_owned();
            written.get(&(row.connection_pk, id)).copied()
        };
        // Two reports of one payment in one decision would share a row.
        if written.len() < rows.len() {
            return Err(StoreError::lost_race(ACTION));
        }
        let pks: Option<Vec<i64>> = rows.iter().map(pk).collect();
        pks.ok_or_else(|| StoreError::lost_race(ACTION))
    }

    /// Writes a payment that is stored already.
    pub(crate) async fn update_payment(&mut self, row: &PaymentRecord) -> Result<()> {
        const ACTION: &str = "write a payment";
        let payment = &row.payment;
        let currency = payment.amount.currency();
        let put = statement!(
            ACTION,
            UPDATE,
            row.checkout_pk,
            row.connection_pk,
            &payment.id
        )
        .bind(payment.order_id.as_ref())
        .bind(payment.status.as_str())
        .bind(currency.code())
        .bind(payment.amount.minor_units())
        .bind(json(payment)?)
        .bind(row.outcome.map(AllocationOutcome::as_str))
        .bind(row.applied)
        .bind(row.overpaid)
        .bind(row.pk);
        match self.execute(put).await? {
            0 => Err(StoreError::lost_race(ACTION)),
            _ => Ok(()),
        }
    }

    /// Deletes a payment that turned out to be another one, which takes over its deduplication keys.
    pub(crate) async fn merge_payments(&mut self, deleted: i64, kept: i64) -> Result<()> {
        const ACTION: &str = "merge payments";
        self.execute(statement!(ACTION, MOVE_KEYS, kept, deleted))
            .await?;
        self.execute(statement!(ACTION, DELETE, deleted)).await?;
        Ok(())
    }
}

/// The columns of a new payment, as [`INSERT`] takes them.
fn columns_of(row: &PaymentRecord) -> Result<serde_json::Value> {
    let payment = &row.payment;
    let order = payment.order_id.as_ref().map(|id| without_nul(id.as_str()));
    Ok(serde_json::json!([
        row.checkout_pk,
        row.connection_pk,
        without_nul(payment.id.as_str()),
        order,
        without_nul(payment.status.as_str()),
        payment.amount.currency().code(),
        payment.amount.minor_units(),
        json(payment)?,
        row.outcome.map(AllocationOutcome::as_str),
        row.applied,
        row.overpaid,
        row.seen_at,
    ]))
}

pub(in crate::store) fn read_posted(row: &Row<'_>) -> Result<PostedOnCheckout> {
    Ok(PostedOnCheckout {
        checkout_pk: row.number("checkout_pk")?,
        amount: sum_of_parts(row.number("billions")?, row.number("units")?),
        has_manual: row.flag("has_manual")?,
        has_no_order: row.flag("has_no_order")?,
    })
}

/// Puts together a sum. What is beyond the range of amounts becomes the nearest one, as
/// [`count_posted`](crate::accounting) does.
fn sum_of_parts(billions: i64, units: i64) -> i64 {
    let sum = i128::from(billions) * 1_000_000_000 + i128::from(units);
    let nearest = if sum < 0 { i64::MIN } else { i64::MAX };
    i64::try_from(sum).unwrap_or(nearest)
}

pub(in crate::store) fn read(row: &Row<'_>) -> Result<PaymentRecord> {
    Ok(PaymentRecord {
        pk: row.number("payment_pk")?,
        checkout_pk: row.number("checkout_pk")?,
        connection_pk: row.number("connection_pk")?,
        payment: row.json("details")?,
        outcome: row.optional_variant("allocation_outcome")?,
        applied: row.number("applied")?,
        overpaid: row.number("overpaid")?,
        seen_at: row.number("seen_at")?,
        dedup_keys: Vec::new(),
    })
}
