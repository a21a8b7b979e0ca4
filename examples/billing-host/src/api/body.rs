use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};

use super::MAX_BODY_BYTES;
use crate::problem::Problem;

/// The bytes of a body that says it is JSON.
pub(super) struct JsonBody(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !says_json(request.headers()) {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let detail = "send the header `content-type: application/json`";
            return Err(Problem::new(status, "unsupported_media_type", detail));
        }
        let body = Bytes::from_request(request, state).await;
        body.map(Self).map_err(|refusal| {
            let status = refusal.status();
            if status == StatusCode::PAYLOAD_TOO_LARGE {
                let detail = format!("the body is larger than {} KiB", MAX_BODY_BYTES / 1024);
                Problem::new(status, "body_too_large", detail)
            } else {
                let detail = "the body could not be read to its end";
                Problem::new(StatusCode::BAD_REQUEST, "body_incomplete", detail)
            }
        })
    }
}

fn says_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
