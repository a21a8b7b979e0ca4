use payment_provider_core::{Customer, CustomerId, OrganizationId};

use super::text::storable;
use super::{
    CustomerRow, OpenCheckoutRow, PostgresStore, PostgresTx, Result, StoreError, payables,
};
use crate::store::Store;
use crate::store::columns::{ReadColumn, json};

/// A connection that is being deleted is waited for, and not written if it is deleted then.
pub(super) async fn put(store: &PostgresStore, row: &CustomerRow) -> Result<bool> {
    let mut tx = store.begin().await?;
    let done = sqlx::query(tx.sql(
        "WITH connected AS MATERIALIZED (
             SELECT connection_pk FROM @connections
             WHERE connection_pk = $3 AND deleted_at IS NULL FOR KEY SHARE)
         INSERT INTO @customers (organization_id, customer_id, connection_pk, remote_id, details,
             needs, linked_at)
         SELECT $1, $2, connection_pk, $4, $5, $6, $7 FROM connected
         ON CONFLICT (organization_id, customer_id) DO UPDATE SET
             connection_pk = excluded.connection_pk, remote_id = excluded.remote_id,
             details = excluded.details, needs = excluded.needs, linked_at = excluded.linked_at",
    ))
    .bind(row.organization.as_str())
    .bind(row.customer.id.as_str())
    .bind(row.connection_pk)
    .bind(row.remote_id.as_deref().map(storable))
    .bind(json(&row.customer)?)
    .bind(json(&row.needs)?)
    .bind(row.linked_at)
    .execute(tx.own())
    .await
    .map_err(|error| StoreError::new("link a customer", error))?;
    tx.commit().await?;
    Ok(done.rows_affected() == 1)
}

pub(super) const CUSTOMER: &str = "SELECT #customers, connections.code FROM @customers AS customers
         JOIN @connections USING (connection_pk)
     WHERE customers.organization_id = $1 AND customer_id = $2";

pub(super) async fn by_id(
    store: &PostgresStore,
    organization: &OrganizationId,
    customer: &CustomerId,
) -> Result<Option<CustomerRow>> {
    let row = sqlx::query(store.sql(CUSTOMER))
        .bind(organization.as_str())
        .bind(customer.as_str())
        .fetch_optional(&store.pool)
        .await
        .map_err(|error| StoreError::new("read a customer", error))?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(CustomerRow {
        organization: row.parsed("organization_id")?,
        customer: row.json::<Customer>("details")?,
        connection_pk: row.number("connection_pk")?,
        connection: row.parsed("code")?,
        remote_id: row.maybe_text("remote_id")?,
        needs: row.json("needs")?,
        linked_at: row.number("linked_at")?,
    }))
}

pub(super) async fn remove(
    store: &PostgresStore,
    organization: &OrganizationId,
    customer: &CustomerId,
) -> Result<()> {
    let mut tx = store.begin().await?;
    let sql = tx.sql("DELETE FROM @customers WHERE organization_id = $1 AND customer_id = $2");
    sqlx::query(sql)
        .bind(organization.as_str())
        .bind(customer.as_str())
        .execute(tx.own())
        .await
        .map_err(|error| StoreError::new("unlink a customer", error))?;
    tx.commit().await
}

pub(super) const LINK: &str = "SELECT connection_pk FROM @customers
     WHERE organization_id = $1 AND customer_id = $2";
/// Whoever moves the customer waits until what is done on the strength of this is to be seen.
pub(super) const LINK_TO_WRITE: &str = "SELECT connection_pk FROM @customers
     WHERE organization_id = $1 AND customer_id = $2 FOR SHARE";

pub(super) async fn link(
    tx: &mut PostgresTx,
    organization: &OrganizationId,
    customer: &CustomerId,
) -> Result<Option<i64>> {
    let sql = tx.sql(if tx.writes() { LINK_TO_WRITE } else { LINK });
    sqlx::query_scalar(sql)
        .bind(organization.as_str())
        .bind(customer.as_str())
        .fetch_optional(tx.own())
        .await
        .map_err(|error| StoreError::new("read a customer", error))
}

pub(super) const LEFT_BEHIND: &str = "SELECT #checkouts, connections.code, payables.payable_id
     FROM @connections AS connections JOIN @checkouts AS checkouts USING (connection_pk)
     JOIN @payables AS payables USING (payable_pk)
     LEFT JOIN @customers AS customers
         ON customers.organization_id = $1 AND customers.customer_id = $2
     WHERE connections.organization_id = $1 AND checkouts.customer_id = $2
         AND checkouts.state IN ('creating', 'open', 'partially_paid')
         AND customers.connection_pk IS DISTINCT FROM checkouts.connection_pk
     ORDER BY checkout_pk";

pub(super) async fn left_behind(
    store: &PostgresStore,
    organization: &OrganizationId,
    customer: &CustomerId,
) -> Result<Vec<OpenCheckoutRow>> {
    let rows = sqlx::query(store.sql(LEFT_BEHIND))
        .bind(organization.as_str())
        .bind(customer.as_str())
        .fetch_all(&store.pool)
        .await
        .map_err(|error| StoreError::new("find what a customer left behind", error))?;
    rows.iter()
        .map(|row| {
            Ok(OpenCheckoutRow {
                payable: row.parsed("payable_id")?,
                checkout: payables::read_checkout(row)?,
            })
        })
        .collect()
}
