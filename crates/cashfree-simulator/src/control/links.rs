//! Links, and what payers do on them.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;

use super::input::{Body, Input, Segment, merchant_in_query, segment};
use super::{Reply, reply, written};
use crate::control_error::ControlError;
use crate::core::Core;
use crate::simulator::Simulator;
use crate::world::{LinkSnapshot, Method, PaymentAttempt, PaymentSnapshot, PaymentStatus};

pub(super) async fn list(State(core): State<Arc<Core>>) -> Response {
    reply("links", Simulator { core }.links())
}

pub(super) async fn show(
    State(core): State<Arc<Core>>,
    link_id: Segment,
    RawQuery(query): RawQuery,
) -> Reply {
    let link_id = segment(link_id)?;
    let merchant = merchant_in_query(query.as_deref());
    Ok(reply("link", named(&core, &link_id, merchant.as_deref())?))
}

pub(super) async fn pay(
    State(core): State<Arc<Core>>,
    link_id: Segment,
    query: RawQuery,
    body: Body,
) -> Reply {
    attempt(&core, link_id, query, body, PaymentStatus::Success)
}

pub(super) async fn fail(
    State(core): State<Arc<Core>>,
    link_id: Segment,
    query: RawQuery,
    body: Body,
) -> Reply {
    attempt(&core, link_id, query, body, PaymentStatus::Failed)
}

pub(super) async fn drop_payment(
    State(core): State<Arc<Core>>,
    link_id: Segment,
    query: RawQuery,
    body: Body,
) -> Reply {
    attempt(&core, link_id, query, body, PaymentStatus::UserDropped)
}

pub(super) async fn leave_pending(
    State(core): State<Arc<Core>>,
    link_id: Segment,
    query: RawQuery,
    body: Body,
) -> Reply {
    attempt(&core, link_id, query, body, PaymentStatus::Pending)
}

pub(super) async fn settle(
    State(core): State<Arc<Core>>,
    cf_payment_id: Segment,
    body: Body,
) -> Reply {
    let cf_payment_id = segment(cf_payment_id)?;
    let mut input = Input::of(body)?;
    let end = input
        .named("outcome")?
        .ok_or_else(|| ControlError::invalid("outcome", "is missing"))?;
    input.finish()?;
    core.with(|world, now| {
        let place = world.settle(&cf_payment_id, end, now)?;
        let payment = world.payment_snapshot(place);
        let link = world.links.get(place.link);
        match (payment, link) {
            (Some(payment), Some(link)) => Ok(written(
                StatusCode::OK,
                &Paid {
                    payment,
                    link: world.snapshot(link, now),
                },
            )),
            _ => Err(ControlError::not_found("cf_payment_id")),
        }
    })
}

pub(super) async fn expire(
    State(core): State<Arc<Core>>,
    link_id: Segment,
    RawQuery(query): RawQuery,
    body: Body,
) -> Reply {
    let link_id = segment(link_id)?;
    let mut input = Input::of(body)?;
    let merchant = input
        .text("merchant")?
        .or_else(|| merchant_in_query(query.as_deref()));
    input.finish()?;
    let link = Simulator { core }.expire(&link_id, merchant.as_deref())?;
    Ok(reply("link", link))
}

#[derive(Serialize)]
struct Paid {
    payment: PaymentSnapshot,
    link: LinkSnapshot,
}

fn attempt(
    core: &Arc<Core>,
    link_id: Segment,
    RawQuery(query): RawQuery,
    body: Body,
    end: PaymentStatus,
) -> Reply {
    let link_id = segment(link_id)?;
    let mut input = Input::of(body)?;
    let mut attempt = PaymentAttempt::new();
    attempt.amount = input.amount("amount")?;
    if let Some(method) = input.named::<Method>("method")? {
        attempt = attempt.method(method);
    }
    attempt.late = input.flag("late")?.unwrap_or(false);
    attempt.order_id = input.text("order_id")?;
    attempt.merchant = input
        .text("merchant")?
        .or_else(|| merchant_in_query(query.as_deref()));
    if end == PaymentStatus::Failed
        && let Some(reason) = input.text("reason")?
    {
        attempt = attempt.reason(reason);
    }
    input.finish()?;
    let merchant = attempt.merchant.clone();
    let payment = Simulator {
        core: Arc::clone(core),
    }
    .attempt(&link_id, attempt, end)?;
    let link = named(core, &link_id, merchant.as_deref())?;
    Ok(written(StatusCode::OK, &Paid { payment, link }))
}

fn named(
    core: &Arc<Core>,
    link_id: &str,
    merchant: Option<&str>,
) -> Result<LinkSnapshot, ControlError> {
    core.with(|world, now| {
        let link = world.named_link(link_id, merchant)?;
        let link = world
            .links
            .get(link)
            .ok_or_else(|| ControlError::not_found("link_id"))?;
        Ok(world.snapshot(link, now))
    })
}
