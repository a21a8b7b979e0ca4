use crate::accounting::{AllocationOutcome, PaymentRecord};
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

/// Inserts a payment. If a payment is reported on two payables at once, two transactions insert it:
/// one of them inserts nothing and is repeated.
const INSERT: &str =
    "INSERT INTO @payments (checkout_pk, connection_pk, gateway_payment_id, order_id,
         status, currency, amount, details, allocation_outcome, applied, overpaid, seen_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (connection_pk, gateway_payment_id) DO NOTHING
     RETURNING payment_pk";

const UPDATE: &str =
    "UPDATE @payments SET checkout_pk = $1, connection_pk = $2, gateway_payment_id = $3,
         order_id = $4, status = $5, currency = $6, amount = $7, details = $8,
         allocation_outcome = $9, applied = $10, overpaid = $11
     WHERE payment_pk = $12 RETURNING payment_pk";

pub(in crate::store) const OF_PAYABLES: &str =
    "SELECT #payments FROM @payments JOIN @checkouts USING (checkout_pk)
     WHERE payable_pk {any $1} ORDER BY payment_pk";

const DELETE: &str = "DELETE FROM @payments WHERE payment_pk = $1";

const MOVE_KEYS: &str = "UPDATE @dedup_keys SET payment_pk = $1 WHERE payment_pk = $2";

impl Transaction {
    /// Writes a payment and returns its key. A new one has the key 0.
    pub(crate) async fn put_payment(&mut self, row: &PaymentRecord) -> Result<i64> {
        const ACTION: &str = "write a payment";
        let text = if row.pk == 0 { INSERT } else { UPDATE };
        let payment = &row.payment;
        let currency = payment.amount.currency();
        let put = statement!(
            ACTION,
            text,
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
        .bind(if row.pk == 0 { row.seen_at } else { row.pk });
        let written = self
            .fetch_optional(put, |row| row.number("payment_pk"))
            .await?;
        written.ok_or_else(|| StoreError::lost_race(ACTION))
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
