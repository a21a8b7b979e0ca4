//! Links, moves and unlinks customers, and ends the checkouts that they could still pay elsewhere.

use futures_util::future::join_all;
use payment_provider_core::{
    CheckoutReference, ConnectionCode, Customer, CustomerId, OrganizationId,
};

use super::Workflows;
use crate::connection_ref::ConnectionRef;
use crate::connections::LinkedCustomer;
use crate::error::Error;
use crate::payable_id::PayableId;
use crate::store::OpenCheckoutRow;

/// The number of checkouts that are ended at once.
const CONCURRENCY: usize = 8;

/// The result of linking a customer.
#[derive(Debug)]
#[non_exhaustive]
pub struct LinkOutcome {
    /// The customer as linked now.
    pub linked: LinkedCustomer,
    /// The checkouts that the customer could still have paid through other connections.
    pub left: UnlinkOutcome,
}

/// The checkouts that a customer could still have paid through other connections than the linked one.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct UnlinkOutcome {
    /// Checkouts that are ended: no new payment can begin on them.
    pub ended: Vec<CheckoutReference>,
    /// Checkouts on which a payer may still begin a payment. Money received on them is posted as
    /// usual; the next checkout of their payables waits for their end. Repeating the call tries
    /// again.
    pub still_payable: Vec<OpenCheckout>,
    /// Checkouts on which the gateway reports money that could not be posted. Repeating the call
    /// tries again while they are payable; afterwards the next request for a payment URL of the
    /// payable does.
    pub unreconciled: Vec<OpenCheckout>,
}

/// A checkout that is not ended or not reconciled, with the reason.
#[derive(Debug)]
#[non_exhaustive]
pub struct OpenCheckout {
    /// The payable that the checkout is for.
    pub payable: PayableId,
    /// The connection through which it was requested.
    pub connection: ConnectionCode,
    /// Its reference.
    pub reference: CheckoutReference,
    /// The reason.
    pub error: Error,
}

impl Workflows {
    /// Links a customer, then ends the checkouts on other connections.
    pub(crate) async fn link_customer(
        &self,
        connection: &ConnectionRef,
        customer: &Customer,
    ) -> Result<LinkOutcome, Error> {
        let connections = self.checkouts.connections();
        let linked = connections.link(connection, customer).await?;
        let left = self
            .end_checkouts_elsewhere(&connection.organization, &customer.id)
            .await?;
        Ok(LinkOutcome { linked, left })
    }

    /// Unlinks a customer, then ends the customer's checkouts.
    pub(crate) async fn unlink_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<UnlinkOutcome, Error> {
        let connections = self.checkouts.connections();
        connections.unlink(organization, customer).await?;
        self.end_checkouts_elsewhere(organization, customer).await
    }

    async fn end_checkouts_elsewhere(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<UnlinkOutcome, Error> {
        let store = &self.ledger().store;
        let mut outcome = UnlinkOutcome::default();
        let open = store
            .open_checkouts_elsewhere(organization, customer)
            .await?;
        for batch in open.chunks(CONCURRENCY) {
            let ended = batch.iter().map(|row| self.end_and_post(row));
            for (row, (ended, posted)) in batch.iter().zip(join_all(ended).await) {
                let because = |error| OpenCheckout {
                    payable: row.payable.clone(),
                    connection: row.checkout.connection.clone(),
                    reference: row.checkout.reference.clone(),
                    error,
                };
                match ended {
                    Ok(()) => outcome.ended.push(row.checkout.reference.clone()),
                    Err(error) => outcome.still_payable.push(because(error)),
                }
                outcome.unreconciled.extend(posted.err().map(because));
            }
        }
        Ok(outcome)
    }

    async fn end_and_post(&self, row: &OpenCheckoutRow) -> (Result<(), Error>, Result<(), Error>) {
        let ended = self.checkouts.end_checkout(&row.checkout).await;
        // The gateway's answer may have reported money, even if the checkout is not ended.
        let posted = self.reconciler().reconcile_reported(row.checkout.pk).await;
        (ended, posted)
    }
}
