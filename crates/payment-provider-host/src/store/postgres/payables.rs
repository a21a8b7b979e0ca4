use payment_provider_core::{Currency, Money, OrganizationId, Pii};
use sqlx::postgres::PgRow;

use super::text::storable;
use super::{CheckoutRow, HistoryRow, PayableRow, PostgresTx, Result, StoreError, TargetName};
use crate::PayableId;
use crate::cash::Closed;
use crate::store::columns::{ReadColumn, json, word};

/// How often a checkout is looked for again because its name moved to another payable while that was
/// waited for.
const MOST_MOVES: usize = 4;

pub(super) async fn put(tx: &mut PostgresTx, row: &PayableRow) -> Result<i64> {
    const ACTION: &str = "write a payable";
    let failed = |error| StoreError::new(ACTION, error);
    if row.pk != 0 {
        let sql = tx.sql(
            "UPDATE @payables SET currency = $1, amount = $2, creditable = $3, received = $4,
                 credited = $5, surplus = $6, refunded = $7, closed = $8
             WHERE payable_pk = $9 RETURNING payable_pk",
        );
        return sqlx::query_scalar(sql)
            .bind(row.currency.code())
            .bind(row.amount)
            .bind(row.creditable)
            .bind(row.received)
            .bind(row.credited)
            .bind(row.surplus)
            .bind(row.refunded)
            .bind(row.closed.map(Closed::as_str))
            .bind(row.pk)
            .fetch_one(tx.own())
            .await
            .map_err(failed);
    }
    let sql = tx.sql(
        "INSERT INTO @payables (organization_id, payable_id, currency, amount, creditable, received,
             credited, surplus, refunded, closed, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (organization_id, payable_id) DO NOTHING
         RETURNING payable_pk",
    );
    let made: Option<i64> = sqlx::query_scalar(sql)
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
        .fetch_optional(tx.own())
        .await
        .map_err(failed)?;
    let pk = made.ok_or_else(|| StoreError::lost_race(ACTION))?;
    // Nobody else can see it yet.
    tx.note_held(pk);
    Ok(pk)
}

pub(super) const BY_ID: &str =
    "SELECT #payables FROM @payables WHERE organization_id = $1 AND payable_id = $2";
pub(super) const BY_ID_TO_WRITE: &str =
    "SELECT #payables FROM @payables WHERE organization_id = $1 AND payable_id = $2
     FOR NO KEY UPDATE";

pub(super) async fn by_id(
    tx: &mut PostgresTx,
    organization: &OrganizationId,
    payable: &PayableId,
) -> Result<Option<PayableRow>> {
    let found = look_up(tx, organization, payable).await?;
    if found.is_some() || !tx.writes() {
        return Ok(found);
    }
    // It may be about to be made, and who makes it has no row to be waited for.
    tx.hold_missing(organization, payable).await?;
    look_up(tx, organization, payable).await
}

async fn look_up(
    tx: &mut PostgresTx,
    organization: &OrganizationId,
    payable: &PayableId,
) -> Result<Option<PayableRow>> {
    let sql = tx.sql(if tx.writes() { BY_ID_TO_WRITE } else { BY_ID });
    let found = sqlx::query(sql)
        .bind(organization.as_str())
        .bind(payable.as_str())
        .fetch_optional(tx.own())
        .await
        .map_err(|error| StoreError::new("read a payable", error))?
        .as_ref()
        .map(read)
        .transpose()?;
    if let Some(row) = &found {
        tx.note_held(row.pk);
    }
    Ok(found)
}

pub(super) async fn by_pk(tx: &mut PostgresTx, pk: i64) -> Result<PayableRow> {
    let sql = tx.sql(if tx.writes() {
        "SELECT #payables FROM @payables WHERE payable_pk = $1 FOR NO KEY UPDATE"
    } else {
        "SELECT #payables FROM @payables WHERE payable_pk = $1"
    });
    let row = sqlx::query(sql)
        .bind(pk)
        .fetch_one(tx.own())
        .await
        .map_err(|error| StoreError::new("read a payable", error))?;
    tx.note_held(pk);
    read(&row)
}

/// In the order of their keys, all in one statement: the rows are sorted before they are locked.
pub(super) const HOLD: &str = "SELECT payable_pk FROM @payables WHERE payable_pk IN (
         SELECT payable_pk FROM @checkouts WHERE checkout_pk = ANY ($2)
         UNION SELECT payable_pk FROM @checkouts WHERE connection_pk = $1 AND reference = ANY ($3)
         UNION SELECT payable_pk FROM @checkouts WHERE connection_pk = $1 AND gateway_id = ANY ($4)
         UNION SELECT payable_pk FROM @payments AS payments JOIN @checkouts USING (checkout_pk)
             WHERE payments.connection_pk = $1 AND order_id = ANY ($5)
         UNION SELECT payable_pk FROM @effects AS effects
             JOIN @payments AS payments USING (payment_pk) JOIN @checkouts USING (checkout_pk)
             WHERE effects.connection_pk = $1 AND dedup_key = ANY ($6))
     ORDER BY payable_pk FOR NO KEY UPDATE";

