//! What the faults do to a call.

use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use jiff::Timestamp;

use super::answer::{Answer, ApiError};
use super::refusals::not_there;
use super::route::Call;
use super::wrong_types::{Wrong, made_wrong};
use crate::clock::later;
use crate::connection::CutSwitch;
use crate::faults::{Fault, FaultRule, Operation};
use crate::world::World;

/// How long a timeout withholds an answer whose rule does not say.
const TIMEOUT: Duration = Duration::from_mins(1);

/// For how long what was made is not found, where the rule does not say.
const LAG: Duration = Duration::from_secs(5);

/// The answer of a fault that keeps the call from being looked at.
pub(super) fn untouched(fault: Fault, operation: Operation, world: &World) -> Option<Answer> {
    match fault {
        Fault::RateLimited => Some(ApiError::rate_limited().into_answer()),
        Fault::Html502 => Some(Answer::html_502()),
        Fault::NotFound => Some(not_there(world, operation).into_answer()),
        Fault::Error500
        | Fault::DropBeforeCommit
        | Fault::ResetBeforeCommit
        | Fault::TimeoutBeforeCommit => Some(ApiError::internal().into_answer()),
        _ => None,
    }
}

/// The answer of a fault that is remembered in place of the call's own.
pub(super) fn instead(fault: Fault, operation: Operation, world: &World) -> Option<Answer> {
    let refusal = match fault {
        Fault::Error500Stored => ApiError::internal(),
        Fault::Error400Stored => ApiError::post_failed(operation),
        Fault::NotFoundStored => not_there(world, operation),
        Fault::RateLimitedStored => ApiError::rate_limited(),
        _ => return None,
    };
    debug_assert!(!fault.commits(), "what commits is not answered instead");
    Some(refusal.into_answer())
}

/// What becomes of the answer on its way.
pub(super) fn altered(answer: Answer, fault: Fault) -> Answer {
    let wrong = match fault {
        Fault::TruncatedJson => return answer.truncated(),
        Fault::HugeBody => {
            return Answer {
                padded: true,
                ..answer
            };
        }
        Fault::NumbersAsStrings => Wrong::NumbersAsStrings,
        Fault::Nulls => Wrong::Nulls,
        Fault::Objects => Wrong::Objects,
        _ => return answer,
    };
    Answer {
        body: made_wrong(&answer.body, wrong),
        ..answer
    }
}

/// What follows from a call that was carried out.
pub(super) fn follow_up(
    world: &mut World,
    rule: &FaultRule,
    merchant: &str,
    call: &Call,
    answer: &Answer,
    now: Timestamp,
) {
    if answer.status != 200 {
        return;
    }
    match (rule.fault, call) {
        (Fault::LagAfterCreate, _) => {
            let from = later(now, told(rule).unwrap_or(LAG));
            let made = match call {
                Call::CreateLink => world.links.last_mut().map(|link| &mut link.seen_from),
                Call::CreateOrder => world.orders.last_mut().map(|order| &mut order.seen_from),
                Call::CreateRefund(_) => {
                    world.refunds.last_mut().map(|refund| &mut refund.seen_from)
                }
                _ => None,
            };
            if let Some(seen_from) = made {
                *seen_from = from;
            }
        }
        (Fault::LatePayment, Call::CancelLink(link_id)) => {
            if let Some(link) = world.link_of(merchant, link_id) {
                world.late_payment(link, now);
            }
        }
        _ => {}
    }
}

/// How long the answer, or its absence, is held back.
pub(super) fn delay(rule: &FaultRule) -> Duration {
    let told = told(rule);
    match rule.fault {
        Fault::LagAfterCreate => Duration::ZERO,
        Fault::TimeoutBeforeCommit | Fault::TimeoutAfterCommit => told.unwrap_or(TIMEOUT),
        _ => told.unwrap_or_default(),
    }
}

fn told(rule: &FaultRule) -> Option<Duration> {
    (rule.delay_ms > 0).then(|| Duration::from_millis(rule.delay_ms))
}

/// How a connection ends on which nothing is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Closed,
    Reset,
}

/// The end of the connection, where the fault is that there is no answer.
pub(super) const fn ending(fault: Fault) -> Option<Ending> {
    match fault {
        Fault::DropBeforeCommit
        | Fault::DropAfterCommit
        | Fault::TimeoutBeforeCommit
        | Fault::TimeoutAfterCommit => Some(Ending::Closed),
        Fault::ResetBeforeCommit | Fault::ResetAfterCommit => Some(Ending::Reset),
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
