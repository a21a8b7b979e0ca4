use payment_provider_core::{DedupKey, OrderId, Payment, PaymentId, PaymentStatus};

use crate::cash::Verdict;
use crate::store::row::{Row, json};
use crate::store::statement::statement;
use crate::store::{Result, StoreError, TargetName, Transaction};

#[derive(Debug, Clone)]
pub(crate) struct PaymentRow {
    pub pk: i64,
    pub checkout_pk: i64,
    pub connection_pk: i64,
    /// The payment as the gateway last reported it.
    pub payment: Payment,
    /// Set once its money is booked.
    pub allocation_outcome: Option<Verdict>,
    pub applied: i64,
    pub overpaid: i64,
    /// The id under which the host was notified of its booking, if it has another id by now.
    pub notified_payment_id: Option<PaymentId>,
    pub seen_at: i64,
}

impl PaymentRow {
    pub(crate) fn is_booked(&self) -> bool {
        self.allocation_outcome.is_some()
    }

    pub(crate) fn order_id(&self) -> Option<&OrderId> {
        self.payment.order_id.as_ref()
    }

    /// Returns true if this and another report are certainly one payment under two ids: the same amount
    /// on the same order.
    pub(crate) fn is_same_payment(&self, other: &Payment) -> bool {
        self.order_id().is_some() && other.order_id.is_some() && self.could_be_same(other)
    }

    /// Returns true if this and another report may be one payment under two ids: the same amount, and
    /// the same order if both name one.
    pub(crate) fn could_be_same(&self, other: &Payment) -> bool {
        let orders = self.order_id().zip(other.order_id.as_ref());
        self.payment.amount == other.amount && orders.is_none_or(|(one, two)| one == two)
    }

    pub(crate) fn dedup_key(&self) -> DedupKey {
        self.payment.dedup_key()
    }

    /// The names that become known with this payment: its order, and once its money is booked, its id.
    pub(crate) fn names(&self) -> Vec<TargetName> {
        let order = self.order_id().map(OrderId::to_string);
        let own = self.is_booked().then(|| self.payment.id.clone());
        let names = [order.map(TargetName::Order), own.map(TargetName::Payment)];
        names.into_iter().flatten().collect()
    }

    pub(crate) fn succeeded(&self) -> bool {
        self.payment.status == PaymentStatus::Succeeded
    }
}

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
    "notified_payment_id",
    "seen_at",
];

/// A payment that is reported on two payables at once has two writers: one of them is repeated.
const INSERT: &str =
    "INSERT INTO @payments (checkout_pk, connection_pk, gateway_payment_id, order_id,
         status, currency, amount, details, allocation_outcome, applied, overpaid,
         notified_payment_id, seen_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     ON CONFLICT (connection_pk, gateway_payment_id) DO NOTHING
     RETURNING payment_pk";

const UPDATE: &str =
    "UPDATE @payments SET checkout_pk = $1, connection_pk = $2, gateway_payment_id = $3,
         order_id = $4, status = $5, currency = $6, amount = $7, details = $8,
         allocation_outcome = $9, applied = $10, overpaid = $11, notified_payment_id = $12
     WHERE payment_pk = $13 RETURNING payment_pk";

pub(in crate::store) const OF_CHECKOUT: &str =
    "SELECT #payments FROM @payments WHERE checkout_pk = $1 ORDER BY payment_pk";

pub(in crate::store) const OF_PAYABLE: &str =
    "SELECT #payments FROM @payments JOIN @checkouts USING (checkout_pk)
     WHERE payable_pk = $1 ORDER BY payment_pk";

/// The payment may belong to another payable than the locked one.
pub(in crate::store) const BY_ID: &str = "SELECT #payments FROM @payments
     WHERE connection_pk = $1 AND gateway_payment_id = $2 {FOR NO KEY UPDATE}";

const DELETE: &str = "DELETE FROM @payments WHERE payment_pk = $1";

const MOVE_KEYS: &str = "UPDATE @dedup_keys SET payment_pk = $1 WHERE payment_pk = $2";

impl Transaction {
    /// Returns the payments of a checkout, in the order in which they became known.
    pub(crate) async fn payments_of_checkout(
        &mut self,
        checkout_pk: i64,
    ) -> Result<Vec<PaymentRow>> {
        let find = statement!("read payments", OF_CHECKOUT, checkout_pk);
        self.fetch_all(find, read).await
    }

    /// Returns the payments of a payable, in the order in which they became known.
    pub(crate) async fn payments_of_payable(&mut self, payable_pk: i64) -> Result<Vec<PaymentRow>> {
        let find = statement!("read payments", OF_PAYABLE, payable_pk);
        self.fetch_all(find, read).await
    }

    /// Writes a payment and returns its key. A new one has the key 0.
    pub(crate) async fn put_payment(&mut self, row: &PaymentRow) -> Result<i64> {
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
        .bind(row.allocation_outcome.map(Verdict::as_str))
        .bind(row.applied)
        .bind(row.overpaid)
        .bind(row.notified_payment_id.as_ref())
        .bind(if row.pk == 0 { row.seen_at } else { row.pk });
        let written = self
            .fetch_optional(put, |row| row.number("payment_pk"))
            .await?;
        written.ok_or_else(|| StoreError::lost_race(ACTION))
    }

    /// Finds a payment by the gateway's id.
    pub(crate) async fn payment_by_id(
        &mut self,
        connection_pk: i64,
        id: &PaymentId,
    ) -> Result<Option<PaymentRow>> {
        let find = statement!("read a payment", BY_ID, connection_pk, id);
        self.fetch_optional(find, read).await
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

fn read(row: &Row<'_>) -> Result<PaymentRow> {
    Ok(PaymentRow {
        pk: row.number("payment_pk")?,
        checkout_pk: row.number("checkout_pk")?,
        connection_pk: row.number("connection_pk")?,
        payment: row.json("details")?,
        allocation_outcome: row.optional_variant("allocation_outcome")?,
        applied: row.number("applied")?,
        overpaid: row.number("overpaid")?,
        notified_payment_id: row.optional_parsed("notified_payment_id")?,
        seen_at: row.number("seen_at")?,
    })
}