pub(super) async fn hold_all(
    tx: &mut PostgresTx,
    connection_pk: i64,
    names: &[TargetName],
    checkouts: &[i64],
) -> Result<()> {
    let (mut references, mut gateway_ids, mut orders) = (Vec::new(), Vec::new(), Vec::new());
    let mut payments = Vec::new();
    for name in names {
        match name {
            TargetName::Reference(id) => references.push(id.as_str()),
            TargetName::GatewayId(id) => gateway_ids.push(id.as_str()),
            TargetName::Order(id) => orders.push(id.as_str()),
            TargetName::Payment(_) => payments.push(name.key()),
        }
    }
    let sql = tx.sql(HOLD);
    let held: Vec<i64> = sqlx::query_scalar(sql)
        .bind(connection_pk)
        .bind(checkouts)
        .bind(&references)
        .bind(&gateway_ids)
        .bind(&orders)
        .bind(&payments)
        .fetch_all(tx.own())
        .await
        .map_err(|error| StoreError::new("take hold of payables", error))?;
    for pk in held {
        tx.note_held(pk);
    }
    Ok(())
}

pub(super) fn read(row: &PgRow) -> Result<PayableRow> {
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

pub(super) async fn put_checkout(tx: &mut PostgresTx, row: &CheckoutRow) -> Result<i64> {
    let failed = |error| StoreError::new("write a checkout", error);
    if row.pk != 0 {
        let sql = tx.sql(
            "UPDATE @checkouts SET expires_at = $1, state = $2, tries = $3, tried_at = $4,
                 gateway_id = $5, url = $6, gateway_paid = $7, written_off = $8, conflicting = $9
             WHERE checkout_pk = $10 RETURNING checkout_pk",
        );
        return sqlx::query_scalar(sql)
            .bind(row.expires_at)
            .bind(row.state.as_str())
            .bind(row.tries)
            .bind(row.tried_at)
            .bind(&row.gateway_id)
            .bind(row.url.as_ref().map(Pii::expose))
            .bind(row.gateway_paid)
            .bind(row.written_off)
            .bind(row.conflicting)
            .bind(row.pk)
            .fetch_one(tx.own())
            .await
            .map_err(failed);
    }
    let sql = tx.sql(
        "INSERT INTO @checkouts (payable_pk, connection_pk, attempt, reference, customer_id,
             environment, currency, amount, partial, prepared, expires_at, state, tries, tried_at,
             gateway_id, url, gateway_paid, written_off, conflicting, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
             $20)
         RETURNING checkout_pk",
    );
    sqlx::query_scalar(sql)
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
        .fetch_one(tx.own())
        .await
        .map_err(failed)
}

pub(super) const CHECKOUTS: &str =
    "SELECT #checkouts, connections.code FROM @checkouts AS checkouts
         JOIN @connections USING (connection_pk)
     WHERE payable_pk = $1 ORDER BY attempt";

pub(super) async fn checkouts(tx: &mut PostgresTx, payable_pk: i64) -> Result<Vec<CheckoutRow>> {
    tx.hold(payable_pk).await?;
    let sql = tx.sql(CHECKOUTS);
    sqlx::query(sql)
        .bind(payable_pk)
        .fetch_all(tx.own())
        .await
        .map_err(|error| StoreError::new("read checkouts", error))?
        .iter()
        .map(read_checkout)
        .collect()
}

pub(super) async fn checkout_by_pk(tx: &mut PostgresTx, pk: i64) -> Result<CheckoutRow> {
    if !tx.holds_any() {
        // Whose it is never changes.
        let sql = tx.sql(
            "SELECT payables.payable_pk FROM @payables AS payables
             JOIN @checkouts AS checkouts USING (payable_pk)
             WHERE checkout_pk = $1 FOR NO KEY UPDATE OF payables",
        );
        let payable_pk: i64 = sqlx::query_scalar(sql)
            .bind(pk)
            .fetch_one(tx.own())
            .await
            .map_err(|error| StoreError::new("take hold of a payable", error))?;
        tx.note_held(payable_pk);
    }
    let found = look_up_checkout(tx, pk).await?;
    if tx.holds(found.payable_pk) {
        return Ok(found);
    }
    tx.hold(found.payable_pk).await?;
    look_up_checkout(tx, pk).await
}

