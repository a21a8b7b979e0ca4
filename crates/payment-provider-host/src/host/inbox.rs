//! The methods for the inbox.

use payment_provider_core::{OrganizationId, ProviderId, WebhookRequest};
use tokio_util::sync::CancellationToken;

use super::Host;
use crate::connection_ref::ConnectionRef;
use crate::error::Error;
use crate::inbox::{
    Delivery, DeliveryDetail, DeliveryFilter, ExpiredDeliveries, ParkOutcome, Receipt,
};
use crate::page::{Page, PageRequest};

impl Host {
    /// Returns an error if a webhook address names no connection. An HTTP edge calls it before it reads the
    /// body of a delivery; [`receive_webhook`](Self::receive_webhook) looks again.
    ///
    /// **Errors.** [`NotFound`](crate::error::ErrorKind::NotFound) for an unknown connection, whichever part
    /// of the address is wrong, or an error of the store.
    pub async fn check_webhook_address(
        &self,
        provider: &ProviderId,
        connection: &ConnectionRef,
    ) -> Result<(), Error> {
        self.inner.inbox.addressed(provider, connection).await?;
        Ok(())
    }

    /// Receives one delivery: finds the connection, verifies the signature, stores the delivery.
    ///
    /// **Contract.** After `Ok` the delivery is durable and will be applied, or was stored before. After an
    /// error nothing is stored. Deliveries of a disabled connection are received as well.
    ///
    /// **Errors.** [`NotFound`](crate::error::ErrorKind::NotFound) for an unknown connection, whichever part
    /// of the address is wrong; [`InvalidSignature`](crate::error::ErrorKind::InvalidSignature); of the
    /// other kinds, some pass by themselves ([`Error::is_transient`]), and others last until an operator
    /// acts, such as [`Encryption`](crate::error::ErrorKind::Encryption). Answer all of them so that the
    /// sender tries again.
    ///
    /// **Idempotency.** By the hash of the body, within the connection. A duplicate of a parked
    /// delivery makes it pending again; so does a duplicate, inside the acceptance window, of a
    /// delivery that only says that something changed, and the first duplicate inside the window of a
    /// delivery that was outside: its content replaces what was concluded before.
    ///
    /// **Errors.** [`TooManyDeliveries`](crate::ErrorKind::TooManyDeliveries) beyond
    /// [`HostConfig::intake_limit`](crate::HostConfig::intake_limit): nothing is stored, and the gateway
    /// should send it again.
    pub async fn receive_webhook(
        &self,
        provider: &ProviderId,
        connection: &ConnectionRef,
        request: &WebhookRequest,
    ) -> Result<Receipt, Error> {
        self.inner
            .inbox
            .receive_webhook(provider, connection, request)
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

    /// Works once on some checkouts that have to be ended at their gateways; returns their number.
    /// [`run_inbox`](Self::run_inbox) does this by itself.
    ///
    /// **Contract.** A checkout has to be ended if it can still be paid although its payable is closed, or was
    /// paid on another checkout. That is recorded together with the payment or the closing. The caller that caused it
    /// ends the checkout at once; if that fails, or the process ends, a worker tries again, after waits that
    /// double from half a minute to an hour, until the gateway reports that the checkout ended.
    /// [`KnownCheckout::cancel`](crate::payable::KnownCheckout::cancel) shows it.
    ///
    /// **Cancellation.** What is left is tried again after
    /// [`HostConfig::attempt_timeout`](crate::HostConfig::attempt_timeout) and a lease.
    pub async fn cancel_due_checkouts(&self) -> Result<usize, Error> {
        self.inner.inbox.cancel_due().await
    }

    /// Drops the content of some old deliveries, and removes the rows of some that are older; returns their
    /// numbers, which are zero once none is left. [`run_inbox`](Self::run_inbox) does this by itself. How long
    /// deliveries are kept is part of the [`HostConfig`](crate::HostConfig), such as
    /// [`applied_retention`](crate::HostConfig::applied_retention).
    ///
    /// **Contract.** Each step is a short transaction. Any number of processes may do this at once; on
    /// PostgreSQL they do not wait for each other.
    ///
    /// **Cancellation.** A step is done as a whole or not at all.
    pub async fn expire_deliveries(&self) -> Result<ExpiredDeliveries, Error> {
        self.inner.inbox.expire_deliveries().await
    }

    /// Returns a page of the deliveries of a connection, newest first. Their bodies are not read.
    ///
    /// **Errors.** [`Invalid`](crate::error::ErrorKind::Invalid) for a cursor of another list.
    pub async fn deliveries(
        &self,
        connection: &ConnectionRef,
        page: &PageRequest,
    ) -> Result<Page<Delivery>, Error> {
        self.inner.inbox.deliveries(connection, page).await
    }

    /// Returns a page of the deliveries of an organization, newest first. Their bodies are not read.
    /// Deliveries that arrive later are on none of the following pages.
    ///
    /// **Errors.** [`NotFound`](crate::error::ErrorKind::NotFound) if the filter names a connection that the
    /// organization does not have; [`Invalid`](crate::error::ErrorKind::Invalid) for a cursor of another
    /// list.
    pub async fn find_deliveries(
        &self,
        organization: &OrganizationId,
        filter: &DeliveryFilter,
        page: &PageRequest,
    ) -> Result<Page<Delivery>, Error> {
        self.inner
            .inbox
            .find_deliveries(organization, filter, page)
            .await
    }

    /// Returns one delivery by its key, with its body and events.
    pub async fn delivery(
        &self,
        connection: &ConnectionRef,
        key: &str,
    ) -> Result<Option<DeliveryDetail>, Error> {
        self.inner.inbox.delivery(connection, key).await
    }

    /// Makes a parked, applied, ignored or unmatched delivery pending again, for instance after the
    /// cause for which it was parked was removed. Returns false if there is no such delivery, or it
    /// is pending already.
    ///
    /// **Errors.** [`Refusal::DeliveryDropped`](crate::error::Refusal::DeliveryDropped) if its content was
    /// dropped.
    ///
    /// **Idempotency.** Effects that it had before do not happen again. The time for which its content is kept
    /// begins again when it ends.
    pub async fn retry_delivery(
        &self,
        connection: &ConnectionRef,
        key: &str,
    ) -> Result<bool, Error> {
        self.inner.inbox.retry_delivery(connection, key).await
    }

    /// Parks a delivery: it is not attempted again until an operator makes it pending
    /// ([`retry_delivery`](Self::retry_delivery)), or the gateway sends it again. The reason is
    /// stored as its error.
    ///
    /// **Contract.** A delivery that a worker has leased is parked as well; the result of that work
    /// is not stored. Payments that were posted before, from a list that was fetched for the
    /// delivery, stay posted.
    ///
    /// **Errors.** [`Refusal::DeliveryDone`](crate::error::Refusal::DeliveryDone) if it was applied or ignored;
    /// [`Refusal::DeliveryDropped`](crate::error::Refusal::DeliveryDropped) if its content was dropped.
    ///
    /// **Idempotency.** A parked delivery stays parked, for the first reason.
    pub async fn park_delivery(
        &self,
        connection: &ConnectionRef,
        key: &str,
        reason: &str,
    ) -> Result<ParkOutcome, Error> {
        self.inner
            .inbox
            .park_delivery(connection, key, reason)
            .await
    }

    /// Makes all parked deliveries of a connection pending again, for instance after the cause for
    /// which they were parked was removed. Returns their number. Those whose content was dropped stay parked.
    ///
    /// **Idempotency.** Effects that they had before do not happen again.
    pub async fn retry_parked(&self, connection: &ConnectionRef) -> Result<u64, Error> {
        self.inner.inbox.retry_parked(connection).await
    }
}
