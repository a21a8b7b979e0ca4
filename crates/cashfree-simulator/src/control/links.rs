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
use crate::world::{
    LinkSnapshot, Method, OrderSnapshot, PaymentAttempt, PaymentSnapshot, PaymentStatus,
};

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
    let payment = Simulator {
        core: Arc::clone(&core),
    }
    .settle(&cf_payment_id, end)?;
    paid(&core, payment)
}

/// A payment with the order it was made on, and the link behind it if there is one.
pub(super) fn paid(core: &Arc<Core>, payment: PaymentSnapshot) -> Reply {
    core.with(|world, now| {
        let place = world.named_payment(&payment.cf_payment_id)?;
        let order = world.orders.get(place.order);
        let order = order.ok_or_else(|| ControlError::not_found("order_id"))?;
        let link = world.link_behind(order);
        let link = link.map(|link| world.snapshot(link, now));
        let order = link.is_none().then(|| world.order_snapshot(order, now));
        let paid = Paid {
            payment,
            link,
            order,
        };
        Ok(written(StatusCode::OK, &paid))
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
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<LinkSnapshot>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderSnapshot>,
}

fn attempt(
    core: &Arc<Core>,
    link_id: Segment,
    RawQuery(query): RawQuery,
    body: Body,
    end: PaymentStatus,
) -> Reply {
    let link_id = segment(link_id)?;
    let attempt = read_attempt(query.as_deref(), body, end)?;
    let simulator = Simulator {
        core: Arc::clone(core),
    };
    paid(core, simulator.attempt(&link_id, attempt, end)?)
}

/// Reads what a payer does.
pub(super) fn read_attempt(
    query: Option<&str>,
    body: Body,
    end: PaymentStatus,
) -> Result<PaymentAttempt, ControlError> {
    let mut input = Input::of(body)?;
    let mut attempt = PaymentAttempt::new();
    attempt.amount = input.amount("amount")?;
    if let Some(method) = input.named::<Method>("method")? {
        attempt = attempt.method(method);
    }
    attempt.late = input.flag("late")?.unwrap_or(false);
    attempt.order_id = input.text("order_id")?;
    attempt.merchant = input.text("merchant")?.or_else(|| merchant_in_query(query));
    if end == PaymentStatus::Failed
        && let Some(reason) = input.text("reason")?
    {
        attempt = attempt.reason(reason);
    }
    input.finish()?;
    Ok(attempt)
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
