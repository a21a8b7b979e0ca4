//! The refusals of what is not there.

use super::error::ApiError;
use crate::api_faults::ApiOperation;
use crate::state::GatewayState;

/// The refusal for a link that is not there.
pub(super) fn unknown_link(state: &GatewayState) -> ApiError {
    ApiError::request(
        state.settings.not_found_status,
        state.settings.not_found_code.clone(),
        "link is not found",
    )
}

/// The refusal for an order that is not there.
pub(super) fn unknown_order(state: &GatewayState) -> ApiError {
    missing(state, "order_not_found", "order not found")
}

/// The refusal for a payment that is not there.
pub(super) fn unknown_payment(state: &GatewayState) -> ApiError {
    missing(state, "payment_not_found", "payment not found")
}

/// The refusal for a refund that is not there.
pub(super) fn unknown_refund(state: &GatewayState) -> ApiError {
    missing(state, "refund_get_not_found", "refund not found")
}

/// The refusal for a settlement that is not there.
pub(super) fn unknown_settlement(state: &GatewayState) -> ApiError {
    missing(state, "settlement_get_not_found", "settlement not found")
}

fn missing(state: &GatewayState, code: &'static str, message: &'static str) -> ApiError {
    ApiError::request(state.settings.order_not_found_status, code, message)
}

/// The refusal for a simulation that did not take place.
pub(super) fn unknown_simulation() -> ApiError {
    ApiError::request(404, "simulation_id_invalid", "simulation not found")
}

/// What an operation says whose object is not there.
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
