//! Routes of the application, except those for webhooks.

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};

use crate::state::App;
use crate::{api, pages};

/// Returns the routes of the pages and of the JSON API.
pub(crate) fn router(app: App) -> Router {
    let pages = pages::router()
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(middleware::from_fn(pages::with_headers));
    api::router(&app)
        .method_not_allowed_fallback(api::method_not_allowed)
        .merge(pages)
        .with_state(app)
}

async fn not_found(headers: HeaderMap) -> Response {
    if accepts_html(&headers) {
        pages::not_found()
    } else {
        api::unknown_route().await.into_response()
    }
}

async fn method_not_allowed(headers: HeaderMap) -> Response {
    if accepts_html(&headers) {
        pages::method_not_allowed()
    } else {
        api::method_not_allowed().await.into_response()
    }
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT);
    let accepts = accepts.and_then(|value| value.to_str().ok());
    accepts.is_some_and(|accepts| accepts.contains("text/html"))
}
