//! Links and the payment attempts on them.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use http::StatusCode;
use serde::Serialize;

use super::input::{Body, Input, Segment, merchant_in_query, segment};
use super::list::{Page, numbered};
use super::reply::{Reply, json_response, reply};
use crate::control_error::ControlError;
use crate::operations::PaymentAttempt;
use crate::shared::Shared;
use crate::simulator::Simulator;
use crate::state::{LinkSnapshot, Method, OrderSnapshot, PaymentSnapshot, PaymentStatus};

pub(super) async fn list(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Reply {
    let page = Page::of(query.as_deref())?;
    Ok(shared.with(|state, now| {
        page.respond("links", numbered(&state.links), |link| {
            state.snapshot(link, now)
        })
    }))
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    link_id: Segment,
    RawQuery(query): RawQuery,
) -> Reply {
    let link_id = segment(link_id)?;
    let merchant = merchant_in_query(query.as_deref());
    Ok(reply(
        "link",
        find_link(&shared, &link_id, merchant.as_deref())?,
    ))
}

pub(super) async fn pay(
    State(shared): State<Arc<Shared>>,
    link_id: Segment,
    query: RawQuery,
    body: Body,
) -> Reply {
    attempt(&shared, link_id, query, body, PaymentStatus::Success)
}

pub(super) async fn fail(
    State(shared): State<Arc<Shared>>,
    link_id: Segment,
    query: RawQuery,
    body: Body,
) -> Reply {
    attempt(&shared, link_id, query, body, PaymentStatus::Failed)
}

pub(super) async fn drop_payment(
    State(shared): State<Arc<Shared>>,
    link_id: Segment,
    query: RawQuery,
    body: Body,
) -> Reply {
    attempt(&shared, link_id, query, body, PaymentStatus::UserDropped)
}

pub(super) async fn leave_pending(
    State(shared): State<Arc<Shared>>,
    link_id: Segment,
    query: RawQuery,
    body: Body,
) -> Reply {
    attempt(&shared, link_id, query, body, PaymentStatus::Pending)
}

pub(super) async fn complete_payment(
    State(shared): State<Arc<Shared>>,
    cf_payment_id: Segment,
    body: Body,
) -> Reply {
    let cf_payment_id = segment(cf_payment_id)?;
    let mut input = Input::parse(body)?;
    let outcome = input
        .named("outcome")?
        .ok_or_else(|| ControlError::invalid("outcome", "is missing"))?;
    input.finish()?;
    let payment = Simulator {
        shared: Arc::clone(&shared),
    }
    .complete_payment(&cf_payment_id, outcome)?;
    payment_response(&shared, payment)
}

/// Responds with a payment and the link it belongs to, or else its order.
pub(super) fn payment_response(shared: &Arc<Shared>, payment: PaymentSnapshot) -> Reply {
    shared.with(|state, now| {
        let index = state.find_payment(&payment.cf_payment_id)?;
        let order = state.orders.get(index.order);
        let order = order.ok_or_else(|| ControlError::not_found("order_id"))?;
        let link = state.link_of_order(order);
        let link = link.map(|link| state.snapshot(link, now));
        let order = link.is_none().then(|| state.order_snapshot(order, now));
        let payment_response = Paid {
            payment,
            link,
            order,
        };
        Ok(json_response(StatusCode::OK, &payment_response))
    })
}

pub(super) async fn expire(
    State(shared): State<Arc<Shared>>,
    link_id: Segment,
    RawQuery(query): RawQuery,
    body: Body,
) -> Reply {
    let link_id = segment(link_id)?;
    let mut input = Input::parse(body)?;
    let merchant = input
        .text("merchant")?
        .or_else(|| merchant_in_query(query.as_deref()));
    input.finish()?;
    let link = Simulator { shared }.expire(&link_id, merchant.as_deref())?;
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
    shared: &Arc<Shared>,
    link_id: Segment,
    RawQuery(query): RawQuery,
    body: Body,
    outcome: PaymentStatus,
) -> Reply {
    let link_id = segment(link_id)?;
    let attempt = read_attempt(query.as_deref(), body, outcome)?;
    let simulator = Simulator {
        shared: Arc::clone(shared),
    };
    payment_response(shared, simulator.attempt(&link_id, attempt, outcome)?)
}

/// Reads a payment attempt.
pub(super) fn read_attempt(
    query: Option<&str>,
    body: Body,
    outcome: PaymentStatus,
) -> Result<PaymentAttempt, ControlError> {
    let mut input = Input::parse(body)?;
    let mut attempt = PaymentAttempt::new();
    attempt.amount = input.amount("amount")?;
    if let Some(method) = input.named::<Method>("method")? {
        attempt = attempt.with_method(method);
    }
    attempt.late = input.flag("late")?.unwrap_or(false);
    attempt.order_id = input.text("order_id")?;
    attempt.merchant = input.text("merchant")?.or_else(|| merchant_in_query(query));
    if outcome == PaymentStatus::Failed
        && let Some(reason) = input.text("reason")?
    {
        attempt = attempt.with_reason(reason);
    }
    input.finish()?;
    Ok(attempt)
}

fn find_link(
    shared: &Arc<Shared>,
    link_id: &str,
    merchant: Option<&str>,
) -> Result<LinkSnapshot, ControlError> {
    shared.with(|state, now| {
        let link = state.find_link(link_id, merchant)?;
        let link = state
            .links
            .get(link)
            .ok_or_else(|| ControlError::not_found("link_id"))?;
        Ok(state.snapshot(link, now))
    })
}
