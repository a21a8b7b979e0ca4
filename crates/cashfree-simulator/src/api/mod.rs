//! The merchant API under `/pg`.

mod auth;
mod call_context;
mod customer_request;
mod error;
mod execute;
mod fault_effect;
mod fields;
mod handler;
mod idempotency;
mod link_calls;
mod link_entity;
mod link_request;
mod not_found;
mod order_calls;
mod order_entity;
mod order_request;
mod payment_entity;
mod percent;
mod rate;
mod refund_calls;
mod refund_entity;
mod refund_request;
mod route;
mod settlement_entity;
mod simulation_calls;
mod wrong_types;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::any;

use crate::shared::Shared;

/// Returns the routes of the merchant API.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/pg", any(handler::handle))
        .route("/pg/", any(handler::handle))
        .route("/pg/{*rest}", any(handler::handle))
}

/// Responds to an address that no route matches.
pub(crate) async fn unknown_route() -> Response {
    error::ApiError::unknown_route(404)
        .into_api_response()
        .into_response()
}
