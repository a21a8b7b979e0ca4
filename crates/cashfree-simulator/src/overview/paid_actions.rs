//! What the buttons of orders, payments, refunds and disputes do.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use super::actions::{Form, act, simulator};
use crate::control_error::ControlError;
use crate::core::Core;
use crate::world::{DisputeType, PaymentAttempt, SettlementStatus};

/// Why money goes back at the press of a button.
const BY_HAND: &str = "The developer wanted it so.";

pub(super) async fn on_order(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, "orders", form, |typed| {
        let end = named(typed.text("action"), "action")?;
        let attempt = PaymentAttempt::new().merchant(typed.text("merchant"));
        simulator(&core)
            .attempt_order(typed.text("order_id"), attempt, end)
            .map(drop)
    })
}

pub(super) async fn on_payment(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, "links", form, |typed| {
        let (simulator, cf_payment_id) = (simulator(&core), typed.text("cf_payment_id"));
        match typed.text("action") {
            "auto_refund" => simulator
                .auto_refund(cf_payment_id, None, BY_HAND)
                .map(drop),
            "dispute" => simulator
                .raise_dispute(cf_payment_id, DisputeType::Dispute, None)
                .map(drop),
            "settlement" => simulator
                .settle_order(
                    typed.text("order_id"),
                    Some(typed.text("merchant")),
                    SettlementStatus::Success,
                )
                .map(drop),
            _ => Err(ControlError::invalid("action", "is not known here")),
        }
    })
}

pub(super) async fn on_refund(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, "links", form, |typed| {
        let end = named(typed.text("outcome"), "outcome")?;
        simulator(&core)
            .settle_refund(typed.text("cf_refund_id"), end)
            .map(drop)
    })
}

pub(super) async fn on_dispute(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&core, &headers, "disputes", form, |typed| {
        let stage = named(typed.text("stage"), "stage")?;
        simulator(&core)
            .move_dispute(typed.text("dispute_id"), stage)
            .map(drop)
    })
}

fn named<T: std::str::FromStr<Err: std::fmt::Display>>(
    text: &str,
    field: &str,
) -> Result<T, ControlError> {
    text.parse()
        .map_err(|problem| ControlError::invalid(field, problem))
}
