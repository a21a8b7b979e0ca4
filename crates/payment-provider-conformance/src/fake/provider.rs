use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use payment_provider_core::{
    Cancellation, Checkout, CheckoutLocator, CheckoutReference, CheckoutRequest, ConnectionCheck,
    CreatedCheckout, CredentialCheck, Customer, CustomerLink, Environment, Operation, Payment,
    PaymentProvider, PaymentStatus, PreparedCheckout, ProviderDescriptor, ProviderError,
    ProviderErrorKind, Refund, RefundInquiry, SignedReturns, VerifiedWebhook, Violations,
    WebhookRequest,
};
use secrecy::SecretString;

use super::call_handler::{CallHandler, Errors};
use super::handle::GatewayHandle;
use super::hold::yield_once;
use super::prepare;
use super::returns::FakeReturns;
use super::scripted_response::ResponsePlan;
use super::settings::AccountKey;
use super::signature::{Keyring, SIGNATURE_HEADER};
use super::verify;

/// The provider of one connected account of a [`FakeGateway`](super::FakeGateway). Clones share the
/// account.
#[derive(Debug, Clone)]
pub struct FakeProvider {
    gateway: GatewayHandle,
    account: AccountKey,
    keyring: Arc<Keyring>,
}

impl FakeProvider {
    pub(super) fn new(
        gateway: GatewayHandle,
        account: AccountKey,
        secrets: &[SecretString],
    ) -> Self {
        Self {
            gateway,
            account,
            keyring: Arc::new(Keyring::new(secrets)),
        }
    }

