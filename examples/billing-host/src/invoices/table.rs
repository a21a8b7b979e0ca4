use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::{Money, OrganizationId};
use payment_provider_host::{Host, Transaction};
use uuid::Uuid;

use crate::list_position::{Page, Position};
use crate::tables::{TableError, in_tx, on_pool};

/// Longest purpose of an invoice, in characters.
pub(crate) const MAX_PURPOSE_CHARS: usize = 1000;

/// An invoice to insert.
#[derive(Debug, Clone)]
pub(crate) struct NewInvoice {
    pub(crate) organization: OrganizationId,
    /// The application's id of the customer, not the external one.
    pub(crate) customer_id: String,
    pub(crate) amount: Money,
    pub(crate) purpose: String,
}

/// A row of the invoice table, with the external id of its customer. Amounts are in minor units of the
/// currency, times in milliseconds since the Unix epoch.
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
    pub(crate) overpaid_cents: i64,
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

    /// Returns the amount that is still due: 0 for a voided invoice.
    pub(crate) fn amount_due_cents(&self) -> i64 {
        if self.is_voided() {
            0
        } else {
            self.amount_cents.saturating_sub(self.amount_paid_cents)
        }
    }
}

/// Selects invoices with their customers. The columns are listed because a statement prepared with `*`
/// on PostgreSQL fails once a later version adds a column.
macro_rules! select {
    ($clauses:literal) => {
        concat!(
            "SELECT invoice.id, invoice.organization_id, invoice.customer_id, invoice.amount_cents,
                 invoice.currency, invoice.purpose, invoice.payment_status,
                 invoice.amount_paid_cents, invoice.overpaid_cents, invoice.voided_at,
                 invoice.created_at, customer.external_id AS external_customer_id
             FROM billing_invoices AS invoice
             JOIN billing_customers AS customer ON customer.id = invoice.customer_id ",
            $clauses
        )
    };
}

/// Inserts an invoice and returns its id.
pub(crate) async fn insert(host: &Host, new: &NewInvoice) -> Result<String, TableError> {
    let mut tx = host.begin().await?;
    let invoice = insert_in(&mut tx, new).await?;
    host.commit(tx).await?;
    Ok(invoice.id)
}

/// Inserts an invoice in a transaction.
pub(super) async fn insert_in(
    tx: &mut Transaction,
    new: &NewInvoice,
) -> Result<Invoice, TableError> {
    let id = Uuid::now_v7().to_string();
    Ok(in_tx!(tx, connection => {
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
        .execute(&mut *connection)
        .await?;
        sqlx::query_as(select!("WHERE invoice.id = $1"))
            .bind(&id)
            .fetch_one(connection)
            .await?
    }))
}

/// Returns the invoice with this id. An id that is not a UUID is not queried: PostgreSQL rejects some
/// texts, such as those with NUL.
pub(crate) async fn find(host: &Host, id: &str) -> Result<Option<Invoice>, TableError> {
    const SQL: &str = select!("WHERE invoice.id = $1");
    if Uuid::try_parse(id).is_err() {
        return Ok(None);
    }
    Ok(on_pool!(host, pool => {
        sqlx::query_as(SQL).bind(id).fetch_optional(pool).await
    })?)
}

/// Returns at most `limit` invoices of one organization or of all, oldest first, beginning after the invoice
/// `after`.
pub(crate) async fn list(
    host: &Host,
    organization: Option<&OrganizationId>,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Invoice>, TableError> {
    // UUIDs of version 7 sort by creation time. No id is smaller than an empty text.
    const ALL: &str = select!("WHERE invoice.id > $1 ORDER BY invoice.id LIMIT $2");
    const OF_ORGANIZATION: &str = select!(
        "WHERE invoice.organization_id = $3 AND invoice.id > $1 ORDER BY invoice.id LIMIT $2"
    );
    let (after, limit) = (after.unwrap_or_default(), bound(limit));
    Ok(on_pool!(host, pool => match organization {
        None => sqlx::query_as(ALL).bind(after).bind(limit).fetch_all(pool).await,
        Some(organization) => {
            let rows = sqlx::query_as(OF_ORGANIZATION).bind(after).bind(limit);
            rows.bind(organization.as_str()).fetch_all(pool).await
        }
    })?)
}

/// Returns a page of at most `length` invoices of all organizations.
pub(crate) async fn page(
    host: &Host,
    position: &Position,
    length: usize,
) -> Result<Page<Invoice>, TableError> {
    const NEWEST: &str = select!("ORDER BY invoice.id DESC LIMIT $1");
    const OLDER: &str = select!("WHERE invoice.id < $2 ORDER BY invoice.id DESC LIMIT $1");
    const NEWER: &str = select!("WHERE invoice.id > $2 ORDER BY invoice.id LIMIT $1");
    let limit = bound(length + 1);
    let rows = on_pool!(host, pool => match position {
        Position::Newest => sqlx::query_as(NEWEST).bind(limit).fetch_all(pool).await,
        Position::OlderThan(id) => {
            sqlx::query_as(OLDER).bind(limit).bind(id).fetch_all(pool).await
        }
        Position::NewerThan(id) => {
            sqlx::query_as(NEWER).bind(limit).bind(id).fetch_all(pool).await
        }
    })?;
    Ok(Page::new(rows, position, length, |row: &Invoice| &row.id))
}

fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Returns the number of invoices of an organization.
pub(crate) async fn count(host: &Host, organization: &OrganizationId) -> Result<i64, TableError> {
    const SQL: &str = "SELECT count(*) FROM billing_invoices WHERE organization_id = $1";
    Ok(on_pool!(host, pool => {
        sqlx::query_scalar(SQL).bind(organization.as_str()).fetch_one(pool).await
    })?)
}

fn now() -> i64 {
    let nanos = Timestamp::now().as_nanosecond();
    i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX)
}
