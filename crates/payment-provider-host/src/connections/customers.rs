//! Customers: which customer pays through which connection.

use payment_provider_core::{
    ConnectionCode, Customer, CustomerId, CustomerLink, OrganizationId, Violations,
};

use super::Connections;
use crate::error::{Entity, Error};
use crate::store::CustomerRow;

/// A customer to link to a connection.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewCustomerLink {
    /// The tenant.
    pub organization: OrganizationId,
    /// The customer, with all known details.
    pub customer: Customer,
    /// The connection through which the customer is to pay.
    pub connection: ConnectionCode,
}

impl NewCustomerLink {
    /// Creates the link of a customer.
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
    /// The connection through which the customer pays.
    pub connection: ConnectionCode,
    /// The gateway's id of the customer, if it keeps customers.
    pub remote_id: Option<String>,
    /// The details that the gateway still needs before the customer can be asked for money, as of the
    /// latest link.
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
    /// Links a customer to a connection, or again with the present details of the customer.
    pub(crate) async fn link(&self, new: NewCustomerLink) -> Result<LinkedCustomer, Error> {
        let connection = self.row(&new.organization, &new.connection).await?;
        let provider = self.open(&connection)?;
        crash_point!("link.1-asked");
        let link = provider.link_customer(&new.customer).await?;
        crash_point!("link.2-answered");
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
            linked_at: self.now(),
        };
        if !self.store.put_customer(&row).await? {
            return Err(Entity::Connection.into());
        }
        crash_point!("link.3-stored");
        Ok(row.into())
    }

    /// Removes the link of a customer, and the details stored with it.
    pub(crate) async fn unlink(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<(), Error> {
        crash_point!("unlink.1-asked");
        self.store.remove_customer(organization, customer).await?;
        crash_point!("unlink.2-removed");
        Ok(())
    }

    /// A customer as they were last linked; `None` if they are linked to no connection.
    pub(crate) async fn linked_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<LinkedCustomer>, Error> {
        let row = self.store.customer(organization, customer).await?;
        Ok(row.map(LinkedCustomer::from))
    }

    /// The connection a customer pays through, if they are linked to one.
    pub(crate) async fn connection_of_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<ConnectionCode>, Error> {
        let linked = self.linked_customer(organization, customer).await?;
        Ok(linked.map(|linked| linked.connection))
    }
}
