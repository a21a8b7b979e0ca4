//! The interface between the kit and a provider author's crate: the provider under test, and a
//! model of its gateway.

mod delivery;
mod gateway_model;
mod merchant_account;
mod provider_under_test;

pub use delivery::{DeliveryTimestamp, Scenario, UnsignedDelivery};
pub use gateway_model::{
    Anomaly, GatewayModel, GatewayRefusal, InjectedFault, ModelResult, NotImplemented, WireAmount,
};
pub use merchant_account::MerchantAccount;
pub use provider_under_test::{HarnessAbilities, ProviderUnderTest, Transport};
