//! Style sheet and script of the pages.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::notice;

const STYLE: &str = include_str!("../../assets/billing.css");
const SCRIPT: &str = include_str!("../../assets/billing.js");

/// `GET /assets/{name}`
pub(super) async fn show(name: Result<Path<String>, PathRejection>) -> Response {
    let (kind, text) = match name.as_deref().map(String::as_str) {
        Ok("billing.css") => ("text/css; charset=utf-8", STYLE),
        Ok("billing.js") => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return notice::not_found(),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        // Revalidated on every page, so that a new version of the program takes effect at once.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}
