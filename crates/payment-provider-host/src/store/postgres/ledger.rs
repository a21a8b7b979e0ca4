//! The books as a whole.

use payment_provider_core::{DedupKey, OrganizationId};
use sqlx::postgres::PgRow;

use super::payables::read;
use super::text::storable_key;
use super::{LedgerPayment, LedgerRefund, LooseEnd, PayableRow, Result, StoreError, Tx};
use crate::store::Loose;
use crate::store::columns::ReadColumn;

pub(super) const PAYABLES: &str = "SELECT #payables FROM @payables
     WHERE payable_pk > $1 AND ($2::text IS NULL OR organization_id = $2)
     ORDER BY payable_pk LIMIT $3";

pub(super) async fn payables(
    tx: &mut Tx,
    organization: Option<&OrganizationId>,
    after: i64,
    limit: i64,
) -> Result<Vec<PayableRow>> {
    let sql = tx.sql(PAYABLES);
    sqlx::query(sql)
        .bind(after)
        .bind(organization.map(OrganizationId::as_str))
        .bind(limit)
        .fetch_all(tx.own())
        .await
        .map_err(|error| StoreError::new("read payables", error))?
        .iter()
        .map(read)
        .collect()
}

pub(super) const PAYMENTS: &str =
    "SELECT #payments, payables.payable_pk, checkouts.connection_pk AS checkout_connection_pk,
         connections.organization_id
     FROM @payables AS payables JOIN @checkouts AS checkouts USING (payable_pk)
         JOIN @payments AS payments USING (checkout_pk)
         LEFT JOIN @connections AS connections ON connections.connection_pk = payments.connection_pk
     WHERE payables.payable_pk > $1 AND payables.payable_pk <= $2
         AND ($3::text IS NULL OR payables.organization_id = $3)
     ORDER BY payables.payable_pk, payment_pk";

pub(super) async fn payments(
    tx: &mut Tx,
    organization: Option<&OrganizationId>,
    after: i64,
    through: i64,
) -> Result<Vec<LedgerPayment>> {
    let sql = tx.sql(PAYMENTS);
    sqlx::query(sql)
        .bind(after)
        .bind(through)
        .bind(organization.map(OrganizationId::as_str))
        .fetch_all(tx.own())
        .await
        .map_err(|error| StoreError::new("read payments", error))?
        .iter()
        .map(payment)
        .collect()
}

fn payment(row: &PgRow) -> Result<LedgerPayment> {
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

pub(super) const REFUNDS: &str =
    "SELECT refund_pk, gateway_refund_id, gateway_payment_id, refunds.status, refunds.currency,
         refunds.amount, details, refunds.connection_pk, payables.payable_pk,
         checkouts.connection_pk AS checkout_connection_pk, connections.organization_id
     FROM @payables AS payables JOIN @checkouts AS checkouts USING (payable_pk)
         JOIN @refunds AS refunds USING (checkout_pk)
         LEFT JOIN @connections AS connections ON connections.connection_pk = refunds.connection_pk
     WHERE payables.payable_pk > $1 AND payables.payable_pk <= $2
         AND ($3::text IS NULL OR payables.organization_id = $3)
     ORDER BY payables.payable_pk, refund_pk";

pub(super) async fn refunds(
    tx: &mut Tx,
    organization: Option<&OrganizationId>,
    after: i64,
    through: i64,
) -> Result<Vec<LedgerRefund>> {
    let sql = tx.sql(REFUNDS);
    sqlx::query(sql)
        .bind(after)
        .bind(through)
        .bind(organization.map(OrganizationId::as_str))
        .fetch_all(tx.own())
        .await
        .map_err(|error| StoreError::new("read refunds", error))?
        .iter()
        .map(refund)
        .collect()
}

fn refund(row: &PgRow) -> Result<LedgerRefund> {
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

pub(super) const EFFECT_PAYMENTS: &str = "SELECT payment_pk
     FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS asked (connection_pk, dedup_key, place)
         LEFT JOIN @effects USING (connection_pk, dedup_key)
     ORDER BY place";

pub(super) async fn effect_payments(
    tx: &mut Tx,
    keys: &[(i64, DedupKey)],
) -> Result<Vec<Option<i64>>> {
    let connections: Vec<i64> = keys
        .iter()
        .map(|(connection_pk, _)| *connection_pk)
        .collect();
    let names: Vec<String> = keys
        .iter()
        .map(|(_, key)| storable_key(key.as_str()).into_owned())
        .collect();
    let sql = tx.sql(EFFECT_PAYMENTS);
    sqlx::query_scalar(sql)
        .bind(&connections)
        .bind(&names)
        .fetch_all(tx.own())
        .await
        .map_err(|error| StoreError::new("read effects", error))
}

pub(super) const EFFECTS: &str =
    "SELECT count(*) FROM @effects LEFT JOIN @connections USING (connection_pk)
     WHERE $1::text IS NULL OR organization_id = $1";

pub(super) async fn effects(tx: &mut Tx, organization: Option<&OrganizationId>) -> Result<i64> {
    let sql = tx.sql(EFFECTS);
    sqlx::query_scalar(sql)
        .bind(organization.map(OrganizationId::as_str))
        .fetch_one(tx.own())
        .await
        .map_err(|error| StoreError::new("count effects", error))
}

pub(super) const LOOSE_ENDS: &str = "SELECT 'effect' AS what, organization_id, dedup_key AS name, effects.connection_pk,
         payments.connection_pk AS found
     FROM @effects AS effects LEFT JOIN @payments AS payments USING (payment_pk)
         LEFT JOIN @connections AS connections ON connections.connection_pk = effects.connection_pk
     WHERE ($1::text IS NULL OR organization_id = $1)
         AND effects.connection_pk IS DISTINCT FROM payments.connection_pk
     UNION ALL
     SELECT 'payment', connections.organization_id, gateway_payment_id, payments.connection_pk, NULL::bigint
     FROM @payments AS payments LEFT JOIN @checkouts AS checkouts USING (checkout_pk)
         LEFT JOIN @payables AS payables USING (payable_pk)
         LEFT JOIN @connections AS connections ON connections.connection_pk = payments.connection_pk
     WHERE ($1::text IS NULL OR connections.organization_id = $1) AND payables.payable_pk IS NULL
     UNION ALL
     SELECT 'refund', connections.organization_id, gateway_refund_id, refunds.connection_pk, NULL::bigint
     FROM @refunds AS refunds LEFT JOIN @checkouts AS checkouts USING (checkout_pk)
         LEFT JOIN @payables AS payables USING (payable_pk)
         LEFT JOIN @connections AS connections ON connections.connection_pk = refunds.connection_pk
     WHERE ($1::text IS NULL OR connections.organization_id = $1) AND payables.payable_pk IS NULL
     LIMIT $2";

pub(super) async fn loose_ends(
    tx: &mut Tx,
    organization: Option<&OrganizationId>,
    limit: i64,
) -> Result<Vec<LooseEnd>> {
    let sql = tx.sql(LOOSE_ENDS);
    sqlx::query(sql)
        .bind(organization.map(OrganizationId::as_str))
        .bind(limit)
        .fetch_all(tx.own())
        .await
        .map_err(|error| StoreError::new("look for loose ends", error))?
        .iter()
        .map(loose_end)
        .collect()
}

fn loose_end(row: &PgRow) -> Result<LooseEnd> {
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
