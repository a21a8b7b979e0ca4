//! Where webhooks go, and those that went.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::input::{Body, Input, Segment, number};
use super::{Reply, reply};
use crate::control_error::ControlError;
use crate::core::Core;
use crate::endpoint::{Endpoint, EndpointSnapshot, EventType};
use crate::simulator::Simulator;
use crate::version::WebhookVersion;

pub(super) async fn deliveries(State(core): State<Arc<Core>>) -> Response {
    reply("deliveries", Simulator { core }.deliveries())
}

pub(super) async fn forget(State(core): State<Arc<Core>>) -> Response {
    reply("forgotten", Simulator { core }.forget_deliveries())
}

pub(super) async fn resend(State(core): State<Arc<Core>>, id: Segment) -> Reply {
    let id = number(id)?;
    Ok(reply("delivery", Simulator { core }.resend(id)?))
}

pub(super) async fn list(State(core): State<Arc<Core>>) -> Response {
    reply("endpoints", Simulator { core }.endpoints())
}

pub(super) async fn add(State(core): State<Arc<Core>>, body: Body) -> Reply {
    Ok(reply("endpoint", add_endpoint(core, body)?))
}

/// Registers the address that a body describes.
pub(crate) fn add_endpoint(core: Arc<Core>, body: Body) -> Result<EndpointSnapshot, ControlError> {
    let mut input = Input::of(body)?;
    let url = input
        .text("url")?
        .ok_or_else(|| ControlError::invalid("url", "is missing"))?;
    let mut endpoint = Endpoint::new(url);
    if let Some(version) = input.named::<WebhookVersion>("version")? {
        endpoint = endpoint.version(version);
    }
    if let Some(events) = input.typed::<Vec<String>>("events", "must be an array of event types")? {
        let events: Result<Vec<EventType>, _> = events.iter().map(|event| event.parse()).collect();
        endpoint =
            endpoint.events(events.map_err(|problem| ControlError::invalid("events", problem))?);
    }
    endpoint.merchant = input.text("merchant")?;
    input.finish()?;
    Simulator { core }.add_endpoint(endpoint)
}

pub(super) async fn ping(State(core): State<Arc<Core>>, id: Segment) -> Reply {
    Ok(reply("delivery", Simulator { core }.ping(number(id)?)?))
}

pub(super) async fn remove(State(core): State<Arc<Core>>, id: Segment) -> Reply {
    let id = number(id)?;
    let simulator = Simulator { core };
    if simulator.remove_endpoint(id) {
        Ok(reply("removed", id))
    } else {
        Err(ControlError::not_found("id"))
    }
}
