//! The stored answer of a request.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::request::Source;
use crate::problem::Problem;

/// Header of a repeated answer.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The answer that a first request got, without personal data: its status, and the ids and reasons from which the
/// body is built again.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    made: Value,
    source: Source,
}

impl Answer {
    /// Returns the stored answer, or `None` if it is not readable.
    pub(super) fn stored(status: i64, made: &str, source: Source) -> Option<Self> {
        let status = u16::try_from(status).ok()?;
        Some(Self {
            status: StatusCode::from_u16(status).ok()?,
            made: serde_json::from_str(made).ok()?,
            source,
        })
    }

    /// Returns a text that was recorded, such as the id of the resource; an empty text if there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.made.get(name).and_then(Value::as_str).unwrap_or("")
    }

    /// Returns a list that was recorded; an empty one if there is none.
    pub(crate) fn list(&self, name: &str) -> Value {
        let list = self.made.get(name).filter(|list| list.is_array());
        list.cloned().unwrap_or_else(|| Value::Array(Vec::new()))
    }

    /// Returns the problem for a resource that was deleted since the first answer.
    pub(crate) fn gone(&self) -> Problem {
        self.source.gone()
    }

    /// Returns the response to a repeated request: the first status, with a body that was built again.
    pub(crate) fn respond(&self, body: Value) -> Response {
        let replayed = [(REPLAYED, HeaderValue::from_static("true"))];
        (self.status, replayed, Json(body)).into_response()
    }
}
