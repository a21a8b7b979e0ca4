//! The request for a checkout, as it would be sent now.

use payment_provider_core::{CheckoutReference, CheckoutRequest, Fingerprint, Money};

use super::Checkouts;
use super::call::Call;
use crate::accounting::CheckoutRecord;
use crate::timestamp::{self, millis};

impl Checkouts {
    /// Returns the request for a new checkout that asks for this amount.
    pub(super) fn request(
        &self,
        call: &Call<'_>,
        reference: CheckoutReference,
        amount: Money,
    ) -> CheckoutRequest {
        let limits = &call.provider.descriptor().limits;
        let lifetime = self
            .config
            .lifetime
            .min(limits.longest_life.unwrap_or(std::time::Duration::MAX))
            .max(limits.shortest_life.unwrap_or_default());
        let expires_at = self.ledger().now().saturating_add(millis(lifetime));
        let mut request = CheckoutRequest::new(
            reference,
            amount,
            call.payable.purpose.clone(),
            call.customer.clone(),
            timestamp::from_millis(expires_at),
        );
        request.return_url.clone_from(&call.payable.return_url);
        request.partial_payments = call.payable.partial_payments;
        request.options.clone_from(&call.payable.options);
        if call.provider.descriptor().capabilities.notify_url {
            let connection = &call.connection;
            request.notify_url = self
                .connections()
                .webhook_url(&connection.provider, &connection.to_ref());
        }
        request
    }

    /// Returns true if the details of the customer that were sent for a checkout differ from those
    /// that would be sent now. False if the provider does not report them, or if no request could be
    /// sent with the present details.
    pub(super) fn customer_changed(
        &self,
        call: &Call<'_>,
        checkout: &CheckoutRecord,
        due: Money,
    ) -> bool {
        let Some(sent) = &checkout.prepared.customer_fingerprint else {
            return false;
        };
        let request = self.request(call, checkout.reference.clone(), due);
        let prepared = call.provider.prepare_checkout(&request);
        let present: Option<Fingerprint> = prepared
            .ok()
            .and_then(|prepared| prepared.customer_fingerprint);
        present.is_some_and(|present| present != *sent)
    }
}
