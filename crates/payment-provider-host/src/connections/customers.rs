//! Customer links: the connection through which each customer pays.

use payment_provider_core::{
    ConnectionCode, Customer, CustomerId, CustomerLink, OrganizationId, Violations,
};

use super::Connections;
use crate::connection_ref::ConnectionRef;
use crate::error::{Entity, Error};
use crate::store::CustomerRow;

/// A customer who pays through a connection.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LinkedCustomer {
    /// The customer.
    pub customer: Customer,
    /// The connection through which the customer pays.
    pub connection: ConnectionCode,
    /// The gateway's id of the customer, if it keeps customers.
    pub remote_id: Option<String>,
    /// The details that the gateway still needs before a checkout for the customer can be
    /// requested, as reported at the latest link.
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

impl Connections {
    /// Links a customer to a connection. A repeated link stores the present details of the
    /// customer.
    pub(crate) async fn link(
        &self,
        connection: &ConnectionRef,
        customer: &Customer,
    ) -> Result<LinkedCustomer, Error> {
        let connection = self.row(connection).await?;
        let provider = self.open(&connection)?;
        let link = provider.link_customer(customer).await?;
        let CustomerLink {
            remote_id, needs, ..
        } = link;
        let row = CustomerRow {
            organization: connection.organization,
            customer: customer.clone(),
            connection_pk: connection.pk,
            connection: connection.code,
            remote_id,
            needs,
            linked_at: self.now(),
        };
        if !self.store.put_customer(&row).await? {
            return Err(Entity::Connection.into());
        }
        Ok(row.into())
    }

    /// Removes the link of a customer, and the details stored with it.
    pub(crate) async fn unlink(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<(), Error> {
        Ok(self.store.remove_customer(organization, customer).await?)
    }

    /// Returns a customer with the details of the latest link; `None` if the customer is linked to
    /// no connection.
    pub(crate) async fn linked_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<LinkedCustomer>, Error> {
        let row = self.store.customer(organization, customer).await?;
        Ok(row.map(LinkedCustomer::from))
    }

    /// Returns the connection through which a customer pays, if the customer is linked to one.
    pub(crate) async fn connection_of_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<ConnectionCode>, Error> {
        let linked = self.linked_customer(organization, customer).await?;
        Ok(linked.map(|linked| linked.connection))
    }
}
