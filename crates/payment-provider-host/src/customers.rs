use payment_provider_core::{
    ConnectionCode, Customer, CustomerId, CustomerLink, OrganizationId, Violations,
};

use crate::Host;
use crate::connections::ConnectionError;
use crate::store::{CustomerRow, Store, StoreError};

/// A customer to be linked to a connection.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewCustomerLink {
    /// The tenant.
    pub organization: OrganizationId,
    /// The customer, with what is known of them.
    pub customer: Customer,
    /// The connection they shall pay through.
    pub connection: ConnectionCode,
}

impl NewCustomerLink {
    /// All of it is needed.
    pub const fn new(
        organization: OrganizationId,
        customer: Customer,
        connection: ConnectionCode,
    ) -> Self {
        Self {
            organization,
            customer,
            connection,
        }
    }
}

/// A customer who pays through a connection.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LinkedCustomer {
    /// The customer.
    pub customer: Customer,
    /// The connection they pay through.
    pub connection: ConnectionCode,
    /// The gateway's own id of them, where it has one.
    pub remote_id: Option<String>,
    /// What the gateway still needs of them before they can be asked for money, as it was when they
    /// were last linked.
    pub needs: Violations,
}

impl From<CustomerRow> for LinkedCustomer {
    fn from(row: CustomerRow) -> Self {
        Self {
            customer: row.customer,
            connection: row.connection,
            remote_id: row.remote_id,
            needs: row.needs,
        }
    }
}

/// Why a customer could not be linked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CustomerError {
    /// The connection is missing or cannot be used.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<S: Store> Host<S> {
    /// Links a customer to a connection, or again with what is known of them by now.
    ///
    /// **Idempotency.** By organization and customer id. Linking to another connection moves the
    /// customer: their next checkout is asked for there, and an open one is replaced then.
    pub async fn link_customer(
        &self,
        new: NewCustomerLink,
    ) -> Result<LinkedCustomer, CustomerError> {
        let connection = self
            .connection_row(&new.organization, &new.connection)
            .await?;
        let provider = self.open(&connection)?;
        let link = provider
            .link_customer(&new.customer)
            .await
            .map_err(ConnectionError::from)?;
        let CustomerLink {
            remote_id, needs, ..
        } = link;
        let row = CustomerRow {
            organization: new.organization,
            customer: new.customer,
            connection_pk: connection.pk,
            connection: connection.code,
            remote_id,
            needs,
            linked_at: self.now_millis(),
        };
        self.inner.store.put_customer(&row).await?;
        Ok(row.into())
    }

    /// A customer as they were last linked; `None` if they are linked to no connection.
    pub async fn linked_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<LinkedCustomer>, StoreError> {
        let row = self.inner.store.customer(organization, customer).await?;
        Ok(row.map(LinkedCustomer::from))
    }

    /// The connection a customer pays through, if they are linked to one.
    pub async fn connection_of_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<ConnectionCode>, StoreError> {
        let linked = self.linked_customer(organization, customer).await?;
        Ok(linked.map(|linked| linked.connection))
    }
}
