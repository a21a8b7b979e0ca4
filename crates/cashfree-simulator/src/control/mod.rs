//! The control API under `/_simulator`, for tests and developers.

mod chaos;
mod endpoints;
mod faults;
mod guard;
mod input;
mod links;
mod list;
mod merchants;
mod orders;
mod reply;
mod settings;
mod webhook_faults;
mod webhook_settings;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post};

use crate::shared::Shared;
use reply::refusal;

pub(crate) use chaos::set_chaos;
pub(crate) use endpoints::add_endpoint;
pub(crate) use faults::add_fault;
pub(crate) use guard::names_this_machine;
pub(crate) use merchants::advance_clock;
pub(crate) use settings::change_settings;
pub(crate) use webhook_faults::add_webhook_fault;

/// Returns the routes of the control API.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let api = Router::new()
        .route("/links", get(links::list))
        .route("/links/{link_id}", get(links::show))
        .route("/links/{link_id}/pay", post(links::pay))
        .route("/links/{link_id}/fail", post(links::fail))
        .route("/links/{link_id}/drop", post(links::drop_payment))
        .route("/links/{link_id}/pending", post(links::leave_pending))
        .route("/links/{link_id}/expire", post(links::expire))
        .route(
            "/payments/{cf_payment_id}/settle",
            post(links::complete_payment),
        )
        .route(
            "/payments/{cf_payment_id}/auto-refund",
            post(orders::auto_refund),
        )
        .route(
            "/payments/{cf_payment_id}/disputes",
            post(orders::raise_dispute),
        )
        .route("/orders", get(orders::list))
        .route("/orders/{order_id}", get(orders::show))
        .route("/orders/{order_id}/pay", post(orders::pay))
        .route("/orders/{order_id}/fail", post(orders::fail))
        .route("/orders/{order_id}/drop", post(orders::drop_payment))
        .route("/orders/{order_id}/pending", post(orders::leave_pending))
        .route("/orders/{order_id}/settlement", post(orders::settlement))
        .route("/refunds", get(orders::refunds))
        .route(
            "/refunds/{cf_refund_id}/settle",
            post(orders::complete_refund),
        )
        .route("/disputes", get(orders::disputes))
        .route("/disputes/{dispute_id}", post(orders::move_dispute))
        .route(
            "/deliveries",
            get(endpoints::deliveries).delete(endpoints::forget),
        )
        .route("/deliveries/{id}/resend", post(endpoints::resend))
        .route("/endpoints", get(endpoints::list).post(endpoints::add))
        .route("/endpoints/{id}", delete(endpoints::remove))
        .route("/endpoints/{id}/ping", post(endpoints::ping))
        .route("/settings", get(settings::show).post(settings::update))
        .route(
            "/faults",
            get(faults::list).post(faults::add).delete(faults::clear),
        )
        .route(
            "/webhook-faults",
            get(webhook_faults::list)
                .post(webhook_faults::add)
                .delete(webhook_faults::clear),
        )
        .route(
            "/chaos",
            get(chaos::show).post(chaos::set).delete(chaos::clear),
        )
        .route("/merchants", get(merchants::list).post(merchants::add))
        .route("/clock", get(merchants::clock).post(merchants::advance))
        .method_not_allowed_fallback(|| async {
            refusal(
                405,
                "method_not_allowed",
                "method not allowed at this address",
            )
        })
        .fallback(|| async { refusal(404, "unknown_route", "unknown address") })
        .layer(axum::middleware::from_fn(guard::guard));
    Router::new().nest("/_simulator", api)
}
