//! Faults for the next calls of the merchant API.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::input::{Body, Input};
use super::reply::{Reply, reply};
use crate::api_faults::{ApiFault, ApiFaultRule};
use crate::control_error::ControlError;
use crate::shared::Shared;
use crate::simulator::Simulator;

const WAIT: &str = "must be a whole number of seconds up to 600";

pub(super) async fn list(State(shared): State<Arc<Shared>>) -> Response {
    reply("faults", Simulator { shared }.faults())
}

pub(super) async fn add(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    Ok(reply("fault", add_fault(shared, body)?))
}

/// Adds the fault that a body describes.
pub(crate) fn add_fault(shared: Arc<Shared>, body: Body) -> Result<ApiFaultRule, ControlError> {
    let mut input = Input::parse(body)?;
    let operation = input
        .named("operation")?
        .ok_or_else(|| ControlError::invalid("operation", "is missing"))?;
    let fault: ApiFault = input
        .named("fault")?
        .ok_or_else(|| ControlError::invalid("fault", "is missing"))?;
    if !fault.suits(operation) {
        return Err(ControlError::invalid(
            "fault",
            format!("{fault} does not apply to {operation}"),
        ));
    }
    let mut rule = ApiFaultRule::once(operation, fault);
    if let Some(times) = input.value::<u32>("times", "must be a whole number from 1")? {
        if times == 0 {
            return Err(ControlError::invalid(
                "times",
                "must be a whole number from 1",
            ));
        }
        rule.times = times;
    }
    rule.delay_ms = input.milliseconds("delay_ms")?.unwrap_or(0);
    if let Some(seconds) = input.value::<u32>("retry_seconds", WAIT)? {
        if seconds > 600 {
            return Err(ControlError::invalid("retry_seconds", WAIT));
        }
        rule.retry_seconds = seconds;
    }
    input.finish()?;
    Simulator { shared }.inject_fault(rule.clone());
    Ok(rule)
}

pub(super) async fn clear(State(shared): State<Arc<Shared>>) -> Response {
    let simulator = Simulator { shared };
    simulator.clear_faults();
    reply("faults", simulator.faults())
}
