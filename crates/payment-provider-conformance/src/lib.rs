#![doc = include_str!("../README.md")]

mod case;
mod cases;
mod failure;
pub mod fake;
mod fixture;
pub mod harness;
mod report;
mod runner;
pub mod wire;

pub use case::{Case, Requirement};
pub use cases::all as cases;
pub use failure::CaseFailure;
pub use harness::{
    Anomaly, DeliveryTimestamp, GatewayModel, GatewayRefusal, HarnessAbilities, InjectedFault,
    MerchantAccount, ModelResult, NotImplemented, ProviderUnderTest, Scenario, Transport,
    UnsignedDelivery, WireAmount,
};
pub use report::{CaseOutcome, CaseReport, ConformanceReport};
pub use runner::{check, check_case, run};

/// Re-exports of the types and macros of other crates that an implementation of [`GatewayModel`]
/// needs.
pub mod reexport {
    pub use payment_provider_core::reexport::*;
}
