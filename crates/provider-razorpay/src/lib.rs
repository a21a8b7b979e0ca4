#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![allow(
    clippy::struct_field_names,
    reason = "what is read from the gateway has the gateway's own names"
)]

mod check;
mod config;
mod customers;
mod dialect;
mod factory;
mod links;
mod pages;
mod payments;
mod provider;
mod refunds;
mod returns;
mod routes;
mod settings;
mod signature;
mod webhook;
mod wire;

pub use config::RazorpayConfig;
pub use factory::{RazorpayFactory, RazorpayFactoryError};
pub use links::FINGERPRINT_NOTE;
pub use payment_provider_http::RetryTuning;

/// The id under which the provider is registered.
pub const PROVIDER_ID: &str = "razorpay";
