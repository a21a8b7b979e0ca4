//! Everything that is served but webhooks.

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};

use crate::state::App;
use crate::{api, pages};

/// Pages for people, the API for programs.
pub(crate) fn router(app: App) -> Router {
    let pages = pages::router()
        .method_not_allowed_fallback(not_taken)
        .fallback(nothing_here)
        .layer(middleware::from_fn(pages::with_headers));
    api::router(&app)
        .method_not_allowed_fallback(api::method_not_allowed)
        .merge(pages)
        .with_state(app)
}

async fn nothing_here(headers: HeaderMap) -> Response {
    if is_person(&headers) {
        pages::nothing_here()
    } else {
        api::unknown_route().await.into_response()
    }
}

async fn not_taken(headers: HeaderMap) -> Response {
    if is_person(&headers) {
        pages::not_taken()
    } else {
        api::method_not_allowed().await.into_response()
    }
}

fn is_person(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT);
    let accepts = accepts.and_then(|value| value.to_str().ok());
    accepts.is_some_and(|accepts| accepts.contains("text/html"))
}
