//! The payment pages: forms that work without script.

mod form;
mod link;
mod order;
mod responses;
mod test_instruments;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::shared::Shared;

/// Returns the routes of the payment pages.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/links/{code}", get(link::show).post(link::submit))
        .route("/orders/{code}", get(order::show).post(order::submit))
}
