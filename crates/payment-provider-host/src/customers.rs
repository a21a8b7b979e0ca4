use payment_provider_core::{
    ConnectionCode, Customer, CustomerId, CustomerLink, OrganizationId, Violations,
};

use crate::connections::ConnectionError;
use crate::store::{CustomerRow, StoreError};
use crate::{Departure, Host};

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

/// What linking a customer did.
#[derive(Debug)]
#[non_exhaustive]
pub struct Linking {
    /// The customer as they are linked now.
    pub linked: LinkedCustomer,
    /// What became of what they could still have paid elsewhere.
    pub departure: Departure,
}

/// Why a customer could not be linked or unlinked.
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

impl Host {
    /// Links a customer to a connection, or again with what is known of them by now.
    ///
    /// **Contract.** Linking to another connection moves the customer: the link is stored first, and
    /// from then on their checkouts are asked for there. Then what they could still pay through other
    /// connections is ended at the gateway; what cannot be is in the answer, and is watched until it
    /// ends. A call of [`payment_url`](Self::payment_url) that is under way ends what it makes.
    ///
    /// **Errors.** Those after the link was stored leave checkouts open that a repeat ends.
    ///
    /// **Idempotency.** By organization and customer id. A repeat finishes what an earlier call did
    /// not come to: it ends whatever is left.
    pub async fn link_customer(&self, new: NewCustomerLink) -> Result<Linking, CustomerError> {
        let connection = self
            .connection_row(&new.organization, &new.connection)
            .await?;
        let provider = self.open(&connection)?;
        crash_point!("link.1-asked");
        let link = provider
            .link_customer(&new.customer)
            .await
            .map_err(ConnectionError::from)?;
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
            linked_at: self.now_millis(),
        };
        if !self.inner.store.put_customer(&row).await? {
            return Err(ConnectionError::NotFound.into());
        }
        crash_point!("link.3-stored");
        let departure = self
            .end_left_behind(&row.organization, &row.customer.id)
            .await?;
        Ok(Linking {
            linked: row.into(),
            departure,
        })
    }

    /// Forgets which connection a customer pays through, and what is known of them.
    ///
    /// **Contract.** The link is removed first, so that no checkout is asked for any more. Then what
    /// they could still pay is ended at the gateway; what cannot be is in the answer, and is watched
    /// until it ends.
    ///
    /// **Idempotency.** A customer who is linked to nothing stays so; a repeat finishes what an earlier
    /// call did not come to.
    pub async fn unlink_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Departure, CustomerError> {
        let store = &self.inner.store;
        crash_point!("unlink.1-asked");
        store.remove_customer(organization, customer).await?;
        crash_point!("unlink.2-removed");
        Ok(self.end_left_behind(organization, customer).await?)
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
