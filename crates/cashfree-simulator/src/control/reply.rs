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
        written(status, &self)
    }
}

/// What a control call answers with.
pub(super) type Reply = Result<Response, ControlError>;

/// A 200 with a value under one name.
pub(super) fn reply<T: Serialize>(name: &'static str, value: T) -> Response {
    written(
        StatusCode::OK,
        &std::collections::BTreeMap::from([(name, value)]),
    )
}

pub(super) fn written<T: Serialize>(status: StatusCode, value: &T) -> Response {
    // Values here are texts, numbers and lists of them: writing cannot fail.
    let body = serde_json::to_vec(value).unwrap_or_default();
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        Bytes::from(body),
    )
        .into_response()
}
