//! The merchant API under `/pg`.

mod answer;
mod auth;
mod create_request;
mod customer_request;
mod entity;
mod exchange;
mod execute;
mod fields;
mod idempotency;
mod order_entity;
mod rate;
mod route;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::any;

use crate::core::Core;

pub(crate) use idempotency::Memory;

/// The routes of the merchant API.
pub(crate) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/pg", any(exchange::exchange))
        .route("/pg/", any(exchange::exchange))
        .route("/pg/{*rest}", any(exchange::exchange))
}

/// The answer to an address that belongs to nothing, not even to the API.
pub(crate) async fn unknown_route() -> Response {
    answer::ApiError::unknown_route(404)
        .into_answer()
        .into_response()
}
