//! The merchant API under `/pg`.

mod answer;
mod auth;
mod create_request;
mod customer_request;
mod exchange;
mod execute;
mod fault_effect;
mod fields;
mod idempotency;
mod link_calls;
mod link_entity;
mod order_calls;
mod order_entity;
mod order_request;
mod payment_entity;
mod rate;
mod refund_calls;
mod refund_entity;
mod refund_request;
mod refusals;
mod route;
mod segment;
mod settlement_entity;
mod simulation_calls;
mod wrong_types;

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