    /// Makes a call to the gateway, with the scripted response if there is one.
    pub(super) async fn call<T>(
        &self,
        operation: Operation,
        reference: Option<&CheckoutReference>,
        act: impl FnOnce(&mut CallHandler<'_>) -> Result<T, ProviderError> + Send,
    ) -> Result<T, ProviderError> {
        let (answer, request_id) = self
            .gateway
            .record_call(operation, &self.account, reference);
        let errors = Errors {
            request_id: Some(request_id),
            ..self.errors(operation)
        };
        let error = |kind| errors.of(kind);
        yield_once().await;
        if let Some(gate) = &answer.held_before {
            gate.pass().await;
        }
        if let Some(failure) = answer.failure(error) {
            return Err(failure);
        }
        let done = self.carry_out(answer.plan, &errors, act);
        if let Some(gate) = &answer.held_after {
            gate.pass().await;
        }
        match answer.loss(error) {
            Some(loss) => Err(loss),
            None => done,
        }
    }

    fn carry_out<T>(
        &self,
        plan: ResponsePlan,
        errors: &Errors,
        act: impl FnOnce(&mut CallHandler<'_>) -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        let mut state = self.gateway.state();
        let revoked = state.account(&self.account).revoked;
        // Revoked credentials are a result of `check_connection`, and an error of everything else.
        if revoked && errors.operation != Operation::CheckConnection {
            return Err(errors.of(ProviderErrorKind::Authentication));
        }
        act(&mut CallHandler {
            state: &mut state,
            account: &self.account,
            plan,
            errors,
        })
    }

    fn errors(&self, operation: Operation) -> Errors {
        Errors {
            provider: self.descriptor().id.clone(),
            operation,
            request_id: None,
        }
    }

    fn declared(&self, declared: bool, operation: Operation) -> Result<(), ProviderError> {
        if declared {
            Ok(())
        } else {
            Err(self.errors(operation).of(ProviderErrorKind::Unsupported))
        }
    }
}

#[async_trait]
impl PaymentProvider for FakeProvider {
    fn descriptor(&self) -> &ProviderDescriptor {
        &self.gateway.config().descriptor
    }

    fn environment(&self) -> Environment {
        self.account.environment
    }

    async fn check_connection(&self) -> Result<ConnectionCheck, ProviderError> {
        let environment = self.environment();
        self.call(Operation::CheckConnection, None, |handler| {
            let credentials = if handler.state.account(handler.account).revoked {
                CredentialCheck::Rejected
            } else {
                CredentialCheck::Accepted
            };
            let mut check = ConnectionCheck::new(credentials, environment);
            check.clock_skew = Some(SignedDuration::ZERO);
            Ok(check)
        })
        .await
    }

    async fn link_customer(&self, customer: &Customer) -> Result<CustomerLink, ProviderError> {
        let mut needs = Violations::none();
        prepare::needs(customer, self.gateway.config(), &mut needs);
        if !self.descriptor().capabilities.remote_customers {
            return Ok(CustomerLink::local(needs));
        }
        let link = |handler: &mut CallHandler<'_>| Ok(handler.link(customer, needs));
        self.call(Operation::LinkCustomer, None, link).await
    }

    fn prepare_checkout(&self, request: &CheckoutRequest) -> Result<PreparedCheckout, Violations> {
        prepare::prepare(request, self.gateway.config(), self.environment())
    }

    async fn create_checkout(
        &self,
        prepared: &PreparedCheckout,
    ) -> Result<CreatedCheckout, ProviderError> {
        let operation = Operation::CreateCheckout;
        let foreign = self
            .descriptor()
            .check_prepared(prepared, self.environment());
        if !foreign.is_empty() {
            let id = self.descriptor().id.clone();
            return Err(ProviderError::invalid(foreign, operation, id));
        }
        let create = |handler: &mut CallHandler<'_>| handler.create(prepared);
        self.call(operation, Some(&prepared.reference), create)
            .await
    }

    async fn fetch_checkout(&self, checkout: &CheckoutLocator) -> Result<Checkout, ProviderError> {
        let operation = Operation::FetchCheckout;
        self.declared(self.descriptor().capabilities.status_inquiry, operation)?;
        let fetch = |handler: &mut CallHandler<'_>| handler.fetch(checkout);
        self.call(operation, Some(&checkout.reference), fetch).await
    }

    async fn cancel_checkout(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Cancellation, ProviderError> {
        let operation = Operation::CancelCheckout;
        self.declared(self.descriptor().capabilities.cancellation, operation)?;
        let cancel = |handler: &mut CallHandler<'_>| handler.cancel(checkout);
        self.call(operation, Some(&checkout.reference), cancel)
            .await
    }

    async fn list_payments(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Vec<Payment>, ProviderError> {
        let operation = Operation::ListPayments;
        self.declared(self.descriptor().capabilities.status_inquiry, operation)?;
        let list = |handler: &mut CallHandler<'_>| handler.list(checkout);
        self.call(operation, Some(&checkout.reference), list).await
    }

    async fn handle_webhook(
        &self,
        request: &WebhookRequest,
    ) -> Result<VerifiedWebhook, ProviderError> {
        let operation = Operation::HandleWebhook;
        // Verification makes no call, but a test can script its failure.
        let answer = self.gateway.take_response(operation);
        let errors = self.errors(operation);
        if let Some(gate) = &answer.held_before {
            gate.pass().await;
        }
        if let Some(failure) = answer.failure(|kind| errors.of(kind)) {
            return Err(failure);
        }
        let config = self.gateway.config();
        let verified = verify::verify(request, &self.keyring, self.environment(), config);
        if let Some(gate) = &answer.held_after {
            gate.pass().await;
        }
        verified.ok_or_else(|| {
            let error = errors.of(ProviderErrorKind::InvalidSignature);
            match request.header(SIGNATURE_HEADER) {
                Some(_) => error,
                None => error.with_unsigned(),
            }
        })
    }

    fn refund_inquiry(&self) -> Option<Arc<dyn RefundInquiry>> {
        let declared = self.descriptor().capabilities.refund_inquiry;
        declared.then(|| -> Arc<dyn RefundInquiry> { Arc::new(self.clone()) })
    }

    fn signed_returns(&self) -> Option<Arc<dyn SignedReturns>> {
        let declared = self.descriptor().capabilities.signed_returns;
        declared.then(|| -> Arc<dyn SignedReturns> {
            let provider = self.descriptor().id.clone();
            Arc::new(FakeReturns::new(Arc::clone(&self.keyring), provider))
        })
    }
}

#[async_trait]
impl RefundInquiry for FakeProvider {
    async fn list_refunds(
        &self,
        checkout: &CheckoutLocator,
        payments: &[Payment],
    ) -> Result<Vec<Refund>, ProviderError> {
        let received = payments
            .iter()
            .filter(|payment| payment.status == PaymentStatus::Succeeded);
        let received: Vec<_> = received.cloned().collect();
        if received.is_empty() {
            return Ok(Vec::new());
        }
        let list = |handler: &mut CallHandler<'_>| handler.list_refunds(checkout, &received);
        let (operation, reference) = (Operation::ListRefunds, &checkout.reference);
        self.call(operation, Some(reference), list).await
    }
}
