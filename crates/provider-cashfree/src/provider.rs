use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use payment_provider_core::{
    Cancellation, Checkout, CheckoutLocator, CheckoutRequest, ConnectionCheck, CreatedCheckout,
    Customer, CustomerLink, Environment, HmacKeyring, Operation, Payment, PaymentProvider,
    PreparedCheckout, ProviderDescriptor, ProviderError, RefundInquiry, VerifiedWebhook,
    Violations, WebhookRequest,
};

use crate::config::CashfreeConfig;
use crate::refunds::RefundQueries;
use crate::settings::{Account, Terms};
use crate::transport::{self, CallError, Deadline, GatewayClient, GatewayKeys, HttpClients};
use crate::webhook::Window;
use crate::{check, links, payments, webhook};

/// A connection to one merchant account at Cashfree.
pub(crate) struct CashfreeProvider {
    descriptor: Arc<ProviderDescriptor>,
    config: Arc<CashfreeConfig>,
    gateway: Arc<GatewayClient>,
    refunds: Arc<RefundQueries>,
    terms: Terms,
    keyring: HmacKeyring,
}

impl CashfreeProvider {
    pub(crate) fn new(
        descriptor: Arc<ProviderDescriptor>,
        config: Arc<CashfreeConfig>,
        clients: Arc<HttpClients>,
        account: Account,
    ) -> Self {
        let keys = GatewayKeys {
            client_id: account.client_id,
            client_secret: account.call_secret,
            api_version: account.api_version,
        };
        let gateway = Arc::new(transport::gateway(clients, account.base_url, keys));
        let refunds = RefundQueries::new(
            descriptor.id.clone(),
            Arc::clone(&gateway),
            config.http.operation_deadline(),
        );
        Self {
            descriptor,
            config,
            gateway,
            refunds: Arc::new(refunds),
            terms: account.terms,
            keyring: HmacKeyring::new(&account.secrets),
        }
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(self.config.http.operation_deadline())
    }

    fn error(&self, operation: Operation) -> impl FnOnce(CallError) -> ProviderError {
        let provider = self.descriptor.id.clone();
        move |error| error.into_provider_error(operation, provider)
    }
}

#[async_trait]
impl PaymentProvider for CashfreeProvider {
    fn descriptor(&self) -> &ProviderDescriptor {
        &self.descriptor
    }

    fn environment(&self) -> Environment {
        self.terms.environment
    }

    async fn check_connection(&self) -> Result<ConnectionCheck, ProviderError> {
        check::check(&self.gateway, self.terms.environment, &self.config)
            .await
            .map_err(self.error(Operation::CheckConnection))
    }

    async fn link_customer(&self, customer: &Customer) -> Result<CustomerLink, ProviderError> {
        Ok(CustomerLink::local(links::needs(customer, &self.terms)))
    }

    fn prepare_checkout(&self, request: &CheckoutRequest) -> Result<PreparedCheckout, Violations> {
        let now = self.config.clock.now();
        links::preflight(request, &self.terms, &self.descriptor.id, now)
    }

    async fn create_checkout(
        &self,
        prepared: &PreparedCheckout,
    ) -> Result<CreatedCheckout, ProviderError> {
        let operation = Operation::CreateCheckout;
        let foreign = self
            .descriptor
            .check_prepared(prepared, self.terms.environment);
        if let Err(violations) = foreign.into_result(()) {
            let provider = self.descriptor.id.clone();
            return Err(ProviderError::invalid(violations, operation, provider));
        }
        let now = self.config.clock.now();
        let limit = self.config.http.operation_deadline();
        links::create(&self.gateway, self.terms.environment, prepared, now, limit)
            .await
            .map_err(self.error(operation))
    }

    async fn fetch_checkout(&self, checkout: &CheckoutLocator) -> Result<Checkout, ProviderError> {
        let deadline = self.deadline();
        links::fetch(&self.gateway, self.terms.environment, checkout, deadline)
            .await
            .map_err(self.error(Operation::FetchCheckout))
    }

    async fn cancel_checkout(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Cancellation, ProviderError> {
        let limit = self.config.http.operation_deadline();
        links::cancel(&self.gateway, self.terms.environment, checkout, limit)
            .await
            .map_err(self.error(Operation::CancelCheckout))
    }

    async fn list_payments(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Vec<Payment>, ProviderError> {
        payments::list(
            &self.gateway,
            self.terms.environment,
            checkout,
            self.deadline(),
        )
        .await
        .map_err(self.error(Operation::ListPayments))
    }

    async fn handle_webhook(
        &self,
        request: &WebhookRequest,
    ) -> Result<VerifiedWebhook, ProviderError> {
        let window = Window::new(self.config.webhook_past, self.config.webhook_future);
        webhook::handle(request, &self.keyring, window, self.terms.environment)
            .map_err(self.error(Operation::HandleWebhook))
    }

    fn refund_inquiry(&self) -> Option<Arc<dyn RefundInquiry>> {
        Some(self.refunds.clone())
    }
}

impl fmt::Debug for CashfreeProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CashfreeProvider")
            .field("environment", &self.terms.environment)
            .finish_non_exhaustive()
    }
}
