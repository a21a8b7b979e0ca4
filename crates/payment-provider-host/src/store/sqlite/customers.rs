use payment_provider_core::{Customer, CustomerId, OrganizationId};
use sqlx::sqlite::SqlitePool;

use super::{CustomerRow, OpenCheckoutRow, Result, StoreError, Tx, payables};
use crate::store::columns::{ReadColumn, json};

pub(super) async fn put(pool: &SqlitePool, row: &CustomerRow) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO customers (organization_id, customer_id, connection_pk, remote_id, details,
             needs, linked_at)
         SELECT ?1, ?2, connection_pk, ?4, ?5, ?6, ?7 FROM connections
         WHERE connection_pk = ?3 AND deleted_at IS NULL
         ON CONFLICT (organization_id, customer_id) DO UPDATE SET
             connection_pk = excluded.connection_pk, remote_id = excluded.remote_id,
             details = excluded.details, needs = excluded.needs, linked_at = excluded.linked_at",
    )
    .bind(row.organization.as_str())
    .bind(row.customer.id.as_str())
    .bind(row.connection_pk)
    .bind(&row.remote_id)
    .bind(json(&row.customer)?)
    .bind(json(&row.needs)?)
    .bind(row.linked_at)
    .execute(pool)
    .await
    .map_err(|error| StoreError::new("link a customer", error))?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn by_id(
    pool: &SqlitePool,
    organization: &OrganizationId,
    customer: &CustomerId,
) -> Result<Option<CustomerRow>> {
    let row = sqlx::query(
        "SELECT customers.*, code FROM customers JOIN connections USING (connection_pk)
         WHERE customers.organization_id = ? AND customer_id = ?",
    )
    .bind(organization.as_str())
    .bind(customer.as_str())
    .fetch_optional(pool)
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
    pool: &SqlitePool,
    organization: &OrganizationId,
    customer: &CustomerId,
) -> Result<()> {
    sqlx::query("DELETE FROM customers WHERE organization_id = ? AND customer_id = ?")
        .bind(organization.as_str())
        .bind(customer.as_str())
        .execute(pool)
        .await
        .map_err(|error| StoreError::new("unlink a customer", error))?;
    Ok(())
}

pub(super) async fn link(
    tx: &mut Tx,
    organization: &OrganizationId,
    customer: &CustomerId,
) -> Result<Option<i64>> {
    sqlx::query_scalar(
        "SELECT connection_pk FROM customers WHERE organization_id = ? AND customer_id = ?",
    )
    .bind(organization.as_str())
    .bind(customer.as_str())
    .fetch_optional(&mut **tx)
    .await
    .map_err(|error| StoreError::new("read a customer", error))
}

pub(super) const LEFT_BEHIND: &str = "SELECT checkouts.*, connections.code, payables.payable_id
     FROM connections JOIN checkouts USING (connection_pk) JOIN payables USING (payable_pk)
     LEFT JOIN customers ON customers.organization_id = ?1 AND customers.customer_id = ?2
     WHERE connections.organization_id = ?1 AND checkouts.customer_id = ?2
         AND checkouts.state IN ('creating', 'open', 'partially_paid')
         AND customers.connection_pk IS NOT checkouts.connection_pk
     ORDER BY checkout_pk";

pub(super) async fn left_behind(
    pool: &SqlitePool,
    organization: &OrganizationId,
    customer: &CustomerId,
) -> Result<Vec<OpenCheckoutRow>> {
    let rows = sqlx::query(LEFT_BEHIND)
        .bind(organization.as_str())
        .bind(customer.as_str())
        .fetch_all(pool)
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
