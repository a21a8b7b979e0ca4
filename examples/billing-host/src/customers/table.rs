use std::fmt;

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::{ConnectionCode, CustomerId, OrganizationId, Pii, ProviderId};
use payment_provider_host::{Host, Transaction};
use uuid::Uuid;

use super::words::{self, Words};
use crate::list_position::{Page, Position};
use crate::tables::{TableError, in_tx, on_pool};

/// A customer to insert or update.
#[derive(Debug, Clone)]
pub(crate) struct NewCustomer {
    pub(crate) organization: OrganizationId,
    pub(crate) external_id: CustomerId,
    pub(crate) name: Option<Pii>,
    pub(crate) email: Option<Pii>,
    pub(crate) phone: Option<Pii>,
    /// Provider and code of the connection that the customer pays through.
    pub(crate) payment: Option<(ProviderId, ConnectionCode)>,
}

impl NewCustomer {
    /// Returns the customer as gateways know it.
    pub(crate) fn details(&self) -> payment_provider_core::Customer {
        let mut customer = payment_provider_core::Customer::new(self.external_id.clone());
        customer.name.clone_from(&self.name);
        customer.email.clone_from(&self.email);
        customer.phone.clone_from(&self.phone);
        customer
    }
}

/// A row of the customer table.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) external_id: String,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) payment_provider: Option<String>,
    pub(crate) payment_provider_code: Option<String>,
}

/// Columns of [`Customer`]. They are listed because a statement prepared with `*` on PostgreSQL fails once
/// a later version adds a column.
macro_rules! columns {
    () => {
        "id, organization_id, external_id, name, email, phone, payment_provider,
         payment_provider_code"
    };
}

macro_rules! select {
    ($clauses:literal) => {
        concat!("SELECT ", columns!(), " FROM billing_customers ", $clauses)
    };
}

impl Customer {
    /// Returns the texts by which the customer is found.
    fn words(&self) -> Words {
        let (name, email) = (self.name.as_deref(), self.email.as_deref());
        Words::new(&self.id, &self.external_id, name, email)
    }

    /// Returns the name and the external id, for choosing the customer in a form.
    pub(crate) fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} ({})", self.external_id),
            None => self.external_id.clone(),
        }
    }
}

/// Omits personal data.
impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer")
            .field("id", &self.id)
            .field("organization_id", &self.organization_id)
            .field("external_id", &self.external_id)
            .finish_non_exhaustive()
    }
}

/// Result of saving a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SaveOutcome {
    Created,
    Replaced,
}

/// Saves a customer. Replaces the customer with the same external id in the organization.
pub(crate) async fn save(
    host: &Host,
    new: &NewCustomer,
) -> Result<(Customer, SaveOutcome), TableError> {
    let mut tx = host.begin().await?;
    let saved = save_in(&mut tx, new).await?;
    host.commit(tx).await?;
    Ok(saved)
}

/// Saves a customer in a transaction.
pub(crate) async fn save_in(
    tx: &mut Transaction,
    new: &NewCustomer,
) -> Result<(Customer, SaveOutcome), TableError> {
    let exposed = |text: &Option<Pii>| text.as_ref().map(|text| text.expose().to_owned());
    let (provider, code) = new
        .payment
        .as_ref()
        .map_or((None, None), |(provider, code)| {
            (Some(provider.as_str()), Some(code.as_str()))
        });
    let id = Uuid::now_v7().to_string();
    // An existing customer keeps its id.
    let customer: Customer = in_tx!(tx, connection => {
        sqlx::query_as(concat!(
            "INSERT INTO billing_customers (id, organization_id, external_id, name, email, phone,
                 payment_provider, payment_provider_code, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (organization_id, external_id) DO UPDATE SET
                 name = excluded.name, email = excluded.email, phone = excluded.phone,
                 payment_provider = excluded.payment_provider,
                 payment_provider_code = excluded.payment_provider_code
             RETURNING ",
            columns!()
        ))
        .bind(&id)
        .bind(new.organization.as_str())
        .bind(new.external_id.as_str())
        .bind(exposed(&new.name))
        .bind(exposed(&new.email))
        .bind(exposed(&new.phone))
        .bind(provider)
        .bind(code)
        .bind(Timestamp::now().as_second() * 1000)
        .fetch_one(connection)
        .await
    })?;
    customer.words().replace_in(tx).await?;
    let outcome = if customer.id == id {
        SaveOutcome::Created
    } else {
        SaveOutcome::Replaced
    };
    Ok((customer, outcome))
}

