//! The connected provider.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::{
    Cancellation, Checkout, CheckoutLocator, CheckoutRequest, ConnectionCheck, CreatedCheckout,
    CredentialCheck, Customer, CustomerLink, Effect, Environment, Operation, Payment,
    PaymentProvider, PreparedCheckout, ProviderDescriptor, ProviderError, ProviderErrorKind,
    RefundInquiry, SignedReturns, VerifiedWebhook, Violations, WebhookRequest,
};

use super::call_error::CallError;
use super::client::{Api, Call};
use super::memory::ConnectionState;
use super::prepare::needs;
use super::refunds::Refunds;
use super::returns::Returns;
use super::signature::Keyring;
use crate::flaw::{Flaw, Profile};

pub(super) struct AcmeProvider {
    pub(super) api: Arc<Api>,
    pub(super) refunds: Arc<Refunds>,
    pub(super) descriptor: ProviderDescriptor,
    pub(super) environment: Environment,
    pub(super) keyring: Arc<Keyring>,
    pub(super) memory: ConnectionState,
    pub(super) profile: Profile,
}

impl fmt::Debug for AcmeProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AcmeProvider");
        if self.profile.has(Flaw::SecretInDebug) {
            shown.field("secret", &self.api.secret.expose_secret());
        }
        shown
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

impl AcmeProvider {
    fn to_result<T>(
        &self,
        operation: Operation,
        outcome: Result<T, CallError>,
    ) -> Result<T, ProviderError> {
        let wrong = self.profile.has(Flaw::ErrorNamesWrongOperation);
        let operation = if wrong && operation == Operation::LinkCustomer {
            Operation::CreateCheckout
        } else {
            operation
        };
        outcome.map_err(|error| error.into_error(operation, self.descriptor.id.clone()))
    }

    pub(super) fn undeclared() -> CallError {
        CallError::new(ProviderErrorKind::Unsupported, Effect::NotSent)
    }

    async fn check(&self) -> Result<ConnectionCheck, CallError> {
        let profile = self.profile;
        let mut environment = self.environment;
        if profile.has(Flaw::CheckNamesTheOtherEnvironment) {
            environment = Environment::Production;
        }
        if profile.has(Flaw::CheckCreates) {
            let call = Call::new(Method::POST, &["checkouts", "is-anybody-present"]);
            let _ = self.api.send(&call).await;
        }
        if profile.is_in_process() {
            return Ok(ConnectionCheck::new(CredentialCheck::Accepted, environment));
        }
        let says = |credentials| Ok(ConnectionCheck::new(credentials, environment));
        match self.api.send(&Call::get(&["account"])).await {
            Ok(_) => says(CredentialCheck::Accepted),
            Err(error) => match error.kind {
                ProviderErrorKind::Authentication if profile.has(Flaw::RejectionIsAnError) => {
                    Err(error)
                }
                ProviderErrorKind::Authentication => says(CredentialCheck::Rejected),
                ProviderErrorKind::Unavailable if profile.has(Flaw::OutageIsRejection) => {
                    says(CredentialCheck::Rejected)
                }
                _ => Err(error),
            },
        }
    }

    async fn link(&self, customer: &Customer) -> Result<CustomerLink, CallError> {
        let undeclared = !self.descriptor.capabilities.remote_customers;
        let mut needs = needs(customer);
        if self.profile.has(Flaw::OmitsNeeds) {
            needs = Violations::none();
        }
        if (undeclared && !self.profile.has(Flaw::LinksUndeclared)) || !needs.is_empty() {
            return Ok(CustomerLink::local(needs));
        }
        let create_again = self.profile.has(Flaw::CreatesCustomerEachTime);
        let method = if create_again {
            Method::POST
        } else {
            Method::PUT
        };
        let path = ["customers", customer.id.as_str()];
        let call = Call::new(method, &path);
        let answer = self.api.send(&call).await?;
        match answer.document["id"].as_str() {
            Some(id) => Ok(CustomerLink::remote(id, needs)),
            None => Err(CallError::unreadable()),
        }
    }
}

#[async_trait]
impl PaymentProvider for AcmeProvider {
    fn descriptor(&self) -> &ProviderDescriptor {
        &self.descriptor
    }

    fn environment(&self) -> Environment {
        self.environment
    }

    async fn check_connection(&self) -> Result<ConnectionCheck, ProviderError> {
        self.to_result(Operation::CheckConnection, self.check().await)
    }

    async fn link_customer(&self, customer: &Customer) -> Result<CustomerLink, ProviderError> {
        self.to_result(Operation::LinkCustomer, self.link(customer).await)
    }

    fn prepare_checkout(&self, request: &CheckoutRequest) -> Result<PreparedCheckout, Violations> {
        self.prepare(request)
    }

    async fn create_checkout(
        &self,
        prepared: &PreparedCheckout,
    ) -> Result<CreatedCheckout, ProviderError> {
        self.to_result(Operation::CreateCheckout, self.create(prepared).await)
    }

    async fn fetch_checkout(&self, checkout: &CheckoutLocator) -> Result<Checkout, ProviderError> {
        self.to_result(Operation::FetchCheckout, self.fetch(checkout).await)
    }

    async fn cancel_checkout(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Cancellation, ProviderError> {
        self.to_result(Operation::CancelCheckout, self.cancel(checkout).await)
    }

    async fn list_payments(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Vec<Payment>, ProviderError> {
        self.to_result(Operation::ListPayments, self.list(checkout).await)
    }

    async fn handle_webhook(
        &self,
        request: &WebhookRequest,
    ) -> Result<VerifiedWebhook, ProviderError> {
        self.to_result(Operation::HandleWebhook, self.verify_webhook(request))
    }

    fn refund_inquiry(&self) -> Option<Arc<dyn RefundInquiry>> {
        let declared = self.descriptor.capabilities.refund_inquiry;
        let present = (declared && !self.profile.has(Flaw::RefundsMissing))
            || self.profile.has(Flaw::RefundsUndeclared);
        present.then(|| Arc::clone(&self.refunds) as _)
    }

    fn signed_returns(&self) -> Option<Arc<dyn SignedReturns>> {
        let declared = self.descriptor.capabilities.signed_returns;
        let present = (declared && !self.profile.has(Flaw::ReturnsMissing))
            || self.profile.has(Flaw::ReturnsUndeclared);
        present.then(|| {
            let provider = self.descriptor.id.clone();
            let keyring = Arc::clone(&self.keyring);
            Arc::new(Returns::new(provider, keyring, self.profile)) as _
        })
    }
}
