//! Orders, and what follows from their being paid: refunds, payouts, disputes.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::input::{Body, Input, Segment, merchant_in_query, segment};
use super::links::{paid, read_attempt};
use super::{Reply, reply};
use crate::control_error::ControlError;
use crate::core::Core;
use crate::simulator::Simulator;
use crate::world::{DisputeType, PaymentStatus};

/// Why the gateway gives money back by itself, unless it is said.
const TOO_MANY: &str = "Multiple payments were performed against same order.";

pub(super) async fn list(State(core): State<Arc<Core>>) -> Response {
    reply("orders", Simulator { core }.orders())
}

pub(super) async fn show(
    State(core): State<Arc<Core>>,
    order_id: Segment,
    RawQuery(query): RawQuery,
) -> Reply {
    let (order_id, merchant) = (segment(order_id)?, merchant_in_query(query.as_deref()));
    let order = Simulator { core }.order(&order_id, merchant.as_deref())?;
    Ok(reply("order", order))
}

/// The handler that lets a payer try to pay an order, with one end.
macro_rules! attempt {
    ($name:ident, $end:ident) => {
        pub(super) async fn $name(
            State(core): State<Arc<Core>>,
            order_id: Segment,
            RawQuery(query): RawQuery,
            body: Body,
        ) -> Reply {
            let (order_id, end) = (segment(order_id)?, PaymentStatus::$end);
            let attempt = read_attempt(query.as_deref(), body, end)?;
            let simulator = Simulator {
                core: Arc::clone(&core),
            };
            paid(&core, simulator.attempt_order(&order_id, attempt, end)?)
        }
    };
}

attempt!(pay, Success);
attempt!(fail, Failed);
attempt!(drop_payment, UserDropped);
attempt!(leave_pending, Pending);

pub(super) async fn settlement(
    State(core): State<Arc<Core>>,
    order_id: Segment,
    RawQuery(query): RawQuery,
    body: Body,
) -> Reply {
    let order_id = segment(order_id)?;
    let mut input = Input::of(body)?;
    let status = required(input.named("status")?, "status")?;
    let merchant = input
        .text("merchant")?
        .or_else(|| merchant_in_query(query.as_deref()));
    input.finish()?;
    let order = Simulator { core }.settle_order(&order_id, merchant.as_deref(), status)?;
    Ok(reply("order", order))
}

pub(super) async fn refunds(State(core): State<Arc<Core>>) -> Response {
    reply("refunds", Simulator { core }.refunds())
}

pub(super) async fn settle_refund(
    State(core): State<Arc<Core>>,
    cf_refund_id: Segment,
    body: Body,
) -> Reply {
    let cf_refund_id = segment(cf_refund_id)?;
    let mut input = Input::of(body)?;
    let end = required(input.named("outcome")?, "outcome")?;
    input.finish()?;
    let refund = Simulator { core }.settle_refund(&cf_refund_id, end)?;
    Ok(reply("refund", refund))
}

pub(super) async fn auto_refund(
    State(core): State<Arc<Core>>,
    cf_payment_id: Segment,
    body: Body,
) -> Reply {
    let cf_payment_id = segment(cf_payment_id)?;
    let mut input = Input::of(body)?;
    let (amount, reason) = (input.amount("amount")?, input.text("reason")?);
    input.finish()?;
    let reason = reason.unwrap_or_else(|| TOO_MANY.to_owned());
    let refund = Simulator { core }.auto_refund(&cf_payment_id, amount, reason)?;
    Ok(reply("refund", refund))
}

pub(super) async fn disputes(State(core): State<Arc<Core>>) -> Response {
    reply("disputes", Simulator { core }.disputes())
}

pub(super) async fn raise_dispute(
    State(core): State<Arc<Core>>,
    cf_payment_id: Segment,
    body: Body,
) -> Reply {
    let cf_payment_id = segment(cf_payment_id)?;
    let mut input = Input::of(body)?;
    let (kind, amount) = (input.named("type")?, input.amount("amount")?);
    input.finish()?;
    let kind = kind.unwrap_or(DisputeType::Dispute);
    let dispute = Simulator { core }.raise_dispute(&cf_payment_id, kind, amount)?;
    Ok(reply("dispute", dispute))
}

pub(super) async fn move_dispute(
    State(core): State<Arc<Core>>,
    dispute_id: Segment,
    body: Body,
) -> Reply {
    let dispute_id = segment(dispute_id)?;
    let mut input = Input::of(body)?;
    let stage = required(input.named("stage")?, "stage")?;
    input.finish()?;
    Ok(reply(
        "dispute",
        Simulator { core }.move_dispute(&dispute_id, stage)?,
    ))
}

fn required<T>(value: Option<T>, field: &str) -> Result<T, ControlError> {
    value.ok_or_else(|| ControlError::invalid(field, "is missing"))
}
