use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use payment_provider_core::Operation;

use crate::route::Route;

const APPLICATION_JSON: HeaderValue = HeaderValue::from_static("application/json");

/// One request, as often as it is sent.
#[derive(Clone)]
pub struct Request<'a> {
    pub(crate) operation: Operation,
    pub(crate) route: Route<'a>,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Bytes>,
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl<'a> Request<'a> {
    /// A request of this route, on behalf of an operation of the contract, with nothing but the path.
    pub fn new(operation: Operation, route: impl Into<Route<'a>>) -> Self {
        Self {
            operation,
            route: route.into(),
            query: Vec::new(),
            body: None,
            content_type: None,
            idempotency_key: None,
            headers: Vec::new(),
        }
    }

    /// Adds a pair to the query, after those that are there. The value is percent-encoded when it is
    /// sent.
    pub fn with_query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// The body, which is JSON and says so. Sent as it is, byte for byte.
    pub fn with_json(self, body: impl Into<Bytes>) -> Self {
        self.with_body(body, APPLICATION_JSON)
    }

    /// The body, of this content type. Sent as it is, byte for byte.
    pub fn with_body(mut self, body: impl Into<Bytes>, content_type: HeaderValue) -> Self {
        self.body = Some(body.into());
        self.content_type = Some(content_type);
        self
    }

    /// The key under which the gateway takes the request once, however often it is sent. Visible
    /// ASCII. A request with a key that the gateway's [dialect](crate::Dialect::idempotency_header) has
    /// no header for is not sent.
    pub fn with_idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Adds a header of this request alone, in place of one that all calls of the account have. Mark a
    /// secret value as sensitive.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl fmt::Debug for Request<'_> {
    /// Shows operation and route; leaves out ids, values and the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("operation", &self.operation)
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}
