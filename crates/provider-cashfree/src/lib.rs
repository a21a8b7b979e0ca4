#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![allow(
    clippy::struct_field_names,
    reason = "what is read from the gateway has the gateway's own names"
)]

mod check;
mod config;
mod factory;
mod links;
mod order_lists;
mod payments;
mod phone;
mod provider;
mod refunds;
mod settings;
mod transport;
mod url_rules;
mod webhook;
mod wire;

pub use config::{CashfreeConfig, RetryTuning};
pub use factory::{CashfreeFactory, CashfreeFactoryError};
pub use links::{FINGERPRINT_NOTE, LinkOptions};

/// The id under which the provider is registered.
pub const PROVIDER_ID: &str = "cashfree";
