use std::sync::Arc;

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{
    CheckoutReference, CheckoutRequest, Clock, ConnectionSettings, Customer, CustomerId, Money,
    ProviderFactory,
};

use super::gateway_model::GatewayModel;
use super::merchant_account::MerchantAccount;

/// A provider, and how the kit gets at it.
///
/// Each case begins with a new value, so what a value keeps is never shared between cases.
pub trait ProviderUnderTest: Send + Sync {
    /// The factory as a host registers it, taking its time from this clock.
    fn factory(&self, clock: Arc<dyn Clock>) -> Arc<dyn ProviderFactory>;

    /// Settings, complete and right, by which this account is connected at the gateway of this
    /// address. Where the account has several secrets, all of them are active; the first is the one
    /// that calls are made with.
    fn settings(&self, account: &MerchantAccount, address: &Url) -> ConnectionSettings;

    /// The gateway as this account sees it, with no checkout yet.
    fn gateway(&self, account: &MerchantAccount, clock: Arc<dyn Clock>) -> Arc<dyn GatewayModel>;

    /// How the provider talks to its gateway.
    fn transport(&self) -> Transport {
        Transport::Http
    }

    /// A request that preflight accepts. The default is an ordinary customer with name, e-mail
    /// address and an Indian telephone number; overwrite it if your gateway needs something else,
    /// and keep what you are given.
    fn request(
        &self,
        reference: CheckoutReference,
        amount: Money,
        expires_at: Timestamp,
    ) -> CheckoutRequest {
        ordinary(reference, amount, expires_at)
    }
}

/// How a provider talks to its gateway. It decides which cases there are: what is checked on the
/// wire needs a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transport {
    /// By HTTP, to the address in its settings.
    Http,
    /// Not at all, or within this process. A request that reaches the kit's server nevertheless
    /// fails the case `transport.sends-nothing`.
    InProcess,
}

fn ordinary(reference: CheckoutReference, amount: Money, expires_at: Timestamp) -> CheckoutRequest {
    let id = CustomerId::new("customer-4711").unwrap_or_else(|_| unreachable!("a valid id"));
    let customer = Customer::new(id)
        .with_name("Parvati Canaria")
        .with_email("parvati.canaria@example.com")
        .with_phone("+919876501234");
    CheckoutRequest::new(reference, amount, "Invoice 4711", customer, expires_at)
}
