//! Responses of the merchant API before their headers are set.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// The error body of an internal failure.
const INTERNAL_ERROR: &[u8] =
    br#"{"message":"internal Server Error","code":"internal_error","type":"api_error"}"#;

/// A response before its headers.
#[derive(Clone, Debug)]
pub(crate) struct ApiResponse {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    pub(crate) html: bool,
    /// True if 64 MiB of blanks follow the body.
    pub(crate) padded: bool,
}

impl ApiResponse {
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
                tracing::error!(%error, "a response could not be serialized");
                Self {
                    status: 500,
                    body: Bytes::from_static(INTERNAL_ERROR),
                    html: false,
                    padded: false,
                }
            }
        }
    }

    /// The 502 page of a proxy in front of the gateway.
    pub(crate) fn html_502() -> Self {
        Self {
            status: 502,
            body: Bytes::from_static(b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"),
            html: true,
            padded: false,
        }
    }

    /// Cuts off the second half of the body.
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

/// Streams the body and the blanks after it in pieces, which takes little memory.
fn padded(body: Bytes) -> Body {
    const PIECE: &[u8] = &[b' '; 64 * 1024];
    const PIECES: usize = 1024;
    let blanks = std::iter::repeat_n(Bytes::from_static(PIECE), PIECES);
    let pieces = std::iter::once(body).chain(blanks);
    Body::from_stream(futures_util::stream::iter(
        pieces.map(Ok::<_, std::convert::Infallible>),
    ))
}
