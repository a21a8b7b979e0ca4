#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod attempt;
mod call;
mod config;
mod deadline;
mod dialect;
mod exchange;
mod fault;
mod gateway;
mod headers;
pub mod json;
mod numbers;
mod pace;
mod refusal;
mod route;
mod routes;
mod stack;
pub mod url_rules;

pub use answer::{Answer, Facts};
pub use call::Call;
pub use config::{HttpConfig, HttpSetupError, RetryTuning};
pub use deadline::{Deadline, Limits};
pub use dialect::Dialect;
pub use exchange::MAX_ANSWER;
pub use fault::Fault;
pub use gateway::Gateway;
pub use headers::{Headers, MOST_WAIT};
pub use numbers::describe;
pub use pace::Pace;
pub use refusal::{MAX_MESSAGE, Refusal};
pub use route::Route;
pub use stack::HttpStack;

/// The types of other crates that appear in this crate's public API, for use without naming their
/// versions again.
pub mod reexport {
    pub use bytes::Bytes;
    pub use http;
    pub use serde_json::value::RawValue;
    pub use url;
}

/// What the expansion of [`routes!`] names. No part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use tracing;

    pub use crate::route::{Told, fits};
}
