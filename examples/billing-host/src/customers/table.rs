use std::fmt;

use payment_provider_core::reexport::time::OffsetDateTime;
use payment_provider_core::{ConnectionCode, CustomerId, OrganizationId, Pii, ProviderId};
use payment_provider_host::{AnyStore, NewCustomerLink, Store};
use uuid::Uuid;

use crate::tables::{TableError, in_tx, on_pool};

/// A customer as the application's user gives them.
#[derive(Debug, Clone)]
pub(crate) struct NewCustomer {
    pub(crate) organization: OrganizationId,
    pub(crate) external_id: CustomerId,
    pub(crate) name: Option<Pii>,
    pub(crate) email: Option<Pii>,
    pub(crate) phone: Option<Pii>,
    /// Which connection they shall pay through: the provider and the connection's code.
    pub(crate) payment: Option<(ProviderId, ConnectionCode)>,
}

impl NewCustomer {
    /// The same customer, to be linked to a connection.
    pub(crate) fn link(&self, code: ConnectionCode) -> NewCustomerLink {
        let mut customer = payment_provider_core::Customer::new(self.external_id.clone());
        customer.name.clone_from(&self.name);
        customer.email.clone_from(&self.email);
        customer.phone.clone_from(&self.phone);
        NewCustomerLink::new(self.organization.clone(), customer, code)
    }
}

/// A customer as the table has them.
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

/// Named, for what a process has prepared on PostgreSQL has to stay good when a later version adds
/// others.
macro_rules! columns {
    () => {
        "id, organization_id, external_id, name, email, phone, payment_provider,
         payment_provider_code"
    };
}

macro_rules! select {
    ($which:literal) => {
        concat!("SELECT ", columns!(), " FROM billing_customers ", $which)
    };
}

/// How many customers a list has.
pub(crate) const MOST_LISTED: usize = 500;

impl Customer {
    /// How a person tells them from others.
    pub(crate) fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} ({})", self.external_id),
            None => self.external_id.clone(),
        }
    }
}

/// Leaves out what is personal.
impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer")
            .field("id", &self.id)
            .field("organization_id", &self.organization_id)
            .field("external_id", &self.external_id)
            .finish_non_exhaustive()
    }
}

/// Whether a customer was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Saved {
    New,
    Replaced,
}

/// Keeps a customer. One with the same external id in the organization is replaced by it.
pub(crate) async fn save(
    store: &AnyStore,
    new: &NewCustomer,
) -> Result<(Customer, Saved), TableError> {
    let exposed = |text: &Option<Pii>| text.as_ref().map(|text| text.expose().to_owned());
    let (provider, code) = new
        .payment
        .as_ref()
        .map_or((None, None), |(provider, code)| {
            (Some(provider.as_str()), Some(code.as_str()))
        });
    let id = Uuid::now_v7().to_string();
    let mut tx = store.begin().await?;
    // One that is known keeps its id.
    let customer: Customer = in_tx!(&mut tx, connection => {
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
        .bind(OffsetDateTime::now_utc().unix_timestamp() * 1000)
        .fetch_one(connection)
        .await
    })?;
    store.commit(tx).await?;
    let saved = if customer.id == id {
        Saved::New
    } else {
        Saved::Replaced
    };
    Ok((customer, saved))
}

/// The customer with this external id.
pub(crate) async fn find(
    store: &AnyStore,
    organization: &OrganizationId,
    external_id: &CustomerId,
) -> Result<Option<Customer>, TableError> {
    Ok(on_pool!(store, pool => {
        sqlx::query_as(select!("WHERE organization_id = $1 AND external_id = $2"))
        .bind(organization.as_str())
        .bind(external_id.as_str())
        .fetch_optional(pool)
        .await
    })?)
}

/// All customers, the latest first.
pub(crate) async fn list(store: &AnyStore) -> Result<Vec<Customer>, TableError> {
    let most = i64::try_from(MOST_LISTED).unwrap_or(i64::MAX);
    Ok(on_pool!(store, pool => {
        sqlx::query_as(select!("ORDER BY id DESC LIMIT $1"))
            .bind(most)
            .fetch_all(pool)
            .await
    })?)
}

/// The customer an invoice names. What is no id needs no look: the database may not even take it.
pub(crate) async fn find_by_id(store: &AnyStore, id: &str) -> Result<Option<Customer>, TableError> {
    if Uuid::try_parse(id).is_err() {
        return Ok(None);
    }
    Ok(on_pool!(store, pool => {
        sqlx::query_as(select!("WHERE id = $1"))
            .bind(id)
            .fetch_optional(pool)
            .await
    })?)
}
