use sqlx::postgres::PgExecutor;

use super::{Deletion, PostgresStore, PostgresTx, Result, SchemaName, StoreError};
use crate::store::columns::ReadColumn;
use crate::store::{ConnectionUseRow, Store};

/// One statement, so that all of it is of one state.
pub(super) const USE: &str = "SELECT
         (SELECT count(*) FROM @customers WHERE connection_pk = $1) AS customers,
         (SELECT count(*) FROM @deliveries WHERE connection_pk = $1 AND state = 'pending')
             + (SELECT count(*) FROM @deliveries WHERE connection_pk = $1 AND state = 'parked')
             AS waiting,
         count(*) FILTER (WHERE state IN ('creating', 'open', 'partially_paid')) AS open,
         count(*) FILTER (WHERE gateway_paid > booked + written_off
             OR (state = 'paid' AND NOT has_payment AND written_off = 0))
             AS unbooked,
         max(expires_at) AS latest_end,
         (SELECT max(seen_at) FROM @payments WHERE connection_pk = $1) AS latest_payment
     FROM (SELECT state, expires_at, gateway_paid, written_off,
             (SELECT coalesce(sum(payments.amount), 0) FROM @payments AS payments
                 WHERE payments.checkout_pk = checkouts.checkout_pk AND verdict IS NOT NULL
                     AND payments.currency = checkouts.currency) AS booked,
             EXISTS (SELECT FROM @payments AS payments
                 WHERE payments.checkout_pk = checkouts.checkout_pk AND verdict IS NOT NULL)
                 AS has_payment
         FROM @checkouts AS checkouts WHERE connection_pk = $1) AS asked";

/// Looks before it locks: whoever deletes what is in use holds up no delivery.
pub(super) async fn delete(
    store: &PostgresStore,
    pk: i64,
    now: i64,
    grace: i64,
) -> Result<Deletion> {
    let used_now = used(&store.pool, &store.schema, pk).await?;
    if !used_now.is_over(now, grace) {
        return Ok(Deletion::InUse(used_now));
    }
    let mut tx = store.begin().await?;
    let deletion = delete_in(&mut tx, &store.schema, pk, now, grace).await?;
    if deletion == Deletion::Done {
        crash_point!("deletion.2-before-commit");
        tx.commit().await?;
    }
    Ok(deletion)
}

async fn delete_in(
    tx: &mut PostgresTx,
    schema: &SchemaName,
    pk: i64,
    now: i64,
    grace: i64,
) -> Result<Deletion> {
    let failed = |error| StoreError::new("delete a connection", error);
    // Waits for all that is being added to it, and whoever comes to add more waits for this, and looks
    // at the row again. They lock its key alone, which no weaker lock than this one holds up.
    let sql = tx.sql(
        "SELECT connection_pk FROM @connections
         WHERE connection_pk = $1 AND deleted_at IS NULL FOR UPDATE",
    );
    let found: Option<i64> = sqlx::query_scalar(sql)
        .bind(pk)
        .fetch_optional(tx.own())
        .await
        .map_err(failed)?;
    if found.is_none() {
        return Ok(Deletion::Missing);
    }
    let used_now = used(tx.own(), schema, pk).await?;
    if !used_now.is_over(now, grace) {
        return Ok(Deletion::InUse(used_now));
    }
    let sql = tx.sql(
        "UPDATE @connections SET deleted_at = $1, enabled = false, plain_settings = '{}',
             sealed_settings = '{}', settings_version = settings_version + 1
         WHERE connection_pk = $2",
    );
    sqlx::query(sql)
        .bind(now)
        .bind(pk)
        .execute(tx.own())
        .await
        .map_err(failed)?;
    let sql = tx.sql("DELETE FROM @connection_secrets WHERE connection_pk = $1");
    sqlx::query(sql)
        .bind(pk)
        .execute(tx.own())
        .await
        .map_err(failed)?;
    Ok(Deletion::Done)
}

async fn used<'e>(
    executor: impl PgExecutor<'e>,
    schema: &SchemaName,
    pk: i64,
) -> Result<ConnectionUseRow> {
    let row = sqlx::query(schema.sql(USE))
        .bind(pk)
        .fetch_one(executor)
        .await
        .map_err(|error| StoreError::new("see what a connection is needed for", error))?;
    Ok(ConnectionUseRow {
        open_checkouts: row.number("open")?,
        unbooked_checkouts: row.number("unbooked")?,
        waiting_deliveries: row.number("waiting")?,
        customers: row.number("customers")?,
        latest_end: row.maybe_number("latest_end")?,
        latest_payment: row.maybe_number("latest_payment")?,
    })
}

#[cfg(test)]
mod tests {
    use payment_provider_core::{ConnectionCode, Customer, CustomerId, Violations};

    use super::*;
    use crate::store::contract::postgres::Schema;
    use crate::store::contract::rows;
    use crate::store::{Backend, CustomerRow, Received};

    /// Until so many statements wait for a lock.
    async fn waiting(store: &PostgresStore, schema: &Schema, wanted: i64) {
        let mut found = 0;
        while found < wanted {
            tokio::task::yield_now().await;
            found = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE application_name = $1 AND wait_event_type = 'Lock'",
            )
            .bind(schema.name.to_string())
            .fetch_one(store.pool())
            .await
            .unwrap();
        }
    }

    #[tokio::test]
    async fn whoever_adds_to_a_connection_waits_for_its_deletion() {
        let schema = Schema::new();
        let (store, others) = (schema.open().await, schema.open().await);
        for is_kept in [false, true] {
            let code = if is_kept { "kept" } else { "deleted" };
            let pk = rows::connected(&store, code).await;
            let mut tx = store.begin().await.unwrap();
            let deletion = delete_in(&mut tx, &schema.name, pk, 1, 1).await;
            assert_eq!(deletion.unwrap(), Deletion::Done);
            let link = CustomerRow {
                organization: rows::organization("org"),
                customer: Customer::new(CustomerId::new(code).unwrap()),
                connection_pk: pk,
                connection: ConnectionCode::new(code).unwrap(),
                remote_id: None,
                needs: Violations::none(),
                linked_at: 1,
            };
            let delivery = rows::delivery(pk, "d");
            let decide = async {
                waiting(&store, &schema, 2).await;
                if is_kept {
                    drop(tx);
                } else {
                    tx.commit().await.unwrap();
                }
            };
            let (linked, received, ()) = tokio::join!(
                others.put_customer(&link),
                others.receive_delivery(&delivery, false),
                decide
            );
            let expected = if is_kept {
                Received::New
            } else {
                Received::Refused
            };
            assert_eq!((linked.unwrap(), received.unwrap()), (is_kept, expected));
        }
    }
}
