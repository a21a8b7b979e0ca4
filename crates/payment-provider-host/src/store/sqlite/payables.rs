use payment_provider_core::{Currency, Money, OrganizationId, Pii};
use sqlx::sqlite::SqliteRow;

use super::{CheckoutRow, HistoryRow, PayableRow, Result, StoreError, TargetName, Tx};
use crate::PayableId;
use crate::cash::Closed;
use crate::store::columns::{ReadColumn, json, word};

pub(super) async fn put(tx: &mut Tx, row: &PayableRow) -> Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO payables (organization_id, payable_id, currency, amount, creditable, received,
             credited, surplus, refunded, closed, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (organization_id, payable_id) DO UPDATE SET
             currency = excluded.currency, amount = excluded.amount,
             creditable = excluded.creditable, received = excluded.received,
             credited = excluded.credited, surplus = excluded.surplus,
             refunded = excluded.refunded, closed = excluded.closed
         RETURNING payable_pk",
    )
    .bind(row.organization.as_str())
    .bind(row.payable.as_str())
    .bind(row.currency.code())
    .bind(row.amount)
    .bind(row.creditable)
    .bind(row.received)
    .bind(row.credited)
    .bind(row.surplus)
    .bind(row.refunded)
    .bind(row.closed.map(Closed::as_str))
    .bind(row.created_at)
    .fetch_one(&mut **tx)
    .await
    .map_err(|error| StoreError::new("write a payable", error))
}

pub(super) async fn by_id(
    tx: &mut Tx,
    organization: &OrganizationId,
    payable: &PayableId,
) -> Result<Option<PayableRow>> {
    sqlx::query("SELECT * FROM payables WHERE organization_id = ? AND payable_id = ?")
        .bind(organization.as_str())
        .bind(payable.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(|error| StoreError::new("read a payable", error))?
        .as_ref()
        .map(read)
        .transpose()
}

pub(super) async fn by_pk(tx: &mut Tx, pk: i64) -> Result<PayableRow> {
    let row = sqlx::query("SELECT * FROM payables WHERE payable_pk = ?")
        .bind(pk)
        .fetch_one(&mut **tx)
        .await
        .map_err(|error| StoreError::new("read a payable", error))?;
    read(&row)
}

pub(super) fn read(row: &SqliteRow) -> Result<PayableRow> {
    Ok(PayableRow {
        pk: row.number("payable_pk")?,
        organization: row.parsed("organization_id")?,
        payable: row.parsed("payable_id")?,
        currency: row.parsed("currency")?,
        amount: row.number("amount")?,
        creditable: row.number("creditable")?,
        received: row.number("received")?,
        credited: row.number("credited")?,
        surplus: row.number("surplus")?,
        refunded: row.number("refunded")?,
        closed: row.maybe_word("closed")?,
        created_at: row.number("created_at")?,
    })
}

pub(super) async fn put_checkout(tx: &mut Tx, row: &CheckoutRow) -> Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO checkouts (payable_pk, connection_pk, attempt, reference, customer_id,
             environment, currency, amount, partial, prepared, expires_at, state, tries, tried_at,
             gateway_id, url, gateway_paid, written_off, conflicting, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (payable_pk, attempt) DO UPDATE SET
             expires_at = excluded.expires_at, state = excluded.state, tries = excluded.tries, tried_at = excluded.tried_at,
             gateway_id = excluded.gateway_id, url = excluded.url,
             gateway_paid = excluded.gateway_paid, written_off = excluded.written_off,
             conflicting = excluded.conflicting
         RETURNING checkout_pk",
    )
    .bind(row.payable_pk)
    .bind(row.connection_pk)
    .bind(row.attempt)
    .bind(row.reference.as_str())
    .bind(row.customer.as_str())
    .bind(row.environment.as_str())
    .bind(row.amount.currency().code())
    .bind(row.amount.minor_units())
    .bind(row.partial)
    .bind(json(&row.prepared)?)
    .bind(row.expires_at)
    .bind(row.state.as_str())
    .bind(row.tries)
    .bind(row.tried_at)
    .bind(&row.gateway_id)
    .bind(row.url.as_ref().map(Pii::expose))
    .bind(row.gateway_paid)
    .bind(row.written_off)
    .bind(row.conflicting)
    .bind(row.created_at)
    .fetch_one(&mut **tx)
    .await
    .map_err(|error| StoreError::new("write a checkout", error))
}

pub(super) async fn checkouts(tx: &mut Tx, payable_pk: i64) -> Result<Vec<CheckoutRow>> {
    sqlx::query(
        "SELECT checkouts.*, code FROM checkouts JOIN connections USING (connection_pk)
         WHERE payable_pk = ? ORDER BY attempt",
    )
    .bind(payable_pk)
    .fetch_all(&mut **tx)
    .await
    .map_err(|error| StoreError::new("read checkouts", error))?
    .iter()
    .map(read_checkout)
    .collect()
}

