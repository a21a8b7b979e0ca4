//! Acorn Pay behind the contract: a provider as small as one can be that passes every case.

#![expect(clippy::result_large_err, reason = "a fault is told once a call")]

mod amount;
mod answer;
mod checkout;
mod client;
mod descriptor;
mod factory;
mod fault;
mod memory;
mod news;
mod payments;
mod preflight;
mod provider;
mod reading;
mod returns;
mod signature;
mod webhook;

pub(crate) use factory::AcornFactory;