/// Returns the customer with this external id.
pub(crate) async fn find(
    host: &Host,
    organization: &OrganizationId,
    external_id: &CustomerId,
) -> Result<Option<Customer>, TableError> {
    Ok(on_pool!(host, pool => {
        sqlx::query_as(select!("WHERE organization_id = $1 AND external_id = $2"))
        .bind(organization.as_str())
        .bind(external_id.as_str())
        .fetch_optional(pool)
        .await
    })?)
}

/// Returns a page of at most `length` customers of all organizations.
pub(crate) async fn page(
    host: &Host,
    position: &Position,
    length: usize,
) -> Result<Page<Customer>, TableError> {
    const NEWEST: &str = select!("ORDER BY id DESC LIMIT $1");
    const OLDER: &str = select!("WHERE id < $2 ORDER BY id DESC LIMIT $1");
    const NEWER: &str = select!("WHERE id > $2 ORDER BY id LIMIT $1");
    let limit = i64::try_from(length + 1).unwrap_or(i64::MAX);
    let rows = on_pool!(host, pool => match position {
        Position::Newest => sqlx::query_as(NEWEST).bind(limit).fetch_all(pool).await,
        Position::OlderThan(id) => {
            sqlx::query_as(OLDER).bind(limit).bind(id).fetch_all(pool).await
        }
        Position::NewerThan(id) => {
            sqlx::query_as(NEWER).bind(limit).bind(id).fetch_all(pool).await
        }
    })?;
    Ok(Page::new(rows, position, length, |row: &Customer| &row.id))
}

/// Returns at most `limit` customers with a word that begins with `text`, in any case, newest first.
pub(crate) async fn search(
    host: &Host,
    text: &str,
    limit: usize,
) -> Result<Vec<Customer>, TableError> {
    // A customer may be found by several words.
    const SQL: &str = select!(
        "WHERE id IN (
             SELECT DISTINCT customer_id FROM billing_customer_words
             WHERE word >= $1 AND word < $2 LIMIT $3
         ) ORDER BY id DESC"
    );
    let Some((first, end)) = words::range(text) else {
        return Ok(Vec::new());
    };
    Ok(on_pool!(host, pool => {
        sqlx::query_as(SQL)
            .bind(first)
            .bind(end)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await
    })?)
}

/// Records the words of the customers that have none because an earlier version saved them.
pub(crate) async fn complete_words(host: &Host) -> Result<(), TableError> {
    const SQL: &str = select!(
        "WHERE id > $1 AND NOT EXISTS (
             SELECT 1 FROM billing_customer_words WHERE customer_id = billing_customers.id
         ) ORDER BY id LIMIT 200"
    );
    let mut after = String::new();
    loop {
        let found: Vec<Customer> = on_pool!(host, pool => {
            sqlx::query_as(SQL).bind(&after).fetch_all(pool).await
        })?;
        let Some(last) = found.last() else {
            return Ok(());
        };
        after.clone_from(&last.id);
        let mut tx = host.begin().await?;
        for customer in &found {
            customer.words().add_in(&mut tx).await?;
        }
        host.commit(tx).await?;
    }
}

/// Returns the customer with this id. An id that is not a UUID is not queried: PostgreSQL rejects some
/// texts, such as those with NUL.
pub(crate) async fn find_by_id(host: &Host, id: &str) -> Result<Option<Customer>, TableError> {
    if Uuid::try_parse(id).is_err() {
        return Ok(None);
    }
    Ok(on_pool!(host, pool => {
        sqlx::query_as(select!("WHERE id = $1"))
            .bind(id)
            .fetch_optional(pool)
            .await
    })?)
}
