//! Errors for objects that do not exist.

use super::error::ApiError;
use crate::api_faults::ApiOperation;
use crate::state::GatewayState;

/// Returns the error for an unknown link.
pub(super) fn unknown_link(state: &GatewayState) -> ApiError {
    ApiError::request(
        state.settings.not_found_status,
        state.settings.not_found_code.clone(),
        "link is not found",
    )
}

/// Returns the error for an unknown order.
pub(super) fn unknown_order(state: &GatewayState) -> ApiError {
    missing(state, "order_not_found", "order not found")
}

/// Returns the error for an unknown payment.
pub(super) fn unknown_payment(state: &GatewayState) -> ApiError {
    missing(state, "payment_not_found", "payment not found")
}

/// Returns the error for an unknown refund.
pub(super) fn unknown_refund(state: &GatewayState) -> ApiError {
    missing(state, "refund_get_not_found", "refund not found")
}

/// Returns the error for an unknown settlement.
pub(super) fn unknown_settlement(state: &GatewayState) -> ApiError {
    missing(state, "settlement_get_not_found", "settlement not found")
}

fn missing(state: &GatewayState, code: &'static str, message: &'static str) -> ApiError {
    ApiError::request(state.settings.order_not_found_status, code, message)
}

/// Returns the error for an unknown simulation.
pub(super) fn unknown_simulation() -> ApiError {
    ApiError::request(404, "simulation_id_invalid", "simulation not found")
}

/// Returns the error of an operation whose object does not exist.
pub(super) fn not_found(state: &GatewayState, operation: ApiOperation) -> ApiError {
    match operation {
        ApiOperation::CreateLink
        | ApiOperation::FetchLink
        | ApiOperation::CancelLink
        | ApiOperation::ListOrders => unknown_link(state),
        ApiOperation::CreateOrder
        | ApiOperation::FetchOrder
        | ApiOperation::TerminateOrder
        | ApiOperation::ListPayments
        | ApiOperation::CreateRefund
        | ApiOperation::ListRefunds => unknown_order(state),
        ApiOperation::FetchPayment => unknown_payment(state),
        ApiOperation::FetchRefund | ApiOperation::CancelRefund => unknown_refund(state),
        ApiOperation::FetchSettlement => unknown_settlement(state),
        ApiOperation::Simulate | ApiOperation::FetchSimulation => unknown_simulation(),
    }
}
