//! The developer's page: everything the simulator knows, and a button for everything it can be made to do.

mod actions;
mod chance_forms;
mod clock_form;
mod deliveries;
mod endpoint_form;
mod fault_form;
mod field;
mod guard;
mod json_text;
mod links;
mod lists;
mod orders;
mod paid_actions;
mod settings_form;
mod settings_table;
mod typed;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode, header};

use crate::core::Core;
use crate::html::{Audience, page};
use typed::Problem;

/// The routes of the overview and of its forms.
pub(crate) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/", get(show))
        .route("/_simulator/ui/lists", get(lists::show))
        .route("/_simulator/ui/links", post(actions::on_link))
        .route("/_simulator/ui/payments", post(actions::settle))
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
        .route("/_simulator/ui/orders", post(paid_actions::on_order))
        .route("/_simulator/ui/paid", post(paid_actions::on_payment))
        .route("/_simulator/ui/refunds", post(paid_actions::on_refund))
        .route("/_simulator/ui/disputes", post(paid_actions::on_dispute))
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

async fn show(State(core): State<Arc<Core>>, headers: HeaderMap) -> Response {
    whole_page(&core, &headers, StatusCode::OK, None)
}

/// The page, with what was refused.
fn whole_page(
    core: &Arc<Core>,
    headers: &HeaderMap,
    status: StatusCode,
    problem: Option<Problem>,
) -> Response {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let overview = view::overview(core, host, problem);
    page(Audience::Developer, status, &overview)
}

/// Back to a part of the page.
fn back_to(section: &str) -> Response {
    (
        StatusCode::SEE_OTHER,
        [(header::LOCATION, format!("/#{section}"))],
    )
        .into_response()
}
