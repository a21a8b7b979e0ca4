//! A provider for Acme Pay, as small as one that passes every case can be.

#![expect(clippy::result_large_err, reason = "one error for each call")]

mod amount;
mod call_error;
mod checkout;
mod client;
mod descriptor;
mod events;
mod factory;
mod memory;
mod payments;
mod prepare;
mod provider;
mod refunds;
mod response;
mod response_reader;
mod returns;
mod signature;
mod webhook;

pub(crate) use factory::AcmeFactory;
