//! The JSON API.

mod attention;
mod auth;
mod body;
mod connections;
mod customers;
mod fields;
mod invoice_view;
mod invoices;
#[cfg(test)]
mod names_tests;
mod payment_url;
mod query;

use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde_json::json;

use crate::problem::Problem;
use crate::state::App;
use crate::tables::on_pool;

/// Largest accepted request body, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Returns the routes of the API and of the health check.
pub(crate) fn router(app: &App) -> Router<App> {
    let api = Router::new()
        .route(
            "/connections",
            get(connections::list).post(connections::add),
        )
        .route("/connections/{code}", delete(connections::delete))
        .route(
            "/sealing-key/reseal",
            post(connections::rotate_encryption_key),
        )
        .route("/connections/{code}/check", post(connections::check))
        .route(
            "/connections/{code}/deliveries",
            get(connections::deliveries),
        )
        .route("/attention", get(attention::show))
        .route("/customers", post(customers::save))
        .route("/invoices", get(invoices::list).post(invoices::add))
        .route("/invoices/{id}", get(invoices::show))
        .route("/invoices/{id}/void", post(invoices::void))
        .route("/invoices/{id}/payment_url", post(payment_url::create))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(unknown_route)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            auth::require_key,
        ))
        .layer(middleware::map_response(with_headers));
    Router::new()
        .nest("/api/v1", api)
        .route("/healthz", get(health))
}

/// Adds the headers of responses with payment links and personal data: none is stored by a cache or shown as
/// anything but data.
async fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

/// `GET /healthz`: succeeds if the database can be read. Requires no token.
async fn health(State(app): State<App>) -> Response {
    let read = on_pool!(&app.host, pool => {
        sqlx::query("SELECT 1").execute(pool).await.map(drop)
    });
    match read {
        Ok(()) => Json(json!({"status": "ok"})).into_response(),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the database cannot be read"
            );
            Problem::unavailable().into_response()
        }
    }
}

pub(crate) async fn unknown_route() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "unknown_route",
        "no resource at this path",
    )
}

pub(crate) async fn method_not_allowed() -> Problem {
    let detail = "this path does not support this method";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}
