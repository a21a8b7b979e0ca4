//! Acme Pay behind the contract: a provider as small as one can be that passes every case.

#![expect(clippy::result_large_err, reason = "a error is told once a call")]

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
mod response;
mod response_reader;
mod returns;
mod signature;
mod webhook;

pub(crate) use factory::AcmeFactory;
