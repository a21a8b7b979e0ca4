#![doc = include_str!("../README.md")]
#![allow(
    clippy::wildcard_imports,
    reason = "all that is imported is the contract"
)]

mod callback;
mod provider;

pub use provider::BankTransferFactory;

/// The id under which the provider is registered.
pub const PROVIDER_ID: &str = "bank_transfer";
