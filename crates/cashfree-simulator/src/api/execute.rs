//! Executes calls of the merchant API.

use jiff::Timestamp;

use super::call_context::CallContext;

use super::error::ApiError;
use super::route::Call;
use super::{link_calls, order_calls, refund_calls, simulation_calls};
use crate::response::ApiResponse;
use crate::state::GatewayState;
use crate::version::ApiVersion;

/// Executes a call and returns its response.
pub(super) fn execute(
    state: &mut GatewayState,
    merchant: &str,
    version: ApiVersion,
    call: &Call,
    body: &[u8],
    now: Timestamp,
) -> ApiResponse {
    let context = CallContext {
        merchant,
        version,
        now,
    };
    dispatch(state, context, call, body).unwrap_or_else(ApiError::into_api_response)
}

fn dispatch(
    state: &mut GatewayState,
    context: CallContext<'_>,
    call: &Call,
    body: &[u8],
) -> Result<ApiResponse, ApiError> {
    match call {
        Call::CreateLink => link_calls::create(state, context, body),
        Call::FetchLink(link_id) => link_calls::fetch(state, context, link_id),
        Call::CancelLink(link_id) => link_calls::cancel(state, context, link_id),
        Call::ListOrders { link_id, paid_only } => {
            link_calls::orders(state, context, link_id, *paid_only)
        }
        Call::CreateOrder => order_calls::create(state, context, body),
        Call::FetchOrder(order_id) => order_calls::fetch(state, context, order_id),
        Call::TerminateOrder(order_id) => order_calls::terminate(state, context, order_id, body),
        Call::ListPayments(order_id) => order_calls::payments(state, context, order_id),
        Call::FetchPayment {
            order_id,
            cf_payment_id,
        } => order_calls::payment(state, context, order_id, cf_payment_id),
        Call::CreateRefund(order_id) => refund_calls::create(state, context, order_id, body),
        Call::ListRefunds(order_id) => refund_calls::list(state, context, order_id),
        Call::FetchRefund {
            order_id,
            refund_id,
        } => refund_calls::fetch(state, context, order_id, refund_id),
        Call::CancelRefund {
            order_id,
            refund_id,
        } => refund_calls::cancel(state, context, order_id, refund_id, body),
        Call::FetchSettlement(order_id) => order_calls::settlement(state, context, order_id),
        Call::SimulatePayment => simulation_calls::payment(state, context, body),
        Call::SimulateSettlement => simulation_calls::settlement(state, context, body),
        Call::FetchSimulation(simulation_id) => {
            simulation_calls::fetch(state, context, simulation_id)
        }
    }
}
