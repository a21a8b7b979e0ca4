//! What the faults do to a call.

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

/// How long a timeout withholds an answer whose rule does not say.
const TIMEOUT: Duration = Duration::from_mins(1);

/// For how long what was made is not found, where the rule does not say.
const LAG: Duration = Duration::from_secs(5);

/// The answer of a fault that keeps the call from being looked at.
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

/// The answer of a fault that is remembered in place of the call's own.
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
    debug_assert!(!fault.commits(), "what commits is not answered instead");
    Some(refusal.into_api_response())
}

/// What becomes of the answer on its way.
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

/// What follows from a call that was carried out.
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
            let from = later(now, told(rule).unwrap_or(LAG));
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

/// How long the answer, or its absence, is held back.
pub(super) fn delay(rule: &ApiFaultRule) -> Duration {
    let told = told(rule);
    match rule.fault {
        ApiFault::LagAfterCreate => Duration::ZERO,
        ApiFault::TimeoutBeforeCommit | ApiFault::TimeoutAfterCommit => told.unwrap_or(TIMEOUT),
        _ => told.unwrap_or_default(),
    }
}

fn told(rule: &ApiFaultRule) -> Option<Duration> {
    (rule.delay_ms > 0).then(|| Duration::from_millis(rule.delay_ms))
}

/// How a connection ends on which nothing is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Closed,
    Reset,
}

/// The end of the connection, where the fault is that there is no answer.
pub(super) const fn ending(fault: ApiFault) -> Option<Ending> {
    match fault {
        ApiFault::DropBeforeCommit
        | ApiFault::DropAfterCommit
        | ApiFault::TimeoutBeforeCommit
        | ApiFault::TimeoutAfterCommit => Some(Ending::Closed),
        ApiFault::ResetBeforeCommit | ApiFault::ResetAfterCommit => Some(Ending::Reset),
        _ => None,
    }
}

impl Ending {
    /// Ends the connection without an answer, or as nearly so as the transport allows.
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