pub(super) async fn checkout_by_pk(tx: &mut Tx, pk: i64) -> Result<CheckoutRow> {
    let row = sqlx::query(
        "SELECT checkouts.*, code FROM checkouts JOIN connections USING (connection_pk)
         WHERE checkout_pk = ?",
    )
    .bind(pk)
    .fetch_one(&mut **tx)
    .await
    .map_err(|error| StoreError::new("read a checkout", error))?;
    read_checkout(&row)
}

pub(super) async fn checkout_by_name(
    tx: &mut Tx,
    connection_pk: i64,
    name: &TargetName,
) -> Result<Option<CheckoutRow>> {
    let query = match name {
        TargetName::Reference(_) => {
            "SELECT checkouts.*, code FROM checkouts JOIN connections USING (connection_pk)
             WHERE connection_pk = ? AND reference = ?"
        }
        // Unique as far as the gateway keeps its word.
        TargetName::GatewayId(_) => {
            "SELECT checkouts.*, code FROM checkouts JOIN connections USING (connection_pk)
             WHERE connection_pk = ? AND gateway_id = ? ORDER BY checkout_pk DESC LIMIT 1"
        }
        TargetName::Order(_) => {
            "SELECT checkouts.*, code FROM checkouts JOIN connections USING (connection_pk)
             WHERE checkout_pk = (SELECT checkout_pk FROM payments
                 WHERE connection_pk = ? AND order_id = ? ORDER BY payment_pk LIMIT 1)"
        }
        TargetName::Payment(_) => {
            "SELECT checkouts.*, code FROM checkouts JOIN connections USING (connection_pk)
             WHERE checkout_pk = (SELECT checkout_pk FROM payments
                 WHERE payment_pk = (SELECT payment_pk FROM effects
                     WHERE connection_pk = ? AND dedup_key = ?))"
        }
    };
    sqlx::query(query)
        .bind(connection_pk)
        .bind(name.key())
        .fetch_optional(&mut **tx)
        .await
        .map_err(|error| StoreError::new("find a checkout", error))?
        .as_ref()
        .map(read_checkout)
        .transpose()
}

pub(super) fn read_checkout(row: &SqliteRow) -> Result<CheckoutRow> {
    let currency: Currency = row.parsed("currency")?;
    Ok(CheckoutRow {
        pk: row.number("checkout_pk")?,
        payable_pk: row.number("payable_pk")?,
        connection_pk: row.number("connection_pk")?,
        connection: row.parsed("code")?,
        attempt: row.number("attempt")?,
        reference: row.parsed("reference")?,
        customer: row.parsed("customer_id")?,
        environment: row.parsed("environment")?,
        amount: Money::from_minor_units(row.number("amount")?, currency),
        partial: row.flag("partial")?,
        prepared: row.json("prepared")?,
        expires_at: row.number("expires_at")?,
        state: row.word("state")?,
        tries: row.number("tries")?,
        tried_at: row.number("tried_at")?,
        gateway_id: row.maybe_text("gateway_id")?,
        url: row.maybe_text("url")?.map(Pii::new),
        gateway_paid: row.number("gateway_paid")?,
        written_off: row.number("written_off")?,
        conflicting: row.flag("conflicting")?,
        created_at: row.number("created_at")?,
    })
}

pub(super) async fn append_history(tx: &mut Tx, row: &HistoryRow) -> Result<()> {
    sqlx::query(
        "INSERT INTO history (payable_pk, at, kind, detail, delivery_pk) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (payable_pk, delivery_pk) WHERE delivery_pk IS NOT NULL DO NOTHING",
    )
    .bind(row.payable_pk)
    .bind(row.at)
    .bind(word(&row.kind)?)
    .bind(&row.detail)
    .bind(row.delivery_pk)
    .execute(&mut **tx)
    .await
    .map_err(|error| StoreError::new("write history", error))?;
    Ok(())
}

pub(super) async fn history(tx: &mut Tx, payable_pk: i64) -> Result<Vec<HistoryRow>> {
    let rows = sqlx::query("SELECT * FROM history WHERE payable_pk = ? ORDER BY at, history_pk")
        .bind(payable_pk)
        .fetch_all(&mut **tx)
        .await
        .map_err(|error| StoreError::new("read history", error))?;
    let read = |row: &SqliteRow| {
        Ok(HistoryRow {
            payable_pk: row.number("payable_pk")?,
            at: row.number("at")?,
            kind: row.word("kind")?,
            detail: row.text("detail")?,
            delivery_pk: row.maybe_number("delivery_pk")?,
        })
    };
    rows.iter().map(read).collect()
}
