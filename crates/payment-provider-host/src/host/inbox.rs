//! The inbox.

use payment_provider_core::{ConnectionCode, OrganizationId, ProviderId, WebhookRequest};
use tokio_util::sync::CancellationToken;

use super::Host;
use crate::error::Error;
use crate::inbox::{Delivery, DeliveryDetail, DeliveryFilter, DeliveryPage, ParkOutcome, Receipt};

impl Host {
    /// Receives one delivery: finds the connection, verifies the signature, stores the delivery.
    ///
    /// **Contract.** After `Ok` the delivery is durable and will be applied, or was stored before. After an
    /// error nothing is stored. Deliveries of a disabled connection are received as well.
    ///
    /// **Errors.** [`NotFound`](crate::error::ErrorKind::NotFound) for an unknown connection, whichever part
    /// of the address is wrong; [`InvalidSignature`](crate::error::ErrorKind::InvalidSignature); all other
    /// kinds are transient, and the sender should try again.
    ///
    /// **Idempotency.** By the hash of the body, within the connection. A duplicate of a parked delivery
    /// makes it pending again; so does a duplicate, inside the acceptance window, of a delivery that says no
    /// more than that something changed.
    pub async fn receive_webhook(
        &self,
        provider: &ProviderId,
        organization: &OrganizationId,
        code: &ConnectionCode,
        request: &WebhookRequest,
    ) -> Result<Receipt, Error> {
        self.inner
            .inbox
            .receive_webhook(provider, organization, code, request)
            .await
    }

    /// Applies deliveries as they arrive, until `stop` is cancelled; then finishes those under way.
    ///
    /// Any number of these may run, in any number of processes. A panic of a provider or a handler counts as
    /// one failed attempt of its delivery. Call it within a Tokio runtime.
    ///
    /// **Cancellation.** Dropping the future ends the work under way; see
    /// [`apply_due_deliveries`](Self::apply_due_deliveries).
    pub async fn run_inbox(&self, stop: CancellationToken) {
        self.inner.inbox.run(stop).await;
    }

    /// Applies some deliveries that are due; returns their number.
    ///
    /// **Cancellation.** A delivery is applied as a whole or not at all. Deliveries that a dropped future had
    /// leased are leased again when their lease runs out
    /// ([`HostConfig::delivery_lease`](crate::HostConfig::delivery_lease)).
    pub async fn apply_due_deliveries(&self) -> Result<usize, Error> {
        self.inner.inbox.apply_due().await
    }

    /// Returns the latest deliveries of a connection, at most `limit`, newest first.
    pub async fn deliveries(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        limit: u32,
    ) -> Result<Vec<Delivery>, Error> {
        self.inner.inbox.deliveries(organization, code, limit).await
    }

    /// Returns a page of the deliveries of an organization, newest first.
    ///
    /// **Errors.** [`NotFound`](crate::error::ErrorKind::NotFound) if the filter names a connection that the
    /// organization does not have.
    pub async fn find_deliveries(
        &self,
        organization: &OrganizationId,
        filter: &DeliveryFilter,
    ) -> Result<DeliveryPage, Error> {
        self.inner.inbox.find_deliveries(organization, filter).await
    }

    /// Returns one delivery by its key, with its body and events.
    pub async fn delivery(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        key: &str,
    ) -> Result<Option<DeliveryDetail>, Error> {
        self.inner.inbox.delivery(organization, code, key).await
    }

    /// Makes a delivery that has ended pending again, for instance after the cause that parked it was mended.
    /// Returns true if there is such a delivery that was not pending.
    ///
    /// **Idempotency.** Effects that it had before do not happen again.
    pub async fn retry_delivery(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        key: &str,
    ) -> Result<bool, Error> {
        self.inner
            .inbox
            .retry_delivery(organization, code, key)
            .await
    }

    /// Parks a delivery: it is not tried any more until an operator makes it pending again
    /// ([`retry_delivery`](Self::retry_delivery)), or the gateway sends it again. The reason is stored as its
    /// error.
    ///
    /// **Contract.** Also parks a delivery that a worker has leased: the result of that work is not stored.
    /// Payments that were posted by then, from a list fetched for it, stay posted.
    ///
    /// **Errors.** [`Refusal::DeliveryDone`](crate::error::Refusal::DeliveryDone) if it was applied or ignored.
    ///
    /// **Idempotency.** A parked delivery stays parked, for the first reason.
    pub async fn park_delivery(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        key: &str,
        reason: &str,
    ) -> Result<ParkOutcome, Error> {
        self.inner
            .inbox
            .park_delivery(organization, code, key, reason)
            .await
    }

    /// Makes all parked deliveries of a connection pending again, after the cause that parked them was
    /// mended. Returns their number.
    ///
    /// **Idempotency.** Effects that they had before do not happen again.
    pub async fn retry_parked(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
    ) -> Result<u64, Error> {
        self.inner.inbox.retry_parked(organization, code).await
    }
}
