//! Orders, refunds, settlements and disputes.

use std::sync::Arc;

use axum::extract::{RawQuery, State};

use super::input::{Body, Input, Segment, merchant_in_query, segment};
use super::links::{payment_response, read_attempt};
use super::list::{Page, numbered};
use super::reply::{Reply, reply};
use crate::control_error::ControlError;
use crate::shared::Shared;
use crate::simulator::Simulator;
use crate::state::{DisputeType, PaymentStatus};

/// Default reason of an automatic refund.
const DEFAULT_REFUND_REASON: &str = "Multiple payments were performed against same order.";

pub(super) async fn list(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Reply {
    let page = Page::of(query.as_deref())?;
    Ok(shared.with(|state, now| {
        page.respond("orders", numbered(&state.orders), |order| {
            state.order_snapshot(order, now)
        })
    }))
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    order_id: Segment,
    RawQuery(query): RawQuery,
) -> Reply {
    let (order_id, merchant) = (segment(order_id)?, merchant_in_query(query.as_deref()));
    let order = Simulator { shared }.order(&order_id, merchant.as_deref())?;
    Ok(reply("order", order))
}

/// Defines the handler of a payment attempt on an order with one outcome.
macro_rules! attempt {
    ($name:ident, $outcome:ident) => {
        pub(super) async fn $name(
            State(shared): State<Arc<Shared>>,
            order_id: Segment,
            RawQuery(query): RawQuery,
            body: Body,
        ) -> Reply {
            let (order_id, outcome) = (segment(order_id)?, PaymentStatus::$outcome);
            let attempt = read_attempt(query.as_deref(), body, outcome)?;
            let simulator = Simulator {
                shared: Arc::clone(&shared),
            };
            payment_response(
                &shared,
                simulator.attempt_order(&order_id, attempt, outcome)?,
            )
        }
    };
}

attempt!(pay, Success);
attempt!(fail, Failed);
attempt!(drop_payment, UserDropped);
attempt!(leave_pending, Pending);

pub(super) async fn settlement(
    State(shared): State<Arc<Shared>>,
    order_id: Segment,
    RawQuery(query): RawQuery,
    body: Body,
) -> Reply {
    let order_id = segment(order_id)?;
    let mut input = Input::parse(body)?;
    let status = required(input.named("status")?, "status")?;
    let merchant = input
        .text("merchant")?
        .or_else(|| merchant_in_query(query.as_deref()));
    input.finish()?;
    let order = Simulator { shared }.update_settlement(&order_id, merchant.as_deref(), status)?;
    Ok(reply("order", order))
}

pub(super) async fn refunds(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Reply {
    let page = Page::of(query.as_deref())?;
    Ok(shared.with(|state, _| {
        page.respond("refunds", numbered(&state.refunds), |refund| {
            state.refund_snapshot(refund)
        })
    }))
}

pub(super) async fn complete_refund(
    State(shared): State<Arc<Shared>>,
    cf_refund_id: Segment,
    body: Body,
) -> Reply {
    let cf_refund_id = segment(cf_refund_id)?;
    let mut input = Input::parse(body)?;
    let outcome = required(input.named("outcome")?, "outcome")?;
    input.finish()?;
    let refund = Simulator { shared }.complete_refund(&cf_refund_id, outcome)?;
    Ok(reply("refund", refund))
}

pub(super) async fn auto_refund(
    State(shared): State<Arc<Shared>>,
    cf_payment_id: Segment,
    body: Body,
) -> Reply {
    let cf_payment_id = segment(cf_payment_id)?;
    let mut input = Input::parse(body)?;
    let (amount, reason) = (input.amount("amount")?, input.text("reason")?);
    input.finish()?;
    let reason = reason.unwrap_or_else(|| DEFAULT_REFUND_REASON.to_owned());
    let refund = Simulator { shared }.auto_refund(&cf_payment_id, amount, reason)?;
    Ok(reply("refund", refund))
}

pub(super) async fn disputes(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Reply {
    let page = Page::of(query.as_deref())?;
    Ok(shared.with(|state, _| {
        page.respond("disputes", numbered(&state.disputes), |dispute| {
            state.dispute_snapshot(dispute)
        })
    }))
}

pub(super) async fn raise_dispute(
    State(shared): State<Arc<Shared>>,
    cf_payment_id: Segment,
    body: Body,
) -> Reply {
    let cf_payment_id = segment(cf_payment_id)?;
    let mut input = Input::parse(body)?;
    let (kind, amount) = (input.named("type")?, input.amount("amount")?);
    input.finish()?;
    let kind = kind.unwrap_or(DisputeType::Dispute);
    let dispute = Simulator { shared }.raise_dispute(&cf_payment_id, kind, amount)?;
    Ok(reply("dispute", dispute))
}

pub(super) async fn move_dispute(
    State(shared): State<Arc<Shared>>,
    dispute_id: Segment,
    body: Body,
) -> Reply {
    let dispute_id = segment(dispute_id)?;
    let mut input = Input::parse(body)?;
    let stage = required(input.named("stage")?, "stage")?;
    input.finish()?;
    Ok(reply(
        "dispute",
        Simulator { shared }.move_dispute(&dispute_id, stage)?,
    ))
}

fn required<T>(value: Option<T>, field: &str) -> Result<T, ControlError> {
    value.ok_or_else(|| ControlError::invalid(field, "is missing"))
}
