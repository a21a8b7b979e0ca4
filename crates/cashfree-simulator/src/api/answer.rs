//! Answers and refusals of the merchant API.

use std::borrow::Cow;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::faults::Operation;

/// A whole answer before its headers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    pub(crate) html: bool,
    /// Followed by many blanks.
    pub(crate) padded: bool,
}

impl Answer {
    /// A 200 with a JSON body.
    pub(crate) fn json<T: Serialize>(value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self {
                status: 200,
                body: Bytes::from(body),
                html: false,
                padded: false,
            },
            Err(error) => {
                tracing::error!(%error, "an answer could not be written");
                ApiError::internal().into_answer()
            }
        }
    }

    /// What something in front of the gateway would say.
    pub(crate) fn html_502() -> Self {
        Self {
            status: 502,
            body: Bytes::from_static(b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"),
            html: true,
            padded: false,
        }
    }

    /// The same answer with the second half of its body missing.
    pub(crate) fn truncated(mut self) -> Self {
        self.body = self.body.slice(..self.body.len() / 2);
        self
    }

    pub(crate) fn into_response(self) -> Response {
        let kind = if self.html {
            "text/html; charset=utf-8"
        } else {
            "application/json"
        };
        let body = if self.padded {
            padded(self.body)
        } else {
            Body::from(self.body)
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }
}

/// A body followed by blanks, piece by piece: they need little memory here.
fn padded(body: Bytes) -> Body {
    const PIECE: &[u8] = &[b' '; 64 * 1024];
    const PIECES: usize = 1024;
    let blanks = std::iter::repeat_n(Bytes::from_static(PIECE), PIECES);
    let pieces = std::iter::once(body).chain(blanks);
    Body::from_stream(futures_util::stream::iter(
        pieces.map(Ok::<_, std::convert::Infallible>),
    ))
}

/// A refusal with the gateway's error body.
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
        Self::request(
            405,
            "request_failed",
            "this address does not take this method",
        )
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

    pub(crate) fn post_failed(operation: Operation) -> Self {
        let (code, message) = match operation {
            Operation::CreateLink => ("link_post_failed", "the link could not be made"),
            Operation::CreateOrder => ("order_create_failed", "the order could not be made"),
            Operation::CreateRefund => ("refund_post_failed", "the refund could not be made"),
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

    pub(crate) fn into_answer(self) -> Answer {
        // Two texts and a word: writing them cannot fail.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        Answer {
            status: self.status,
            body: Bytes::from(body),
            html: false,
            padded: false,
        }
    }
}
