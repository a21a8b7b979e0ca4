//! The settings, whole or in part.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::input::{Body, Input};
use super::{Reply, written};
use crate::control_error::ControlError;
use crate::core::Core;
use crate::faults::{Fault, Operation};
use crate::settings::{Settings, WebhookSettings};
use crate::simulator::Simulator;

const MOST_RETRIES: usize = 10;
const LONGEST_WAIT_MS: u64 = 600_000;

pub(super) async fn show(State(core): State<Arc<Core>>) -> Response {
    written(StatusCode::OK, &Simulator { core }.settings())
}

pub(super) async fn update(State(core): State<Arc<Core>>, body: Body) -> Reply {
    Ok(written(StatusCode::OK, &change_settings(&core, body)?))
}

/// Changes the settings that a body names.
pub(crate) fn change_settings(core: &Arc<Core>, body: Body) -> Result<Settings, ControlError> {
    let input = Input::of(body)?;
    // In one go: of two changes at the same time neither is lost.
    core.with(|world, _| {
        world.settings = changed(world.settings.clone(), input)?;
        Ok(world.settings.clone())
    })
}

/// The settings with a change, or why the change is refused.
fn changed(mut settings: Settings, mut input: Input) -> Result<Settings, ControlError> {
    if let Some(webhooks) = input.object("webhooks")? {
        read_webhooks(&mut settings.webhooks, webhooks)?;
    }
    read_sending(&mut settings, &mut input)?;
    read_behaviour(&mut settings, &mut input)?;
    read_answers(&mut settings, &mut input)?;
    if let Some(faults) = input.typed::<BTreeMap<String, Option<String>>>(
        "faults",
        "must be an object of operation and fault",
    )? {
        read_faults(&mut settings, &faults)?;
    }
    input.finish()?;
    Ok(settings)
}

fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

fn read_webhooks(settings: &mut WebhookSettings, mut input: Input) -> Result<(), ControlError> {
    set(&mut settings.drop, input.flag("drop")?);
    set(&mut settings.duplicate, input.flag("duplicate")?);
    set(&mut settings.reorder, input.flag("reorder")?);
    set(
        &mut settings.reorder_hold_ms,
        milliseconds(&mut input, "reorder_hold_ms")?,
    );
    set(
        &mut settings.delay_ms,
        milliseconds(&mut input, "delay_ms")?,
    );
    set(
        &mut settings.wrong_signature,
        input.flag("wrong_signature")?,
    );
    set(
        &mut settings.fresh_timestamp_on_retry,
        input.flag("fresh_timestamp_on_retry")?,
    );
    input.finish()
}

fn read_sending(settings: &mut Settings, input: &mut Input) -> Result<(), ControlError> {
    set(&mut settings.retry_scale, input.decimal("retry_scale")?);
    let delays =
        input.typed::<Vec<u64>>("retry_delays_seconds", "must be an array of whole seconds")?;
    if delays
        .as_ref()
        .is_some_and(|delays| delays.len() > MOST_RETRIES)
    {
        return Err(ControlError::invalid(
            "retry_delays_seconds",
            "must have at most 10 entries",
        ));
    }
    set(&mut settings.retry_delays_seconds, delays);
    set(
        &mut settings.notify_url_version,
        input.named("notify_url_version")?,
    );
    Ok(())
}

fn read_behaviour(settings: &mut Settings, input: &mut Input) -> Result<(), ControlError> {
    set(
        &mut settings.transaction_id_unlike_payment_id,
        input.flag("transaction_id_unlike_payment_id")?,
    );
    set(
        &mut settings.paid_with_null_order,
        input.flag("paid_with_null_order")?,
    );
    set(
        &mut settings.payment_event_without_link_id,
        input.flag("payment_event_without_link_id")?,
    );
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
        milliseconds(input, "read_after_write_lag_ms")?,
    );
    set(
        &mut settings.enabled_currencies,
        input.typed("enabled_currencies", "must be an array of currency codes")?,
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
        &mut settings.unknown_address_status,
        refusal_status(input, "unknown_address_status")?,
    );
    set(
        &mut settings.rate_limit_per_minute,
        input.typed("rate_limit_per_minute", "must be a whole number")?,
    );
    set(
        &mut settings.enforce_rate_limit,
        input.flag("enforce_rate_limit")?,
    );
    Ok(())
}

/// A null takes an operation's fault away.
fn read_faults(
    settings: &mut Settings,
    faults: &BTreeMap<String, Option<String>>,
) -> Result<(), ControlError> {
    for (operation, fault) in faults {
        let operation: Operation = operation
            .parse()
            .map_err(|problem| ControlError::invalid(&format!("faults.{operation}"), problem))?;
        match fault {
            Some(fault) => {
                let fault: Fault = fault.parse().map_err(|problem| {
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

fn milliseconds(input: &mut Input, field: &str) -> Result<Option<u64>, ControlError> {
    const MUST: &str = "must be a whole number of milliseconds up to 600000";
    let value = input.typed::<u64>(field, MUST)?;
    if value.is_some_and(|value| value > LONGEST_WAIT_MS) {
        Err(ControlError::invalid(&input.name(field), MUST))
    } else {
        Ok(value)
    }
}

fn refusal_status(input: &mut Input, field: &str) -> Result<Option<u16>, ControlError> {
    const MUST: &str = "must be a status from 400 to 599";
    let value = input.typed::<u16>(field, MUST)?;
    if value.is_some_and(|value| !(400..600).contains(&value)) {
        Err(ControlError::invalid(field, MUST))
    } else {
        Ok(value)
    }
}
