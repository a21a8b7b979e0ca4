//! Webhook endpoints and deliveries.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::input::{Body, Input, Segment, number};
use super::list::Page;
use super::reply::{Reply, reply};
use crate::control_error::ControlError;
use crate::endpoint::{Endpoint, EndpointSnapshot, EventType};
use crate::shared::Shared;
use crate::simulator::Simulator;
use crate::state::DeliverySnapshot;
use crate::version::WebhookVersion;

pub(super) async fn deliveries(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Reply {
    let page = Page::of(query.as_deref())?;
    Ok(shared.with(|state, _| {
        let deliveries = state.deliveries.iter().map(|it| (it.id, it));
        page.respond("deliveries", deliveries, DeliverySnapshot::from)
    }))
}

pub(super) async fn forget(State(shared): State<Arc<Shared>>) -> Response {
    reply("forgotten", Simulator { shared }.clear_deliveries())
}

pub(super) async fn resend(State(shared): State<Arc<Shared>>, id: Segment) -> Reply {
    let id = number(id)?;
    Ok(reply("delivery", Simulator { shared }.resend(id)?))
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Reply {
    let page = Page::of(query.as_deref())?;
    Ok(shared.with(|state, _| {
        let endpoints = state.endpoints.iter().map(|it| (it.id, it));
        page.respond("endpoints", endpoints, Clone::clone)
    }))
}

pub(super) async fn add(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    Ok(reply("endpoint", add_endpoint(shared, body)?))
}

/// Registers the endpoint that a body describes.
pub(crate) fn add_endpoint(
    shared: Arc<Shared>,
    body: Body,
) -> Result<EndpointSnapshot, ControlError> {
    let mut input = Input::parse(body)?;
    let url = input
        .text("url")?
        .ok_or_else(|| ControlError::invalid("url", "is missing"))?;
    let mut endpoint = Endpoint::new(url);
    if let Some(version) = input.named::<WebhookVersion>("version")? {
        endpoint = endpoint.with_version(version);
    }
    if let Some(events) = input.value::<Vec<String>>("events", "must be an array of event types")? {
        let events: Result<Vec<EventType>, _> = events.iter().map(|event| event.parse()).collect();
        endpoint = endpoint
            .with_events(events.map_err(|problem| ControlError::invalid("events", problem))?);
    }
    endpoint.merchant = input.text("merchant")?;
    input.finish()?;
    Simulator { shared }.add_endpoint(endpoint)
}

pub(super) async fn ping(State(shared): State<Arc<Shared>>, id: Segment) -> Reply {
    Ok(reply("delivery", Simulator { shared }.ping(number(id)?)?))
}

pub(super) async fn remove(State(shared): State<Arc<Shared>>, id: Segment) -> Reply {
    let id = number(id)?;
    let simulator = Simulator { shared };
    if simulator.remove_endpoint(id) {
        Ok(reply("removed", id))
    } else {
        Err(ControlError::not_found("id"))
    }
}
