//! The refusals of what is not there.

use super::answer::ApiError;
use crate::faults::Operation;
use crate::world::World;

/// The refusal for a link that is not there.
pub(super) fn unknown_link(world: &World) -> ApiError {
    ApiError::request(
        world.settings.not_found_status,
        world.settings.not_found_code.clone(),
        "link is not found",
    )
}

/// The refusal for an order that is not there.
pub(super) fn unknown_order(world: &World) -> ApiError {
    missing(world, "order_not_found", "order not found")
}

/// The refusal for a payment that is not there.
pub(super) fn unknown_payment(world: &World) -> ApiError {
    missing(world, "payment_not_found", "payment not found")
}

/// The refusal for a refund that is not there.
pub(super) fn unknown_refund(world: &World) -> ApiError {
    missing(world, "refund_get_not_found", "refund not found")
}

/// The refusal for a settlement that is not there.
pub(super) fn unknown_settlement(world: &World) -> ApiError {
    missing(world, "settlement_get_not_found", "settlement not found")
}

fn missing(world: &World, code: &'static str, message: &'static str) -> ApiError {
    ApiError::request(world.settings.order_not_found_status, code, message)
}

/// The refusal for a simulation that did not take place.
pub(super) fn unknown_simulation() -> ApiError {
    ApiError::request(404, "simulation_id_invalid", "simulation not found")
}

/// What an operation says whose object is not there.
pub(super) fn not_there(world: &World, operation: Operation) -> ApiError {
    match operation {
        Operation::CreateLink
        | Operation::FetchLink
        | Operation::CancelLink
        | Operation::ListOrders => unknown_link(world),
        Operation::CreateOrder
        | Operation::FetchOrder
        | Operation::TerminateOrder
        | Operation::ListPayments
        | Operation::CreateRefund
        | Operation::ListRefunds => unknown_order(world),
        Operation::FetchPayment => unknown_payment(world),
        Operation::FetchRefund | Operation::CancelRefund => unknown_refund(world),
        Operation::FetchSettlement => unknown_settlement(world),
        Operation::Simulate | Operation::FetchSimulation => unknown_simulation(),
    }
}
