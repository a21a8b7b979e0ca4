//! The settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::chaos::read_profile;
use super::input::{Body, Input, set};
use super::reply::{Reply, json_response};
use super::webhook_settings::{read_sending, read_webhooks};
use crate::api_faults::{ApiFault, ApiOperation};
use crate::chaos::ChaosTally;
use crate::control_error::ControlError;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::simulator::Simulator;

pub(super) async fn show(State(shared): State<Arc<Shared>>) -> Response {
    json_response(StatusCode::OK, &Simulator { shared }.settings())
}

pub(super) async fn update(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    Ok(json_response(
        StatusCode::OK,
        &change_settings(&shared, body)?,
    ))
}

/// Changes the settings that a body names.
pub(crate) fn change_settings(shared: &Arc<Shared>, body: Body) -> Result<Settings, ControlError> {
    let input = Input::parse(body)?;
    // Read and write under one lock, so that of two concurrent changes none is lost.
    shared.with(|state, _| {
        let settings = changed(state.settings.clone(), input)?;
        if settings.chaos != state.settings.chaos {
            state.chaos_tally = ChaosTally::default();
        }
        state.settings = settings;
        Ok(state.settings.clone())
    })
}

/// Returns the changed settings, or the first error.
fn changed(mut settings: Settings, mut input: Input) -> Result<Settings, ControlError> {
    if let Some(webhooks) = input.object("webhooks")? {
        read_webhooks(&mut settings.webhooks, webhooks)?;
    }
    read_sending(&mut settings, &mut input)?;
    read_behaviour(&mut settings, &mut input)?;
    read_answers(&mut settings, &mut input)?;
    if let Some(faults) = input.value::<BTreeMap<String, Option<String>>>(
        "faults",
        "must be an object of operations and faults",
    )? {
        read_faults(&mut settings, &faults)?;
    }
    let calm = input.is_null("chaos");
    if let Some(chaos) = input.object("chaos")? {
        settings.chaos = Some(read_profile(chaos)?);
    } else if calm {
        settings.chaos = None;
    }
    input.finish()?;
    Ok(settings)
}

fn read_behaviour(settings: &mut Settings, input: &mut Input) -> Result<(), ControlError> {
    set(
        &mut settings.paid_status_on_partial,
        input.flag("paid_status_on_partial")?,
    );
    set(&mut settings.fail_payments, input.flag("fail_payments")?);
    set(
        &mut settings.link_id_allows_dots,
        input.flag("link_id_allows_dots")?,
    );
    set(
        &mut settings.read_after_write_lag_ms,
        input.milliseconds("read_after_write_lag_ms")?,
    );
    set(
        &mut settings.refund_success_after_ms,
        input.milliseconds("refund_success_after_ms")?,
    );
    set(
        &mut settings.refunds_stay_pending,
        input.flag("refunds_stay_pending")?,
    );
    set(
        &mut settings.instant_refunds,
        input.flag("instant_refunds")?,
    );
    set(
        &mut settings.refund_lowers_amount_paid,
        input.flag("refund_lowers_amount_paid")?,
    );
    set(
        &mut settings.link_amount_minimum,
        input.decimal("link_amount_minimum")?,
    );
    set(
        &mut settings.link_amount_maximum,
        input.decimal("link_amount_maximum")?,
    );
    set(
        &mut settings.enabled_currencies,
        input.value("enabled_currencies", "must be an array of currency codes")?,
    );
    Ok(())
}

fn read_answers(settings: &mut Settings, input: &mut Input) -> Result<(), ControlError> {
    set(
        &mut settings.duplicate_link_status,
        refusal_status(input, "duplicate_link_status")?,
    );
    set(
        &mut settings.duplicate_link_code,
        input.text("duplicate_link_code")?,
    );
    set(
        &mut settings.cancel_refused_status,
        refusal_status(input, "cancel_refused_status")?,
    );
    set(
        &mut settings.cancel_refused_code,
        input.text("cancel_refused_code")?,
    );
    set(
        &mut settings.not_found_status,
        refusal_status(input, "not_found_status")?,
    );
    set(&mut settings.not_found_code, input.text("not_found_code")?);
    set(
        &mut settings.order_not_found_status,
        refusal_status(input, "order_not_found_status")?,
    );
    set(
        &mut settings.unknown_address_status,
        refusal_status(input, "unknown_address_status")?,
    );
    set(
        &mut settings.rate_limit_per_minute,
        input.value("rate_limit_per_minute", "must be a whole number")?,
    );
    set(
        &mut settings.published_rate_limits,
        input.flag("published_rate_limits")?,
    );
    set(
        &mut settings.enforce_rate_limit,
        input.flag("enforce_rate_limit")?,
    );
    Ok(())
}

/// Sets standing faults. A null removes the fault of its operation.
fn read_faults(
    settings: &mut Settings,
    faults: &BTreeMap<String, Option<String>>,
) -> Result<(), ControlError> {
    for (operation, fault) in faults {
        let operation: ApiOperation = operation
            .parse()
            .map_err(|problem| ControlError::invalid(&format!("faults.{operation}"), problem))?;
        match fault {
            Some(fault) => {
                let fault: ApiFault = fault.parse().map_err(|problem| {
                    ControlError::invalid(&format!("faults.{operation}"), problem)
                })?;
                settings.faults.insert(operation, fault);
            }
            None => {
                settings.faults.remove(&operation);
            }
        }
    }
    Ok(())
}

fn refusal_status(input: &mut Input, field: &str) -> Result<Option<u16>, ControlError> {
    const MUST: &str = "must be a status from 400 to 599";
    let value = input.value::<u16>(field, MUST)?;
    if value.is_some_and(|value| !(400..600).contains(&value)) {
        Err(ControlError::invalid(field, MUST))
    } else {
        Ok(value)
    }
}
