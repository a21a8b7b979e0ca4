use payment_provider_core::reexport::time::OffsetDateTime;
use payment_provider_core::{Money, OrganizationId};
use payment_provider_host::{AnyStore, Store};
use uuid::Uuid;

use crate::tables::{TableError, in_tx, on_pool};

/// An invoice to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewInvoice {
    pub(crate) organization: OrganizationId,
    /// The application's own id of the customer.
    pub(crate) customer_id: String,
    pub(crate) amount: Money,
    pub(crate) purpose: String,
}

/// An invoice as the table has it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Invoice {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) customer_id: String,
    pub(crate) external_customer_id: String,
    pub(crate) amount_cents: i64,
    pub(crate) currency: String,
    pub(crate) purpose: String,
    pub(crate) payment_status: String,
    pub(crate) amount_paid_cents: i64,
    pub(crate) surplus_cents: i64,
    pub(crate) voided_at: Option<i64>,
    pub(crate) created_at: i64,
}

impl Invoice {
    pub(crate) fn is_paid(&self) -> bool {
        self.payment_status == "succeeded"
    }

    pub(crate) const fn is_voided(&self) -> bool {
        self.voided_at.is_some()
    }

    /// What is still owed: nothing once it is voided.
    pub(crate) fn amount_due_cents(&self) -> i64 {
        if self.is_voided() {
            0
        } else {
            self.amount_cents.saturating_sub(self.amount_paid_cents)
        }
    }
}

/// Invoices with their customers. The columns are named: what a process has prepared on PostgreSQL
/// has to stay good when a later version adds others.
macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT invoice.id, invoice.organization_id, invoice.customer_id, invoice.amount_cents,
                 invoice.currency, invoice.purpose, invoice.payment_status,
                 invoice.amount_paid_cents, invoice.surplus_cents, invoice.voided_at,
                 invoice.created_at, customer.external_id AS external_customer_id
             FROM billing_invoices AS invoice
             JOIN billing_customers AS customer ON customer.id = invoice.customer_id ",
            $which
        )
    };
}

/// Makes an invoice and returns its id.
pub(crate) async fn insert(store: &AnyStore, new: &NewInvoice) -> Result<String, TableError> {
    let id = Uuid::now_v7().to_string();
    let mut tx = store.begin().await?;
    in_tx!(&mut tx, connection => {
        sqlx::query(
            "INSERT INTO billing_invoices
                 (id, organization_id, customer_id, amount_cents, currency, purpose, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&id)
        .bind(new.organization.as_str())
        .bind(&new.customer_id)
        .bind(new.amount.minor_units())
        .bind(new.amount.currency().code())
        .bind(&new.purpose)
        .bind(now())
        .execute(connection)
        .await?;
    });
    store.commit(tx).await?;
    Ok(id)
}

/// The invoice with this id. One that is none needs no look: the database may not even take it.
pub(crate) async fn find(store: &AnyStore, id: &str) -> Result<Option<Invoice>, TableError> {
    const SQL: &str = select!("WHERE invoice.id = $1");
    if Uuid::try_parse(id).is_err() {
        return Ok(None);
    }
    Ok(on_pool!(store, pool => {
        sqlx::query_as(SQL).bind(id).fetch_optional(pool).await
    })?)
}

/// The invoices of one organization, or all of them, oldest first.
pub(crate) async fn list(
    store: &AnyStore,
    organization: Option<&OrganizationId>,
) -> Result<Vec<Invoice>, TableError> {
    Ok(on_pool!(store, pool => {
        sqlx::query_as(select!(
            "WHERE CAST($1 AS TEXT) IS NULL OR invoice.organization_id = $1
             ORDER BY invoice.created_at, invoice.id"
        ))
        .bind(organization.map(OrganizationId::as_str))
        .fetch_all(pool)
        .await
    })?)
}

/// The latest invoices, newest first; those that are older than the one named, if one is.
pub(crate) async fn latest(
    store: &AnyStore,
    before: Option<&str>,
    most: i64,
) -> Result<Vec<Invoice>, TableError> {
    // Ids of version 7 sort by the time they were made at.
    Ok(on_pool!(store, pool => {
        sqlx::query_as(select!(
            "WHERE CAST($1 AS TEXT) IS NULL OR invoice.id < $1
             ORDER BY invoice.id DESC
             LIMIT $2"
        ))
        .bind(before)
        .bind(most)
        .fetch_all(pool)
        .await
    })?)
}

/// How many invoices an organization has.
pub(crate) async fn count(
    store: &AnyStore,
    organization: &OrganizationId,
) -> Result<i64, TableError> {
    const SQL: &str = "SELECT count(*) FROM billing_invoices WHERE organization_id = $1";
    Ok(on_pool!(store, pool => {
        sqlx::query_scalar(SQL).bind(organization.as_str()).fetch_one(pool).await
    })?)
}

fn now() -> i64 {
    let nanos = OffsetDateTime::now_utc().unix_timestamp_nanos();
    i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX)
}
