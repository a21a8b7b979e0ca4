//! Handlers of the page's forms.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::form_data::{FormData, FormError, body};
use super::view::{back_to, whole_page};
use super::{chaos_forms, clock_form, endpoint_form, fault_form, settings_form};
use crate::control;
use crate::control_error::ControlError;
use crate::operations::PaymentAttempt;
use crate::shared::Shared;
use crate::simulator::Simulator;

pub(super) type Form = Result<Bytes, BytesRejection>;

/// Runs an action, then redirects to a section of the page, or shows the page with the error.
pub(super) fn act(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    section: &'static str,
    form: Form,
    act: impl FnOnce(&FormData) -> Result<(), ControlError>,
) -> Response {
    let form_data = FormData::read(form);
    match act(&form_data) {
        Ok(()) => back_to(section),
        Err(refusal) => {
            let status = match refusal.status {
                400 => StatusCode::UNPROCESSABLE_ENTITY,
                status => StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY),
            };
            let problem = FormError {
                section,
                refusal,
                form_data,
            };
            whole_page(shared, headers, status, Some(problem))
        }
    }
}

pub(super) fn simulator(shared: &Arc<Shared>) -> Simulator {
    Simulator {
        shared: Arc::clone(shared),
    }
}

pub(super) async fn on_link(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&shared, &headers, "links", form, |form_data| {
        let (link_id, merchant) = (form_data.text("link_id"), form_data.text("merchant"));
        let (simulator, attempt) = (
            simulator(&shared),
            PaymentAttempt::new().with_merchant(merchant),
        );
        match form_data.text("action") {
            "pay" => simulator.pay(link_id, attempt).map(drop),
            "late" => simulator.pay(link_id, attempt.late()).map(drop),
            "fail" => simulator.fail(link_id, attempt).map(drop),
            "pending" => simulator.leave_pending(link_id, attempt).map(drop),
            "expire" => simulator.expire(link_id, Some(merchant)).map(drop),
            _ => Err(ControlError::invalid("action", "is unknown")),
        }
    })
}

pub(super) async fn complete_payment(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&shared, &headers, "links", form, |form_data| {
        let outcome = form_data.text("outcome").parse();
        let outcome = outcome.map_err(|problem| ControlError::invalid("outcome", problem))?;
        simulator(&shared)
            .complete_payment(form_data.text("cf_payment_id"), outcome)
            .map(drop)
    })
}

pub(super) async fn resend(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&shared, &headers, "deliveries", form, |form_data| {
        simulator(&shared).resend(id(form_data)?).map(drop)
    })
}

pub(super) async fn change_settings(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(
        &shared,
        &headers,
        settings_form::SECTION,
        form,
        |form_data| {
            control::change_settings(&shared, Ok(body(&settings_form::body(form_data)))).map(drop)
        },
    )
}

pub(super) async fn add_fault(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&shared, &headers, fault_form::SECTION, form, |form_data| {
        control::add_fault(Arc::clone(&shared), Ok(body(&fault_form::body(form_data)))).map(drop)
    })
}

/// Removes the queued faults and the standing ones.
pub(super) async fn clear_faults(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&shared, &headers, fault_form::SECTION, form, |_| {
        simulator(&shared).clear_faults();
        simulator(&shared).update_settings(|settings| settings.faults.clear());
        Ok(())
    })
}

pub(super) async fn add_endpoint(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(
        &shared,
        &headers,
        endpoint_form::SECTION,
        form,
        |form_data| {
            control::add_endpoint(
                Arc::clone(&shared),
                Ok(body(&endpoint_form::body(form_data))),
            )
            .map(drop)
        },
    )
}

pub(super) async fn remove_endpoint(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(
        &shared,
        &headers,
        endpoint_form::SECTION,
        form,
        |form_data| {
            if simulator(&shared).remove_endpoint(id(form_data)?) {
                Ok(())
            } else {
                Err(ControlError::not_found("id"))
            }
        },
    )
}

pub(super) async fn ping(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(
        &shared,
        &headers,
        endpoint_form::SECTION,
        form,
        |form_data| simulator(&shared).ping(id(form_data)?).map(drop),
    )
}

pub(super) async fn add_webhook_fault(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&shared, &headers, chaos_forms::FAULTS, form, |form_data| {
        let body = body(&chaos_forms::fault_body(form_data));
        control::add_webhook_fault(Arc::clone(&shared), Ok(body)).map(drop)
    })
}

pub(super) async fn clear_webhook_faults(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&shared, &headers, chaos_forms::FAULTS, form, |_| {
        simulator(&shared).clear_webhook_faults();
        Ok(())
    })
}

pub(super) async fn set_chaos(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&shared, &headers, chaos_forms::CHAOS, form, |form_data| {
        let body = body(&chaos_forms::chaos_body(form_data));
        control::set_chaos(Arc::clone(&shared), Ok(body))
    })
}

pub(super) async fn end_chaos(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&shared, &headers, chaos_forms::CHAOS, form, |_| {
        simulator(&shared)
            .set_chaos(None)
            .map_err(|problem| ControlError::invalid("profile", problem))
    })
}

pub(super) async fn advance_clock(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&shared, &headers, clock_form::SECTION, form, |form_data| {
        control::advance_clock(Arc::clone(&shared), Ok(body(&clock_form::body(form_data))))
            .map(drop)
    })
}

fn id(form_data: &FormData) -> Result<u64, ControlError> {
    form_data
        .text("id")
        .parse()
        .map_err(|_| ControlError::invalid("id", "must be a whole number"))
}
