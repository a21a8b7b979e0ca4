//! Error responses of the merchant API.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;

use crate::api_faults::ApiOperation;
use crate::response::ApiResponse;

/// An error response with the gateway's error body.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ApiError {
    pub(crate) message: Cow<'static, str>,
    pub(crate) code: Cow<'static, str>,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    #[serde(skip)]
    pub(crate) status: u16,
}

impl ApiError {
    pub(crate) fn request(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            message: message.into(),
            code: code.into(),
            kind: "invalid_request_error",
            status,
        }
    }

    pub(crate) fn unauthenticated() -> Self {
        Self {
            kind: "authentication_error",
            ..Self::request(401, "request_failed", "authentication Failed")
        }
    }

    pub(crate) fn unknown_route(status: u16) -> Self {
        Self::request(
            status,
            "request_failed",
            "bad URL, please check API documentation",
        )
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::request(405, "request_failed", "method not allowed at this address")
    }

    pub(crate) fn not_json() -> Self {
        Self::request(
            400,
            "request_failed",
            "a request body needs the content type application/json",
        )
    }

    pub(crate) fn too_large() -> Self {
        Self::request(413, "request_failed", "the request body is too large")
    }

    pub(crate) fn key_reused() -> Self {
        Self {
            kind: "idempotency_error",
            ..Self::request(
                422,
                "request_invalid",
                "the idempotency key was used with another request body",
            )
        }
    }

    pub(crate) fn rate_limited() -> Self {
        Self {
            kind: "rate_limit_error",
            ..Self::request(429, "request_failed", "Too many requests. Check headers")
        }
    }

    pub(crate) fn post_failed(operation: ApiOperation) -> Self {
        let (code, message) = match operation {
            ApiOperation::CreateLink => ("link_post_failed", "the link could not be created"),
            ApiOperation::CreateOrder => ("order_create_failed", "the order could not be created"),
            ApiOperation::CreateRefund => ("refund_post_failed", "the refund could not be created"),
            _ => ("request_failed", "the request failed"),
        };
        Self::request(400, code, message)
    }

    pub(crate) fn internal() -> Self {
        Self {
            kind: "api_error",
            ..Self::request(500, "internal_error", "internal Server Error")
        }
    }

    pub(crate) fn into_api_response(self) -> ApiResponse {
        // Strings only: serializing them cannot fail.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        ApiResponse {
            status: self.status,
            body: Bytes::from(body),
            html: false,
            padded: false,
        }
    }
}