async fn look_up_checkout(tx: &mut PostgresTx, pk: i64) -> Result<CheckoutRow> {
    let sql = tx.sql(
        "SELECT #checkouts, connections.code FROM @checkouts AS checkouts
         JOIN @connections USING (connection_pk) WHERE checkout_pk = $1",
    );
    let row = sqlx::query(sql)
        .bind(pk)
        .fetch_one(tx.own())
        .await
        .map_err(|error| StoreError::new("read a checkout", error))?;
    read_checkout(&row)
}

pub(super) const BY_REFERENCE: &str =
    "SELECT #checkouts, connections.code FROM @checkouts AS checkouts
         JOIN @connections USING (connection_pk)
     WHERE connection_pk = $1 AND reference = $2";
// Unique as far as the gateway keeps its word.
pub(super) const BY_GATEWAY_ID: &str =
    "SELECT #checkouts, connections.code FROM @checkouts AS checkouts
         JOIN @connections USING (connection_pk)
     WHERE connection_pk = $1 AND gateway_id = $2 ORDER BY checkout_pk DESC LIMIT 1";
pub(super) const BY_ORDER: &str = "SELECT #checkouts, connections.code FROM @checkouts AS checkouts
         JOIN @connections USING (connection_pk)
     WHERE checkout_pk = (SELECT checkout_pk FROM @payments
         WHERE connection_pk = $1 AND order_id = $2 ORDER BY payment_pk LIMIT 1)";

pub(super) const BY_PAYMENT: &str =
    "SELECT #checkouts, connections.code FROM @checkouts AS checkouts
         JOIN @connections USING (connection_pk)
     WHERE checkout_pk = (SELECT checkout_pk FROM @payments
         WHERE payment_pk = (SELECT payment_pk FROM @effects
             WHERE connection_pk = $1 AND dedup_key = $2))";

pub(super) async fn checkout_by_name(
    tx: &mut PostgresTx,
    connection_pk: i64,
    name: &TargetName,
) -> Result<Option<CheckoutRow>> {
    for _ in 0..MOST_MOVES {
        let Some(found) = look_up_name(tx, connection_pk, name).await? else {
            return Ok(None);
        };
        if tx.holds(found.payable_pk) {
            return Ok(Some(found));
        }
        // As it was read it may be old by the time its payable is held.
        tx.hold(found.payable_pk).await?;
    }
    Err(StoreError::lost_race("find a checkout"))
}

async fn look_up_name(
    tx: &mut PostgresTx,
    connection_pk: i64,
    name: &TargetName,
) -> Result<Option<CheckoutRow>> {
    let sql = tx.sql(match name {
        TargetName::Reference(_) => BY_REFERENCE,
        TargetName::GatewayId(_) => BY_GATEWAY_ID,
        TargetName::Order(_) => BY_ORDER,
        TargetName::Payment(_) => BY_PAYMENT,
    });
    sqlx::query(sql)
        .bind(connection_pk)
        .bind(name.key())
        .fetch_optional(tx.own())
        .await
        .map_err(|error| StoreError::new("find a checkout", error))?
        .as_ref()
        .map(read_checkout)
        .transpose()
}

/// Whether a checkout of one of these names is known. Holds nothing.
pub(super) async fn knows_any(
    tx: &mut PostgresTx,
    connection_pk: i64,
    names: &[TargetName],
) -> Result<bool> {
    for name in names {
        if look_up_name(tx, connection_pk, name).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn read_checkout(row: &PgRow) -> Result<CheckoutRow> {
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

pub(super) async fn append_history(tx: &mut PostgresTx, row: &HistoryRow) -> Result<()> {
    let sql = tx.sql(
        "INSERT INTO @history (payable_pk, at, kind, detail, delivery_pk)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (payable_pk, delivery_pk) WHERE delivery_pk IS NOT NULL DO NOTHING",
    );
    sqlx::query(sql)
        .bind(row.payable_pk)
        .bind(row.at)
        .bind(word(&row.kind)?)
        .bind(storable(&row.detail))
        .bind(row.delivery_pk)
        .execute(tx.own())
        .await
        .map_err(|error| StoreError::new("write history", error))?;
    Ok(())
}

pub(super) const HISTORY: &str =
    "SELECT #history FROM @history WHERE payable_pk = $1 ORDER BY at, history_pk";

pub(super) async fn history(tx: &mut PostgresTx, payable_pk: i64) -> Result<Vec<HistoryRow>> {
    let sql = tx.sql(HISTORY);
    let rows = sqlx::query(sql)
        .bind(payable_pk)
        .fetch_all(tx.own())
        .await
        .map_err(|error| StoreError::new("read history", error))?;
    let read = |row: &PgRow| {
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
