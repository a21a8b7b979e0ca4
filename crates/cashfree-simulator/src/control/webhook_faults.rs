//! Faults that hit the next webhooks.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::input::{Body, Input};
use super::reply::{Reply, reply};
use crate::control_error::ControlError;
use crate::shared::Shared;
use crate::simulator::Simulator;
use crate::webhook_faults::WebhookFaultRule;

pub(super) async fn list(State(shared): State<Arc<Shared>>) -> Response {
    reply("webhook_faults", Simulator { shared }.webhook_faults())
}

pub(super) async fn add(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    Ok(reply("webhook_fault", add_webhook_fault(shared, body)?))
}

/// Adds the fault that a body describes.
pub(crate) fn add_webhook_fault(
    shared: Arc<Shared>,
    body: Body,
) -> Result<WebhookFaultRule, ControlError> {
    const TIMES: &str = "must be a whole number from 1";
    let mut input = Input::parse(body)?;
    let fault = input
        .named("fault")?
        .ok_or_else(|| ControlError::invalid("fault", "is missing"))?;
    let mut rule = WebhookFaultRule::once(fault);
    rule.event = input.named("event")?;
    if let Some(times) = input.value::<u32>("times", TIMES)? {
        rule = rule.with_times(times);
    }
    if rule.times == 0 {
        return Err(ControlError::invalid("times", TIMES));
    }
    if let Some(delay_ms) = input.milliseconds("delay_ms")? {
        rule.delay_ms = delay_ms;
    }
    input.finish()?;
    Simulator { shared }.inject_webhook_fault(rule.clone());
    Ok(rule)
}

pub(super) async fn clear(State(shared): State<Arc<Shared>>) -> Response {
    let simulator = Simulator { shared };
    simulator.clear_webhook_faults();
    reply("webhook_faults", simulator.webhook_faults())
}
