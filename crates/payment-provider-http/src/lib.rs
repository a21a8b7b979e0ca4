#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod address_class;
mod address_guard;
mod allowed_hosts;
mod attempt;
mod call_error;
mod canonical_host;
mod clients;
mod config;
mod config_methods;
mod deadline;
mod dialect;
mod gateway_client;
mod gateway_error;
mod headers;
pub mod json;
mod metrics;
mod request;
mod response;
mod response_meta;
mod retry;
mod route;
mod routes;
mod send;
mod server;
pub mod url_rules;

pub use self::metrics::describe_metrics;
pub use call_error::CallError;
pub use clients::HttpClients;
pub use config::{HttpConfig, HttpSetupError, RetryTuning};
pub use deadline::{Deadline, Limits};
pub use dialect::Dialect;
pub use gateway_client::GatewayClient;
pub use gateway_error::{GatewayErrorBody, MAX_MESSAGE};
pub use headers::{Headers, MAX_RETRY_AFTER};
pub use request::Request;
pub use response::Response;
pub use response_meta::ResponseMeta;
pub use retry::RetryPolicy;
pub use route::Route;
pub use send::MAX_RESPONSE_BYTES;

/// The types of other crates that appear in this crate's public API, for use without naming their
/// versions again.
pub mod reexport {
    pub use bytes::Bytes;
    pub use http;
    pub use serde_json::value::RawValue;
    pub use url;
}

/// Items named by the expansions of [`routes!`] and [`json_fields!`]. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess};
    pub use tracing;

    pub use crate::json::{FieldName, object_in_place as object};
    pub use crate::route::{SpanFields, fits};
}
