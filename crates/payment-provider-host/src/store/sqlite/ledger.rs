//! The books as a whole.

use payment_provider_core::{DedupKey, OrganizationId};
use sqlx::sqlite::SqliteRow;

use super::payables::read;
use super::{LedgerPayment, LedgerRefund, LooseEnd, PayableRow, Result, StoreError, Tx, money};
use crate::store::Loose;
use crate::store::columns::ReadColumn;

pub(super) async fn payables(
    tx: &mut Tx,
    organization: Option<&OrganizationId>,
    after: i64,
    limit: i64,
) -> Result<Vec<PayableRow>> {
    sqlx::query(
        "SELECT * FROM payables WHERE payable_pk > ?1 AND (?2 IS NULL OR organization_id = ?2)
         ORDER BY payable_pk LIMIT ?3",
    )
    .bind(after)
    .bind(organization.map(OrganizationId::as_str))
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
    .map_err(|error| StoreError::new("read payables", error))?
    .iter()
    .map(read)
    .collect()
}

pub(super) async fn payments(
    tx: &mut Tx,
    organization: Option<&OrganizationId>,
    after: i64,
    through: i64,
) -> Result<Vec<LedgerPayment>> {
    sqlx::query(
        "SELECT payments.*, payables.payable_pk, checkouts.connection_pk AS checkout_connection_pk,
             connections.organization_id
         FROM payables CROSS JOIN checkouts USING (payable_pk) CROSS JOIN payments USING (checkout_pk)
             LEFT JOIN connections ON connections.connection_pk = payments.connection_pk
         WHERE payables.payable_pk > ?1 AND payables.payable_pk <= ?2
             AND (?3 IS NULL OR payables.organization_id = ?3)
         ORDER BY payables.payable_pk, payment_pk",
    )
    .bind(after)
    .bind(through)
    .bind(organization.map(OrganizationId::as_str))
    .fetch_all(&mut **tx)
    .await
    .map_err(|error| StoreError::new("read payments", error))?
    .iter()
    .map(payment)
    .collect()
}

fn payment(row: &SqliteRow) -> Result<LedgerPayment> {
    Ok(LedgerPayment {
        pk: row.number("payment_pk")?,
        payable_pk: row.number("payable_pk")?,
        id: row.text("gateway_payment_id")?,
        connection_pk: row.number("connection_pk")?,
        checkout_connection_pk: row.number("checkout_connection_pk")?,
        organization: row.maybe_parsed("organization_id")?,
        status: row.text("status")?,
        currency: row.parsed("currency")?,
        amount: row.number("amount")?,
        details: row.json("details").ok(),
        verdict: row.maybe_word("verdict")?,
        credited: row.number("credited")?,
        surplus: row.number("surplus")?,
    })
}

pub(super) async fn refunds(
    tx: &mut Tx,
    organization: Option<&OrganizationId>,
    after: i64,
    through: i64,
) -> Result<Vec<LedgerRefund>> {
    sqlx::query(
        "SELECT refunds.*, payables.payable_pk, checkouts.connection_pk AS checkout_connection_pk,
             connections.organization_id
         FROM payables CROSS JOIN checkouts USING (payable_pk) CROSS JOIN refunds USING (checkout_pk)
             LEFT JOIN connections ON connections.connection_pk = refunds.connection_pk
         WHERE payables.payable_pk > ?1 AND payables.payable_pk <= ?2
             AND (?3 IS NULL OR payables.organization_id = ?3)
         ORDER BY payables.payable_pk, refund_pk",
    )
    .bind(after)
    .bind(through)
    .bind(organization.map(OrganizationId::as_str))
    .fetch_all(&mut **tx)
    .await
    .map_err(|error| StoreError::new("read refunds", error))?
    .iter()
    .map(refund)
    .collect()
}

fn refund(row: &SqliteRow) -> Result<LedgerRefund> {
    Ok(LedgerRefund {
        pk: row.number("refund_pk")?,
        payable_pk: row.number("payable_pk")?,
        id: row.text("gateway_refund_id")?,
        payment_id: row.maybe_text("gateway_payment_id")?,
        connection_pk: row.number("connection_pk")?,
        checkout_connection_pk: row.number("checkout_connection_pk")?,
        organization: row.maybe_parsed("organization_id")?,
        status: row.text("status")?,
        currency: row.parsed("currency")?,
        amount: row.number("amount")?,
        details: row.json("details").ok(),
    })
}

pub(super) async fn effect_payments(
    tx: &mut Tx,
    keys: &[(i64, DedupKey)],
) -> Result<Vec<Option<i64>>> {
    let mut found = Vec::with_capacity(keys.len());
    for (connection_pk, key) in keys {
        found.push(money::effect_payment(tx, *connection_pk, key).await?);
    }
    Ok(found)
}

pub(super) async fn effects(tx: &mut Tx, organization: Option<&OrganizationId>) -> Result<i64> {
    sqlx::query_scalar(
        "SELECT count(*) FROM effects LEFT JOIN connections USING (connection_pk)
         WHERE ?1 IS NULL OR organization_id = ?1",
    )
    .bind(organization.map(OrganizationId::as_str))
    .fetch_one(&mut **tx)
    .await
    .map_err(|error| StoreError::new("count effects", error))
}

pub(super) async fn loose_ends(
    tx: &mut Tx,
    organization: Option<&OrganizationId>,
    limit: i64,
) -> Result<Vec<LooseEnd>> {
    sqlx::query(
        "SELECT 'effect' AS what, organization_id, dedup_key AS name, effects.connection_pk,
             payments.connection_pk AS found
         FROM effects LEFT JOIN payments USING (payment_pk)
             LEFT JOIN connections ON connections.connection_pk = effects.connection_pk
         WHERE (?1 IS NULL OR organization_id = ?1)
             AND effects.connection_pk IS NOT payments.connection_pk
         UNION ALL
         SELECT 'payment', connections.organization_id, gateway_payment_id, payments.connection_pk, NULL
         FROM payments LEFT JOIN checkouts USING (checkout_pk) LEFT JOIN payables USING (payable_pk)
             LEFT JOIN connections ON connections.connection_pk = payments.connection_pk
         WHERE (?1 IS NULL OR connections.organization_id = ?1) AND payables.payable_pk IS NULL
         UNION ALL
         SELECT 'refund', connections.organization_id, gateway_refund_id, refunds.connection_pk, NULL
         FROM refunds LEFT JOIN checkouts USING (checkout_pk) LEFT JOIN payables USING (payable_pk)
             LEFT JOIN connections ON connections.connection_pk = refunds.connection_pk
         WHERE (?1 IS NULL OR connections.organization_id = ?1) AND payables.payable_pk IS NULL
         LIMIT ?2",
    )
    .bind(organization.map(OrganizationId::as_str))
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
    .map_err(|error| StoreError::new("look for loose ends", error))?
    .iter()
    .map(loose_end)
    .collect()
}

fn loose_end(row: &SqliteRow) -> Result<LooseEnd> {
    Ok(LooseEnd {
        what: match row.text("what")?.as_str() {
            "effect" => Loose::Effect,
            "refund" => Loose::Refund,
            _ => Loose::Payment,
        },
        organization: row.maybe_parsed("organization_id")?,
        name: row.text("name")?,
        connection_pk: row.number("connection_pk")?,
        found: row.maybe_number("found")?,
    })
}
