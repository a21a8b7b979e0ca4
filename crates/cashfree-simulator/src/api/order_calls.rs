//! Calls on orders, their payments and their settlement.

use super::call_context::{CallContext, is_visible};
use super::error::ApiError;
use super::fields::{Fields, invalid};
use super::not_found::{unknown_order, unknown_payment, unknown_settlement};
use super::{order_entity, order_request, payment_entity, settlement_entity};
use crate::operations::{DuplicateOrder, TerminateError};
use crate::response::ApiResponse;
use crate::state::{GatewayState, Order, OrderStatus};

pub(super) fn create(
    state: &mut GatewayState,
    context: CallContext<'_>,
    body: &[u8],
) -> Result<ApiResponse, ApiError> {
    let request = order_request::read(body, &state.settings, context.now)?;
    let order = state
        .create_order(context.merchant, request, context.now)
        .map_err(|DuplicateOrder| {
            ApiError::request(
                409,
                "order_already_exists",
                "order with same id is already present",
            )
        })?;
    respond(state, context, order)
}

pub(super) fn fetch(
    state: &GatewayState,
    context: CallContext<'_>,
    order_id: &str,
) -> Result<ApiResponse, ApiError> {
    respond(state, context, find_order(state, context, order_id)?)
}

pub(super) fn terminate(
    state: &mut GatewayState,
    context: CallContext<'_>,
    order_id: &str,
    body: &[u8],
) -> Result<ApiResponse, ApiError> {
    let order = find_order(state, context, order_id)?;
    let status = Fields::parse(body)?.required_text("order_status")?;
    if status != "TERMINATED" {
        return Err(invalid("order_status", "must be TERMINATED"));
    }
    state
        .terminate_order(order, context.now)
        .map_err(|TerminateError(status)| {
            let code = match status {
                OrderStatus::Paid => "order_already_paid",
                _ => "order_inactive",
            };
            let message = format!("the order is {status} and cannot be terminated");
            ApiError::request(400, code, message)
        })?;
    respond(state, context, order)
}

pub(super) fn payments(
    state: &GatewayState,
    context: CallContext<'_>,
    order_id: &str,
) -> Result<ApiResponse, ApiError> {
    let order = order(state, context, order_id)?;
    let payments: Vec<_> = order
        .payments
        .iter()
        .map(|payment| payment_entity::payment(order, payment, context.version))
        .collect();
    Ok(ApiResponse::json(&payments))
}

pub(super) fn payment(
    state: &GatewayState,
    context: CallContext<'_>,
    order_id: &str,
    cf_payment_id: &str,
) -> Result<ApiResponse, ApiError> {
    let order = order(state, context, order_id)?;
    let payment = order
        .payments
        .iter()
        .find(|payment| payment.cf_payment_id.to_string() == cf_payment_id)
        .ok_or_else(|| unknown_payment(state))?;
    Ok(ApiResponse::json(&payment_entity::payment(
        order,
        payment,
        context.version,
    )))
}

pub(super) fn settlement(
    state: &GatewayState,
    context: CallContext<'_>,
    order_id: &str,
) -> Result<ApiResponse, ApiError> {
    let order = order(state, context, order_id)?;
    settlement_entity::settlement(order, context.version)
        .map(|settlement| ApiResponse::json(&settlement))
        .ok_or_else(|| unknown_settlement(state))
}

fn respond(
    state: &GatewayState,
    context: CallContext<'_>,
    order: usize,
) -> Result<ApiResponse, ApiError> {
    let order = state
        .orders
        .get(order)
        .ok_or_else(|| unknown_order(state))?;
    Ok(ApiResponse::json(&order_entity::single_order(
        state, order, context,
    )))
}

/// Returns the position of an order of the calling merchant. An order that is still hidden after its creation is not
/// found.
pub(super) fn find_order(
    state: &GatewayState,
    context: CallContext<'_>,
    order_id: &str,
) -> Result<usize, ApiError> {
    let seen = |order: &Order| {
        // The order of a link is created by a payer, and visible at once.
        order.link.is_some() || is_visible(state, order.created_at, order.visible_from, context.now)
    };
    state
        .order_of(context.merchant, order_id)
        .filter(|position| state.orders.get(*position).is_some_and(seen))
        .ok_or_else(|| unknown_order(state))
}

/// Returns an order of the calling merchant.
pub(super) fn order<'a>(
    state: &'a GatewayState,
    context: CallContext<'_>,
    order_id: &str,
) -> Result<&'a Order, ApiError> {
    let position = find_order(state, context, order_id)?;
    state
        .orders
        .get(position)
        .ok_or_else(|| unknown_order(state))
}
