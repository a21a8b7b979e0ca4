//! What an author tells the kit: which provider is tested, and how its gateway behaves.

mod delivery;
mod gateway_model;
mod merchant_account;
mod provider_under_test;

pub use delivery::{DeliveryTimestamp, Scenario, UnsignedDelivery};
pub use gateway_model::{
    Anomaly, GatewayModel, GatewayRefusal, InjectedFault, ModelResult, NotImplemented, WireAmount,
};
pub use merchant_account::MerchantAccount;
pub use provider_under_test::{ProviderUnderTest, Transport};
