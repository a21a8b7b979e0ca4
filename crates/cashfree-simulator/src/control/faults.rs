//! Faults for the next calls of the merchant API.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::input::{Body, Input};
use super::{Reply, reply};
use crate::control_error::ControlError;
use crate::core::Core;
use crate::faults::{Fault, FaultRule};
use crate::simulator::Simulator;

const WAIT: &str = "must be a whole number of seconds up to 600";

pub(super) async fn list(State(core): State<Arc<Core>>) -> Response {
    reply("faults", Simulator { core }.faults())
}

pub(super) async fn add(State(core): State<Arc<Core>>, body: Body) -> Reply {
    Ok(reply("fault", add_fault(core, body)?))
}

/// Adds the fault that a body describes.
pub(crate) fn add_fault(core: Arc<Core>, body: Body) -> Result<FaultRule, ControlError> {
    let mut input = Input::of(body)?;
    let operation = input
        .named("operation")?
        .ok_or_else(|| ControlError::invalid("operation", "is missing"))?;
    let fault: Fault = input
        .named("fault")?
        .ok_or_else(|| ControlError::invalid("fault", "is missing"))?;
    if !fault.suits(operation) {
        return Err(ControlError::invalid(
            "fault",
            format!("{fault} cannot befall {operation}"),
        ));
    }
    let mut rule = FaultRule::once(operation, fault);
    if let Some(times) = input.typed::<u32>("times", "must be a whole number from 1")? {
        if times == 0 {
            return Err(ControlError::invalid(
                "times",
                "must be a whole number from 1",
            ));
        }
        rule.times = times;
    }
    rule.delay_ms = input.milliseconds("delay_ms")?.unwrap_or(0);
    if let Some(seconds) = input.typed::<u32>("retry_seconds", WAIT)? {
        if seconds > 600 {
            return Err(ControlError::invalid("retry_seconds", WAIT));
        }
        rule.retry_seconds = seconds;
    }
    input.finish()?;
    Simulator { core }.inject_fault(rule.clone());
    Ok(rule)
}

pub(super) async fn clear(State(core): State<Arc<Core>>) -> Response {
    let simulator = Simulator { core };
    simulator.clear_faults();
    reply("faults", simulator.faults())
}
