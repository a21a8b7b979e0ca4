//! Carries a call out.

use jiff::{SignedDuration, Timestamp};

use super::answer::{Answer, ApiError};
use super::route::Call;
use super::{link_calls, order_calls, refund_calls, simulation_calls};
use crate::version::ApiVersion;
use crate::world::World;

/// Who calls, in which version, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller<'a> {
    pub(super) merchant: &'a str,
    pub(super) version: ApiVersion,
    pub(super) now: Timestamp,
}

/// Carries a call out and answers it.
pub(super) fn execute(
    world: &mut World,
    merchant: &str,
    version: ApiVersion,
    call: &Call,
    body: &[u8],
    now: Timestamp,
) -> Answer {
    let caller = Caller {
        merchant,
        version,
        now,
    };
    attempt(world, caller, call, body).unwrap_or_else(ApiError::into_answer)
}

fn attempt(
    world: &mut World,
    caller: Caller<'_>,
    call: &Call,
    body: &[u8],
) -> Result<Answer, ApiError> {
    match call {
        Call::CreateLink => link_calls::create(world, caller, body),
        Call::FetchLink(link_id) => link_calls::fetch(world, caller, link_id),
        Call::CancelLink(link_id) => link_calls::cancel(world, caller, link_id),
        Call::ListOrders { link_id, paid_only } => {
            link_calls::orders(world, caller, link_id, *paid_only)
        }
        Call::CreateOrder => order_calls::create(world, caller, body),
        Call::FetchOrder(order_id) => order_calls::fetch(world, caller, order_id),
        Call::TerminateOrder(order_id) => order_calls::terminate(world, caller, order_id, body),
        Call::ListPayments(order_id) => order_calls::payments(world, caller, order_id),
        Call::FetchPayment {
            order_id,
            cf_payment_id,
        } => order_calls::payment(world, caller, order_id, cf_payment_id),
        Call::CreateRefund(order_id) => refund_calls::create(world, caller, order_id, body),
        Call::ListRefunds(order_id) => refund_calls::list(world, caller, order_id),
        Call::FetchRefund {
            order_id,
            refund_id,
        } => refund_calls::fetch(world, caller, order_id, refund_id),
        Call::CancelRefund {
            order_id,
            refund_id,
        } => refund_calls::cancel(world, caller, order_id, refund_id, body),
        Call::FetchSettlement(order_id) => order_calls::settlement(world, caller, order_id),
        Call::SimulatePayment => simulation_calls::payment(world, caller, body),
        Call::SimulateSettlement => simulation_calls::settlement(world, caller, body),
        Call::FetchSimulation(simulation_id) => {
            simulation_calls::fetch(world, caller, simulation_id)
        }
    }
}

/// Whether something made then and to be seen from then on is found now.
pub(super) fn is_seen(
    world: &World,
    created_at: Timestamp,
    seen_from: Timestamp,
    now: Timestamp,
) -> bool {
    let lag = i64::try_from(world.settings.read_after_write_lag_ms).unwrap_or(i64::MAX);
    now >= seen_from && now.duration_since(created_at) >= SignedDuration::from_millis(lag)
}
