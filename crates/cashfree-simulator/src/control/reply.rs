//! Responses of control calls.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{StatusCode, header};
use serde::Serialize;

use crate::control_error::ControlError;

pub(super) fn refusal(status: u16, code: &'static str, message: &str) -> Response {
    ControlError {
        status,
        code,
        field: None,
        message: message.to_owned(),
    }
    .into_response()
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        json_response(status, &self)
    }
}

/// The result of a control call.
pub(super) type Reply = Result<Response, ControlError>;

/// Responds with 200 and a value under one name.
pub(super) fn reply<T: Serialize>(name: &'static str, value: T) -> Response {
    json_response(
        StatusCode::OK,
        &std::collections::BTreeMap::from([(name, value)]),
    )
}

pub(super) fn json_response<T: Serialize>(status: StatusCode, value: &T) -> Response {
    // Strings, numbers and lists of them: serializing cannot fail.
    let body = serde_json::to_vec(value).unwrap_or_default();
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        Bytes::from(body),
    )
        .into_response()
}
