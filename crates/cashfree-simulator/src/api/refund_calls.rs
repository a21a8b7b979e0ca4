//! Calls on refunds.

use super::call_context::{CallContext, is_visible};
use super::error::ApiError;
use super::fields::{Fields, invalid};
use super::not_found::unknown_refund;
use super::order_calls::{find_order, order};
use super::refund_entity;
use super::refund_request;
use crate::operations::RefundError;
use crate::response::ApiResponse;
use crate::state::{GatewayState, RefundStatus};

pub(super) fn create(
    state: &mut GatewayState,
    context: CallContext<'_>,
    order_id: &str,
    body: &[u8],
) -> Result<ApiResponse, ApiError> {
    let order = find_order(state, context, order_id)?;
    let (request, outcome) = refund_request::read(body, context.version)?;
    let refund = state
        .create_refund(order, request, outcome, context.now)
        .map_err(refund_error)?;
    respond(state, context, refund, StatusShown::AsCreated)
}

fn refund_error(error: RefundError) -> ApiError {
    let (code, message) = match error {
        RefundError::NotPaid => ("order_id_not_paid", "transaction not found"),
        RefundError::Duplicate => ("refund_id_invalid", "Duplicate Merchant Refund Id"),
        RefundError::TooMuch => (
            "refund_post_failed",
            "Total amount of Refunds cannot be greater than the transaction amount.",
        ),
        RefundError::TooLate => (
            "refund_post_failed",
            "the transaction is more than six months old",
        ),
    };
    ApiError::request(400, code, message)
}

pub(super) fn list(
    state: &GatewayState,
    context: CallContext<'_>,
    order_id: &str,
) -> Result<ApiResponse, ApiError> {
    let order = order(state, context, order_id)?;
    let refunds: Vec<_> = state
        .refunds_of(order)
        .filter(|refund| is_visible(state, refund.created_at, refund.visible_from, context.now))
        .filter_map(|refund| refund_entity::refund(state, refund, refund.status, context.version))
        .collect();
    Ok(ApiResponse::json(&refunds))
}

pub(super) fn fetch(
    state: &GatewayState,
    context: CallContext<'_>,
    order_id: &str,
    refund_id: &str,
) -> Result<ApiResponse, ApiError> {
    let refund = find_refund(state, context, order_id, refund_id)?;
    respond(state, context, refund, StatusShown::Current)
}

pub(super) fn cancel(
    state: &mut GatewayState,
    context: CallContext<'_>,
    order_id: &str,
    refund_id: &str,
    body: &[u8],
) -> Result<ApiResponse, ApiError> {
    let refund = find_refund(state, context, order_id, refund_id)?;
    let fields = Fields::parse(body)?;
    if fields.required_text("refund_status")? != "CANCELLED" {
        return Err(invalid("refund_status", "must be CANCELLED"));
    }
    fields.text("remarks")?;
    let status = state.refunds.get(refund).map(|refund| refund.status);
    if let Some(status) = status.filter(|status| !status.is_open()) {
        let message = format!("the refund is {status} and cannot be cancelled");
        return Err(ApiError::request(400, "refund_invalid", message));
    }
    state.set_refund_status(refund, RefundStatus::Cancelled, context.now);
    respond(state, context, refund, StatusShown::Current)
}

/// The status that a response shows: the current one, or that of a new refund, which is always pending.
#[derive(Clone, Copy, Debug)]
enum StatusShown {
    AsCreated,
    Current,
}

fn respond(
    state: &GatewayState,
    context: CallContext<'_>,
    refund: usize,
    shown: StatusShown,
) -> Result<ApiResponse, ApiError> {
    let refund = state
        .refunds
        .get(refund)
        .ok_or_else(|| unknown_refund(state))?;
    let status = match shown {
        StatusShown::AsCreated => RefundStatus::Pending,
        StatusShown::Current => refund.status,
    };
    refund_entity::refund(state, refund, status, context.version)
        .map(|entity| ApiResponse::json(&entity))
        .ok_or_else(|| unknown_refund(state))
}

fn find_refund(
    state: &GatewayState,
    context: CallContext<'_>,
    order_id: &str,
    refund_id: &str,
) -> Result<usize, ApiError> {
    let order = order(state, context, order_id)?;
    let named = |position: &&usize| {
        state.refunds.get(**position).is_some_and(|refund| {
            refund.refund_id == refund_id
                && is_visible(state, refund.created_at, refund.visible_from, context.now)
        })
    };
    let found = order.refunds.iter().find(named);
    found.copied().ok_or_else(|| unknown_refund(state))
}
