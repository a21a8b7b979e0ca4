//! The decorator of a provider that passes a crash point before and after each call.

use std::sync::Arc;

use payment_provider_core::reexport::async_trait;
use payment_provider_core::{
    Cancellation, Checkout, CheckoutLocator, CheckoutRequest, ConnectionCheck, CreatedCheckout,
    Customer, CustomerLink, Environment, Payment, PaymentProvider, PreparedCheckout,
    ProviderDescriptor, ProviderError, Refund, RefundInquiry, SignedReturns, VerifiedWebhook,
    Violations, WebhookRequest,
};

use super::places::GatewayCall;

/// A provider with a crash point before and after each of its calls.
#[derive(Debug)]
pub(super) struct WithCrashPoints {
    provider: Arc<dyn PaymentProvider>,
}

impl WithCrashPoints {
    pub(super) const fn new(provider: Arc<dyn PaymentProvider>) -> Self {
        Self { provider }
    }
}

#[async_trait]
impl PaymentProvider for WithCrashPoints {
    fn descriptor(&self) -> &ProviderDescriptor {
        self.provider.descriptor()
    }

    fn environment(&self) -> Environment {
        self.provider.environment()
    }

    async fn check_connection(&self) -> Result<ConnectionCheck, ProviderError> {
        let call = self.provider.check_connection();
        GatewayCall::CheckConnection.around(call).await
    }

    async fn link_customer(&self, customer: &Customer) -> Result<CustomerLink, ProviderError> {
        let call = self.provider.link_customer(customer);
        GatewayCall::LinkCustomer.around(call).await
    }

    fn prepare_checkout(&self, request: &CheckoutRequest) -> Result<PreparedCheckout, Violations> {
        GatewayCall::PrepareCheckout.around_sync(|| self.provider.prepare_checkout(request))
    }

    async fn create_checkout(
        &self,
        prepared: &PreparedCheckout,
    ) -> Result<CreatedCheckout, ProviderError> {
        let call = self.provider.create_checkout(prepared);
        GatewayCall::CreateCheckout.around(call).await
    }

    async fn fetch_checkout(&self, checkout: &CheckoutLocator) -> Result<Checkout, ProviderError> {
        let call = self.provider.fetch_checkout(checkout);
        GatewayCall::FetchCheckout.around(call).await
    }

    async fn cancel_checkout(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Cancellation, ProviderError> {
        let call = self.provider.cancel_checkout(checkout);
        GatewayCall::CancelCheckout.around(call).await
    }

    async fn list_payments(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Vec<Payment>, ProviderError> {
        let call = self.provider.list_payments(checkout);
        GatewayCall::ListPayments.around(call).await
    }

    async fn handle_webhook(
        &self,
        request: &WebhookRequest,
    ) -> Result<VerifiedWebhook, ProviderError> {
        let call = self.provider.handle_webhook(request);
        GatewayCall::HandleWebhook.around(call).await
    }

    fn refund_inquiry(&self) -> Option<Arc<dyn RefundInquiry>> {
        let inquiry = self.provider.refund_inquiry()?;
        Some(Arc::new(RefundsWithCrashPoints { inquiry }))
    }

    fn signed_returns(&self) -> Option<Arc<dyn SignedReturns>> {
        self.provider.signed_returns()
    }
}

/// A query of refunds with a crash point before and after it.
#[derive(Debug)]
struct RefundsWithCrashPoints {
    inquiry: Arc<dyn RefundInquiry>,
}

#[async_trait]
impl RefundInquiry for RefundsWithCrashPoints {
    async fn list_refunds(
        &self,
        checkout: &CheckoutLocator,
        payments: &[Payment],
    ) -> Result<Vec<Refund>, ProviderError> {
        let call = self.inquiry.list_refunds(checkout, payments);
        GatewayCall::ListRefunds.around(call).await
    }
}
