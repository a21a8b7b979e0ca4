#![allow(missing_docs, reason = "mockall writes the methods")]
#![allow(
    clippy::missing_panics_doc,
    clippy::pedantic,
    reason = "mockall writes the bodies"
)]

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Cancellation, Checkout, CheckoutLocator, CheckoutRequest, ConnectionCheck, ConnectionSettings,
    CreatedCheckout, Customer, CustomerLink, Environment, Payment, PaymentProvider,
    PreparedCheckout, ProviderDescriptor, ProviderError, ProviderFactory, Refund, RefundInquiry,
    VerifiedWebhook, Violations, WebhookRequest,
};

mockall::mock! {
    /// A provider with scripted responses, for tests.
    #[derive(Debug)]
    pub PaymentProvider {}

    #[async_trait]
    impl PaymentProvider for PaymentProvider {
        fn descriptor(&self) -> &ProviderDescriptor;
        fn environment(&self) -> Environment;
        async fn check_connection(&self) -> Result<ConnectionCheck, ProviderError>;
        async fn link_customer(&self, customer: &Customer) -> Result<CustomerLink, ProviderError>;
        fn prepare_checkout(
            &self,
            request: &CheckoutRequest,
        ) -> Result<PreparedCheckout, Violations>;
        async fn create_checkout(
            &self,
            prepared: &PreparedCheckout,
        ) -> Result<CreatedCheckout, ProviderError>;
        async fn fetch_checkout(
            &self,
            checkout: &CheckoutLocator,
        ) -> Result<Checkout, ProviderError>;
        async fn cancel_checkout(
            &self,
            checkout: &CheckoutLocator,
        ) -> Result<Cancellation, ProviderError>;
        async fn list_payments(
            &self,
            checkout: &CheckoutLocator,
        ) -> Result<Vec<Payment>, ProviderError>;
        async fn handle_webhook(
            &self,
            request: &WebhookRequest,
        ) -> Result<VerifiedWebhook, ProviderError>;
    }
}

mockall::mock! {
    /// A factory with scripted responses, for tests.
    #[derive(Debug)]
    pub ProviderFactory {}

    impl ProviderFactory for ProviderFactory {
        fn descriptor(&self) -> &ProviderDescriptor;
        fn connect(
            &self,
            settings: &ConnectionSettings,
        ) -> Result<Arc<dyn PaymentProvider>, Violations>;
    }
}

mockall::mock! {
    /// Queries of refunds with scripted responses, for tests.
    #[derive(Debug)]
    pub RefundInquiry {}

    #[async_trait]
    impl RefundInquiry for RefundInquiry {
        async fn list_refunds(
            &self,
            checkout: &CheckoutLocator,
            payments: &[Payment],
        ) -> Result<Vec<Refund>, ProviderError>;
    }
}
