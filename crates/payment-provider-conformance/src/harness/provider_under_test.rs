use std::sync::Arc;

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{
    CheckoutReference, CheckoutRequest, Clock, ConnectionSettings, Customer, CustomerId, Money,
    ProviderFactory,
};

use super::gateway_model::GatewayModel;
use super::merchant_account::MerchantAccount;

/// The provider under test, and the kit's access to it.
///
/// The kit creates a new value for each case, so no state is shared between cases.
pub trait ProviderUnderTest: Send + Sync {
    /// Creates the factory that a host registers. The provider takes its time from `clock`.
    fn factory(&self, clock: Arc<dyn Clock>) -> Arc<dyn ProviderFactory>;

    /// Returns complete and valid settings that connect this account to the gateway at `address`.
    /// All secrets of the account are active; the provider makes its calls with the first.
    fn settings(&self, account: &MerchantAccount, address: &Url) -> ConnectionSettings;

    /// Creates the model of the gateway for this account, without any checkout.
    fn gateway(&self, account: &MerchantAccount, clock: Arc<dyn Clock>) -> Arc<dyn GatewayModel>;

    /// Returns the provider's way of calling its gateway.
    fn transport(&self) -> Transport {
        Transport::Http
    }

    /// Returns `true` if the model of the gateway can
    /// [make refunds](super::GatewayModel::refund). The default is `false`: then the cases that need
    /// refunds are not run, and reported as not applicable.
    fn makes_refunds(&self) -> bool {
        false
    }

    /// Creates a request that `prepare_checkout` accepts. The default has a customer with a name,
    /// an e-mail address and an Indian phone number. Override it if the gateway needs something
    /// else, and keep the given values.
    fn request(
        &self,
        reference: CheckoutReference,
        amount: Money,
        expires_at: Timestamp,
    ) -> CheckoutRequest {
        ordinary(reference, amount, expires_at)
    }
}

/// The abilities of a harness, which decide with the provider's declarations which cases apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct HarnessAbilities {
    /// The provider's way of calling its gateway.
    pub transport: Transport,
    /// The model of the gateway can make refunds.
    pub refunds: bool,
}

impl HarnessAbilities {
    /// Returns the abilities of the harness of this provider.
    pub fn of(under_test: &(impl ProviderUnderTest + ?Sized)) -> Self {
        Self {
            transport: under_test.transport(),
            refunds: under_test.makes_refunds(),
        }
    }
}

/// A provider's way of calling its gateway. It decides which cases apply: some check the HTTP
/// traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transport {
    /// HTTP requests to the address in its settings.
    Http,
    /// No calls, or calls within this process. A request that reaches the kit's server fails the
    /// case `transport.sends-nothing`.
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
