//! Handlers of the buttons on orders, payments, refunds and disputes.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use super::actions::{Form, act, simulator};
use crate::control_error::ControlError;
use crate::operations::PaymentAttempt;
use crate::shared::Shared;
use crate::state::{DisputeType, SettlementStatus};

/// Reason of an automatic refund that the overview starts.
const MANUAL_REFUND_REASON: &str = "Requested by the developer.";

pub(super) async fn on_order(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&shared, &headers, "orders", form, |form_data| {
        let outcome = parse_field(form_data.text("action"), "action")?;
        let attempt = PaymentAttempt::new().with_merchant(form_data.text("merchant"));
        simulator(&shared)
            .attempt_order(form_data.text("order_id"), attempt, outcome)
            .map(drop)
    })
}

pub(super) async fn on_payment(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&shared, &headers, "links", form, |form_data| {
        let (simulator, cf_payment_id) = (simulator(&shared), form_data.text("cf_payment_id"));
        match form_data.text("action") {
            "auto_refund" => simulator
                .auto_refund(cf_payment_id, None, MANUAL_REFUND_REASON)
                .map(drop),
            "dispute" => simulator
                .raise_dispute(cf_payment_id, DisputeType::Dispute, None)
                .map(drop),
            "settlement" => simulator
                .update_settlement(
                    form_data.text("order_id"),
                    Some(form_data.text("merchant")),
                    SettlementStatus::Success,
                )
                .map(drop),
            _ => Err(ControlError::invalid("action", "is unknown")),
        }
    })
}

pub(super) async fn on_refund(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&shared, &headers, "links", form, |form_data| {
        let outcome = parse_field(form_data.text("outcome"), "outcome")?;
        simulator(&shared)
            .complete_refund(form_data.text("cf_refund_id"), outcome)
            .map(drop)
    })
}

pub(super) async fn on_dispute(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    act(&shared, &headers, "disputes", form, |form_data| {
        let stage = parse_field(form_data.text("stage"), "stage")?;
        simulator(&shared)
            .move_dispute(form_data.text("dispute_id"), stage)
            .map(drop)
    })
}

fn parse_field<T: std::str::FromStr<Err: std::fmt::Display>>(
    text: &str,
    field: &str,
) -> Result<T, ControlError> {
    text.parse()
        .map_err(|problem| ControlError::invalid(field, problem))
}
