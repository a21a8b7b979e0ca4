//! The developer's overview page, with forms for everything the control API does except merchants.

mod actions;
mod chaos_forms;
mod clock_form;
mod deliveries;
mod endpoint_form;
mod fault_form;
mod field;
mod form_data;
mod guard;
mod links;
mod lists;
mod orders;
mod payment_actions;
mod pretty_json;
mod settings_form;
mod settings_table;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};

use crate::shared::Shared;

/// Returns the routes of the overview and its forms.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(show))
        .route("/_simulator/ui/lists", get(lists::show))
        .route("/_simulator/ui/links", post(actions::on_link))
        .route("/_simulator/ui/payments", post(actions::complete_payment))
        .route("/_simulator/ui/deliveries", post(actions::resend))
        .route("/_simulator/ui/settings", post(actions::change_settings))
        .route("/_simulator/ui/faults", post(actions::add_fault))
        .route("/_simulator/ui/faults/clear", post(actions::clear_faults))
        .route("/_simulator/ui/endpoints", post(actions::add_endpoint))
        .route(
            "/_simulator/ui/endpoints/remove",
            post(actions::remove_endpoint),
        )
        .route("/_simulator/ui/endpoints/ping", post(actions::ping))
        .route("/_simulator/ui/orders", post(payment_actions::on_order))
        .route("/_simulator/ui/paid", post(payment_actions::on_payment))
        .route("/_simulator/ui/refunds", post(payment_actions::on_refund))
        .route("/_simulator/ui/disputes", post(payment_actions::on_dispute))
        .route(
            "/_simulator/ui/webhook-faults",
            post(actions::add_webhook_fault),
        )
        .route(
            "/_simulator/ui/webhook-faults/clear",
            post(actions::clear_webhook_faults),
        )
        .route("/_simulator/ui/chaos", post(actions::set_chaos))
        .route("/_simulator/ui/chaos/off", post(actions::end_chaos))
        .route("/_simulator/ui/clock", post(actions::advance_clock))
        .route_layer(axum::middleware::from_fn(guard::guard))
}

async fn show(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    view::whole_page(&shared, &headers, StatusCode::OK, None)
}
