use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderMap, header};
use payment_provider_core::{
    Cancellation, Checkout, CheckoutLocator, CheckoutRequest, ConnectionCheck, CreatedCheckout,
    Customer, CustomerLink, Environment, HmacKeyring, Operation, Payment, PaymentProvider,
    PreparedCheckout, ProviderDescriptor, ProviderError, RefundInquiry, SignedReturns,
    VerifiedWebhook, Violations, WebhookRequest,
};
use payment_provider_http::{CallError, Deadline, Dialect, GatewayClient, HttpClients};

use crate::config::RazorpayConfig;
use crate::refunds::Inquiry;
use crate::returns::Returns;
use crate::settings::{Account, Terms};
use crate::{check, customers, links, payments, webhook};

/// A connection to one merchant account at Razorpay.
pub(crate) struct RazorpayProvider {
    descriptor: Arc<ProviderDescriptor>,
    config: Arc<RazorpayConfig>,
    gateway: Arc<GatewayClient>,
    refunds: Arc<Inquiry>,
    terms: Terms,
    webhook_keys: HmacKeyring,
    returns: Arc<Returns>,
}

impl RazorpayProvider {
    pub(crate) fn new(
        descriptor: Arc<ProviderDescriptor>,
        config: Arc<RazorpayConfig>,
        clients: Arc<HttpClients>,
        dialect: Arc<dyn Dialect>,
        account: Account,
    ) -> Self {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, account.authorization)]);
        let return_keys = HmacKeyring::new(&account.key_secrets);
        let gateway = GatewayClient::new(clients, account.base_url, headers, dialect);
        let gateway = Arc::new(gateway);
        let refunds = Inquiry::new(
            Arc::clone(&descriptor),
            Arc::clone(&config),
            Arc::clone(&gateway),
        );
        Self {
            gateway,
            refunds: Arc::new(refunds),
            webhook_keys: HmacKeyring::new(&account.webhook_secrets),
            returns: Arc::new(Returns::new(Arc::clone(&descriptor), return_keys)),
            terms: account.terms,
            descriptor,
            config,
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
impl PaymentProvider for RazorpayProvider {
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
        customers::link(&self.gateway, &self.terms, customer, self.deadline())
            .await
            .map_err(self.error(Operation::LinkCustomer))
    }

    fn prepare_checkout(&self, request: &CheckoutRequest) -> Result<PreparedCheckout, Violations> {
        let now = self.config.clock.now();
        links::preflight(request, &self.terms, &self.descriptor, now)
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
        let limit = self.config.http.operation_deadline();
        links::create(&self.gateway, self.terms.environment, prepared, limit)
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
        let (now, limit) = (
            self.config.clock.now(),
            self.config.http.operation_deadline(),
        );
        links::cancel(&self.gateway, self.terms.environment, checkout, now, limit)
            .await
            .map_err(self.error(Operation::CancelCheckout))
    }

    async fn list_payments(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Vec<Payment>, ProviderError> {
        let deadline = self.deadline();
        payments::list(&self.gateway, self.terms.environment, checkout, deadline)
            .await
            .map_err(self.error(Operation::ListPayments))
    }

    async fn handle_webhook(
        &self,
        request: &WebhookRequest,
    ) -> Result<VerifiedWebhook, ProviderError> {
        webhook::handle(request, &self.webhook_keys, self.terms.environment)
            .map_err(self.error(Operation::HandleWebhook))
    }

    fn refund_inquiry(&self) -> Option<Arc<dyn RefundInquiry>> {
        Some(Arc::clone(&self.refunds) as Arc<dyn RefundInquiry>)
    }

    fn signed_returns(&self) -> Option<Arc<dyn SignedReturns>> {
        Some(Arc::clone(&self.returns) as Arc<dyn SignedReturns>)
    }
}

impl fmt::Debug for RazorpayProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RazorpayProvider")
            .field("environment", &self.terms.environment)
            .finish_non_exhaustive()
    }
}
