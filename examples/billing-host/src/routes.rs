//! Everything that is served but webhooks.

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::state::App;
use crate::{api, pages};

/// Pages for people, the API for programs.
pub(crate) fn router(app: App) -> Router {
    api::router(&app)
        .merge(pages::router())
        .method_not_allowed_fallback(api::method_not_allowed)
        .fallback(nothing_here)
        .with_state(app)
}

async fn nothing_here(headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT);
    let is_person = accepts.is_some_and(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.contains("text/html"))
    });
    if is_person {
        pages::nothing_here()
    } else {
        api::unknown_route().await.into_response()
    }
}
