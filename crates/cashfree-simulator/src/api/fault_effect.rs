//! Effects of injected faults on a call.

use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use jiff::Timestamp;

use super::error::ApiError;
use super::not_found::not_found;
use super::route::Call;
use super::wrong_types::{WrongTypes, with_wrong_types};
use crate::api_faults::{ApiFault, ApiFaultRule, ApiOperation};
use crate::clock::later;
use crate::connection::CutSwitch;
use crate::response::ApiResponse;
use crate::state::GatewayState;

/// Delay of a timeout fault whose rule sets none.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Time for which [`ApiFault::LagAfterCreate`] hides the object if its rule sets none.
const LAG: Duration = Duration::from_secs(5);

/// Returns the response of a fault that prevents the call from being processed, idempotency key included.
pub(super) fn before_call(
    fault: ApiFault,
    operation: ApiOperation,
    state: &GatewayState,
) -> Option<ApiResponse> {
    match fault {
        ApiFault::RateLimited => Some(ApiError::rate_limited().into_api_response()),
        ApiFault::Html502 => Some(ApiResponse::html_502()),
        ApiFault::NotFound => Some(not_found(state, operation).into_api_response()),
        ApiFault::Error500
        | ApiFault::DropBeforeCommit
        | ApiFault::ResetBeforeCommit
        | ApiFault::TimeoutBeforeCommit => Some(ApiError::internal().into_api_response()),
        _ => None,
    }
}

/// Returns the response of a fault that is stored under the idempotency key in place of the call's own response.
pub(super) fn stored_response(
    fault: ApiFault,
    operation: ApiOperation,
    state: &GatewayState,
) -> Option<ApiResponse> {
    let refusal = match fault {
        ApiFault::Error500Stored => ApiError::internal(),
        ApiFault::Error400Stored => ApiError::post_failed(operation),
        ApiFault::NotFoundStored => not_found(state, operation),
        ApiFault::RateLimitedStored => ApiError::rate_limited(),
        _ => return None,
    };
    debug_assert!(
        !fault.commits(),
        "a fault with a stored response does not execute the call"
    );
    Some(refusal.into_api_response())
}

/// Applies a fault that distorts the response to a call that was executed.
pub(super) fn distorted(response: ApiResponse, fault: ApiFault) -> ApiResponse {
    let wrong = match fault {
        ApiFault::TruncatedJson => return response.truncated(),
        ApiFault::HugeBody => {
            return ApiResponse {
                padded: true,
                ..response
            };
        }
        ApiFault::NumbersAsStrings => WrongTypes::NumbersAsStrings,
        ApiFault::Nulls => WrongTypes::Nulls,
        ApiFault::Objects => WrongTypes::Objects,
        _ => return response,
    };
    ApiResponse {
        body: with_wrong_types(&response.body, wrong),
        ..response
    }
}

/// Applies what a fault adds to a successful call: hides the new object, or schedules a late payment.
pub(super) fn apply_after_effects(
    state: &mut GatewayState,
    rule: &ApiFaultRule,
    merchant: &str,
    call: &Call,
    response: &ApiResponse,
    now: Timestamp,
) {
    if response.status != 200 {
        return;
    }
    match (rule.fault, call) {
        (ApiFault::LagAfterCreate, _) => {
            let from = later(now, configured_delay(rule).unwrap_or(LAG));
            let made = match call {
                Call::CreateLink => state.links.last_mut().map(|link| &mut link.visible_from),
                Call::CreateOrder => state.orders.last_mut().map(|order| &mut order.visible_from),
                Call::CreateRefund(_) => state
                    .refunds
                    .last_mut()
                    .map(|refund| &mut refund.visible_from),
                _ => None,
            };
            if let Some(visible_from) = made {
                *visible_from = from;
            }
        }
        (ApiFault::LatePayment, Call::CancelLink(link_id)) => {
            if let Some(link) = state.link_of(merchant, link_id) {
                state.late_payment(link, now);
            }
        }
        _ => {}
    }
}

/// Returns how long the response, or closing the connection, is delayed.
pub(super) fn delay(rule: &ApiFaultRule) -> Duration {
    let configured_delay = configured_delay(rule);
    match rule.fault {
        ApiFault::LagAfterCreate => Duration::ZERO,
        ApiFault::TimeoutBeforeCommit | ApiFault::TimeoutAfterCommit => {
            configured_delay.unwrap_or(TIMEOUT)
        }
        _ => configured_delay.unwrap_or_default(),
    }
}

fn configured_delay(rule: &ApiFaultRule) -> Option<Duration> {
    (rule.delay_ms > 0).then(|| Duration::from_millis(rule.delay_ms))
}

/// Ways to end a connection without a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionEnd {
    Closed,
    Reset,
}

/// Returns how the connection ends if the fault leaves the call without a response.
pub(super) const fn connection_end(fault: ApiFault) -> Option<ConnectionEnd> {
    match fault {
        ApiFault::DropBeforeCommit
        | ApiFault::DropAfterCommit
        | ApiFault::TimeoutBeforeCommit
        | ApiFault::TimeoutAfterCommit => Some(ConnectionEnd::Closed),
        ApiFault::ResetBeforeCommit | ApiFault::ResetAfterCommit => Some(ConnectionEnd::Reset),
        _ => None,
    }
}

impl ConnectionEnd {
    /// Ends the connection without a response. Without the simulator's own listener, a response whose body breaks off
    /// takes its place.
    pub(super) fn without_answer(self, parts: &Parts) -> Response {
        if let Some(ConnectInfo(switch)) = parts.extensions.get::<ConnectInfo<CutSwitch>>() {
            match self {
                Self::Closed => switch.cut(),
                Self::Reset => switch.reset(),
            }
            return Response::default();
        }
        let broken: Result<Bytes, _> = Err(std::io::Error::other("cut by a fault"));
        Response::new(Body::from_stream(futures_util::stream::iter([broken])))
    }
}
