//! Request bodies.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};

use super::MAX_BODY_BYTES;
use crate::problem::Problem;

/// Body of a request with the content type `application/json`, not parsed yet.
pub(super) struct JsonBody(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !has_json_content_type(request.headers()) {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let detail = "the header `content-type: application/json` is required";
            return Err(Problem::new(status, "unsupported_media_type", detail));
        }
        let body = Bytes::from_request(request, state).await;
        body.map(Self).map_err(|rejection| {
            let status = rejection.status();
            if status == StatusCode::PAYLOAD_TOO_LARGE {
                let detail = format!("the body is larger than {} KiB", MAX_BODY_BYTES / 1024);
                Problem::new(status, "body_too_large", detail)
            } else {
                let detail = "the body could not be read completely";
                Problem::new(StatusCode::BAD_REQUEST, "body_incomplete", detail)
            }
        })
    }
}

fn has_json_content_type(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
