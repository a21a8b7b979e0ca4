//! What the forms of the page do.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::typed::{Problem, Typed, body};
use super::{
    back_to, chance_forms, clock_form, endpoint_form, fault_form, settings_form, whole_page,
};
use crate::control;
use crate::control_error::ControlError;
use crate::core::Core;
use crate::simulator::Simulator;
use crate::world::PaymentAttempt;

pub(super) type Form = Result<Bytes, BytesRejection>;

/// Acts, and goes back to a part of the page or shows there what was refused.
pub(super) fn act(
    core: &Arc<Core>,
    headers: &HeaderMap,
    section: &'static str,
    form: Form,
    act: impl FnOnce(&Typed) -> Result<(), ControlError>,
) -> Response {
    let typed = Typed::read(form);
    match act(&typed) {
        Ok(()) => back_to(section),
        Err(refusal) => {
            let status = match refusal.status {
                400 => StatusCode::UNPROCESSABLE_ENTITY,
                status => StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY),
            };
            let problem = Problem {
                section,
                refusal,
                typed,
            };
            whole_page(core, headers, status, Some(problem))
        }
    }
}

pub(super) fn simulator(core: &Arc<Core>) -> Simulator {
    Simulator {
        core: Arc::clone(core),
    }
}

pub(super) async fn on_link(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, "links", form, |typed| {
        let (link_id, merchant) = (typed.text("link_id"), typed.text("merchant"));
        let (simulator, attempt) = (simulator(&core), PaymentAttempt::new().merchant(merchant));
        match typed.text("action") {
            "pay" => simulator.pay(link_id, attempt).map(drop),
            "late" => simulator.pay(link_id, attempt.late()).map(drop),
            "fail" => simulator.fail(link_id, attempt).map(drop),
            "pending" => simulator.leave_pending(link_id, attempt).map(drop),
            "expire" => simulator.expire(link_id, Some(merchant)).map(drop),
            _ => Err(ControlError::invalid("action", "is not known here")),
        }
    })
}

pub(super) async fn settle(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, "links", form, |typed| {
        let end = typed.text("outcome").parse();
        let end = end.map_err(|problem| ControlError::invalid("outcome", problem))?;
        simulator(&core)
            .settle(typed.text("cf_payment_id"), end)
            .map(drop)
    })
}

pub(super) async fn resend(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, "deliveries", form, |typed| {
        simulator(&core).resend(id(typed)?).map(drop)
    })
}

pub(super) async fn change_settings(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, settings_form::SECTION, form, |typed| {
        control::change_settings(&core, Ok(body(&settings_form::body(typed)))).map(drop)
    })
}

pub(super) async fn add_fault(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, fault_form::SECTION, form, |typed| {
        control::add_fault(Arc::clone(&core), Ok(body(&fault_form::body(typed)))).map(drop)
    })
}

/// Takes the waiting faults away, and those that hit every call.
pub(super) async fn clear_faults(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, fault_form::SECTION, form, |_| {
        simulator(&core).clear_faults();
        simulator(&core).update_settings(|settings| settings.faults.clear());
        Ok(())
    })
}

pub(super) async fn add_endpoint(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, endpoint_form::SECTION, form, |typed| {
        control::add_endpoint(Arc::clone(&core), Ok(body(&endpoint_form::body(typed)))).map(drop)
    })
}

pub(super) async fn remove_endpoint(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, endpoint_form::SECTION, form, |typed| {
        if simulator(&core).remove_endpoint(id(typed)?) {
            Ok(())
        } else {
            Err(ControlError::not_found("id"))
        }
    })
}

pub(super) async fn ping(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, endpoint_form::SECTION, form, |typed| {
        simulator(&core).ping(id(typed)?).map(drop)
    })
}

pub(super) async fn add_webhook_fault(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, chance_forms::FAULTS, form, |typed| {
        let told = body(&chance_forms::fault_body(typed));
        control::add_webhook_fault(Arc::clone(&core), Ok(told)).map(drop)
    })
}

pub(super) async fn clear_webhook_faults(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, chance_forms::FAULTS, form, |_| {
        simulator(&core).clear_webhook_faults();
        Ok(())
    })
}

pub(super) async fn set_chaos(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, chance_forms::CHAOS, form, |typed| {
        let told = body(&chance_forms::chaos_body(typed));
        control::set_chaos(Arc::clone(&core), Ok(told))
    })
}

pub(super) async fn end_chaos(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, chance_forms::CHAOS, form, |_| {
        simulator(&core)
            .set_chaos(None)
            .map_err(|problem| ControlError::invalid("profile", problem))
    })
}

pub(super) async fn advance_clock(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, clock_form::SECTION, form, |typed| {
        control::advance_clock(Arc::clone(&core), Ok(body(&clock_form::body(typed)))).map(drop)
    })
}

fn id(typed: &Typed) -> Result<u64, ControlError> {
    typed
        .text("id")
        .parse()
        .map_err(|_| ControlError::invalid("id", "must be a whole number"))
}
