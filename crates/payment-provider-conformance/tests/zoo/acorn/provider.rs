//! One account, connected.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::{
    Cancellation, Checkout, CheckoutLocator, CheckoutRequest, ConnectionCheck, CreatedCheckout,
    CredentialCheck, Customer, CustomerLink, Effect, Environment, ErrorKind, Operation, Payment,
    PaymentProvider, PreparedCheckout, ProviderDescriptor, ProviderError, SignedReturns,
    VerifiedWebhook, Violations, WebhookRequest,
};

use super::client::{Api, Call};
use super::fault::Fault;
use super::memory::Memory;
use super::preflight::needs;
use super::returns::Returns;
use super::signature::Keyring;
use crate::flaw::{Flaw, Quirk};

pub(super) struct AcornProvider {
    pub(super) api: Api,
    pub(super) descriptor: ProviderDescriptor,
    pub(super) environment: Environment,
    pub(super) keyring: Arc<Keyring>,
    pub(super) memory: Memory,
    pub(super) quirk: Quirk,
}

impl fmt::Debug for AcornProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AcornProvider");
        if self.quirk.has(Flaw::SecretInDebug) {
            shown.field("secret", &self.api.secret.expose_secret());
        }
        shown
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

impl AcornProvider {
    fn told<T>(&self, operation: Operation, outcome: Result<T, Fault>) -> Result<T, ProviderError> {
        let wrong = self.quirk.has(Flaw::ErrorNamesAnotherOperation);
        let operation = if wrong && operation == Operation::LinkCustomer {
            Operation::CreateCheckout
        } else {
            operation
        };
        outcome.map_err(|fault| fault.into_error(operation, self.descriptor.id.clone()))
    }

    pub(super) fn undeclared() -> Fault {
        Fault::new(ErrorKind::Unsupported, Effect::NotSent)
    }

    async fn check(&self) -> Result<ConnectionCheck, Fault> {
        let quirk = self.quirk;
        let mut environment = self.environment;
        if quirk.has(Flaw::CheckNamesTheOtherEnvironment) {
            environment = Environment::Production;
        }
        if quirk.has(Flaw::CheckCreates) {
            let call = Call::new(Method::POST, &["checkouts", "is-anybody-there"]);
            let _ = self.api.send(&call).await;
        }
        if quirk.is_local() {
            return Ok(ConnectionCheck::new(CredentialCheck::Accepted, environment));
        }
        let says = |credentials| Ok(ConnectionCheck::new(credentials, environment));
        match self.api.send(&Call::get(&["account"])).await {
            Ok(_) => says(CredentialCheck::Accepted),
            Err(fault) => match fault.kind {
                ErrorKind::Authentication if quirk.has(Flaw::RejectionIsAnError) => Err(fault),
                ErrorKind::Authentication => says(CredentialCheck::Rejected),
                ErrorKind::Unavailable if quirk.has(Flaw::OutageIsRejection) => {
                    says(CredentialCheck::Rejected)
                }
                _ => Err(fault),
            },
        }
    }

    async fn link(&self, customer: &Customer) -> Result<CustomerLink, Fault> {
        let undeclared = !self.descriptor.capabilities.remote_customers;
        let mut needs = needs(customer);
        if self.quirk.has(Flaw::NeedsUntold) {
            needs = Violations::none();
        }
        if (undeclared && !self.quirk.has(Flaw::LinksUndeclared)) || !needs.is_empty() {
            return Ok(CustomerLink::local(needs));
        }
        let anew = self.quirk.has(Flaw::LinksAnew);
        let method = if anew { Method::POST } else { Method::PUT };
        let path = ["customers", customer.id.as_str()];
        let call = Call::new(method, &path);
        let answer = self.api.send(&call).await?;
        match answer.document["id"].as_str() {
            Some(id) => Ok(CustomerLink::remote(id, needs)),
            None => Err(Fault::unreadable()),
        }
    }
}

#[async_trait]
impl PaymentProvider for AcornProvider {
    fn descriptor(&self) -> &ProviderDescriptor {
        &self.descriptor
    }

    fn environment(&self) -> Environment {
        self.environment
    }

    async fn check_connection(&self) -> Result<ConnectionCheck, ProviderError> {
        self.told(Operation::CheckConnection, self.check().await)
    }

    async fn link_customer(&self, customer: &Customer) -> Result<CustomerLink, ProviderError> {
        self.told(Operation::LinkCustomer, self.link(customer).await)
    }

    fn prepare_checkout(&self, request: &CheckoutRequest) -> Result<PreparedCheckout, Violations> {
        self.prepare(request)
    }

    async fn create_checkout(
        &self,
        prepared: &PreparedCheckout,
    ) -> Result<CreatedCheckout, ProviderError> {
        self.told(Operation::CreateCheckout, self.create(prepared).await)
    }

    async fn fetch_checkout(&self, checkout: &CheckoutLocator) -> Result<Checkout, ProviderError> {
        self.told(Operation::FetchCheckout, self.fetch(checkout).await)
    }

    async fn cancel_checkout(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Cancellation, ProviderError> {
        self.told(Operation::CancelCheckout, self.cancel(checkout).await)
    }

    async fn list_payments(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Vec<Payment>, ProviderError> {
        self.told(Operation::ListPayments, self.list(checkout).await)
    }

    async fn handle_webhook(
        &self,
        request: &WebhookRequest,
    ) -> Result<VerifiedWebhook, ProviderError> {
        self.told(Operation::HandleWebhook, self.take_in(request))
    }

    fn signed_returns(&self) -> Option<Arc<dyn SignedReturns>> {
        let declared = self.descriptor.capabilities.signed_returns;
        let there = (declared && !self.quirk.has(Flaw::ReturnsLacking))
            || self.quirk.has(Flaw::ReturnsUndeclared);
        there.then(|| {
            let provider = self.descriptor.id.clone();
            let keyring = Arc::clone(&self.keyring);
            Arc::new(Returns::new(provider, keyring, self.quirk)) as _
        })
    }
}
