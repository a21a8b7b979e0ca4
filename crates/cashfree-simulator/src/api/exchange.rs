//! One request and its answer: who, what, how often, which fault, and the headers of it all.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method};
use time::OffsetDateTime;

use super::answer::{Answer, ApiError};
use super::auth::{authenticate, version};
use super::execute::{execute, unknown_link};
use super::idempotency::{RequestKey, once};
use super::rate::{Rate, count};
use super::route::Call;
use crate::connection::CutSwitch;
use crate::core::Core;
use crate::faults::{Fault, FaultRule, Operation};
use crate::media_type::is_json;
use crate::version::ApiVersion;
use crate::world::World;

const BODY_LIMIT: usize = 64 * 1024;

/// What a call comes to.
struct Outcome {
    answer: Answer,
    rate: Rate,
    version: Option<ApiVersion>,
    replayed: bool,
    hit: Option<FaultRule>,
}

/// Answers a call of the merchant API.
pub(super) async fn exchange(State(core): State<Arc<Core>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let outcome = match axum::body::to_bytes(body, BODY_LIMIT).await {
        Ok(body) => core.with(|world, now| decide(world, &parts, &body, now)),
        Err(_) => core.with(|world, _| Outcome::refused(world, ApiError::too_large())),
    };
    if let Some(rule) = outcome.hit.as_ref().filter(|rule| rule.delay_ms > 0) {
        tokio::time::sleep(Duration::from_millis(rule.delay_ms)).await;
    }
    match outcome.hit.as_ref().map(|rule| rule.fault) {
        Some(Fault::DropBeforeCommit | Fault::DropAfterCommit) => cut(&parts),
        _ => outcome.into_response(&parts),
    }
}

/// Ends the connection without an answer, or as nearly so as the transport allows.
fn cut(parts: &Parts) -> Response {
    if let Some(ConnectInfo(switch)) = parts.extensions.get::<ConnectInfo<CutSwitch>>() {
        switch.cut();
        return Response::default();
    }
    let broken: Result<Bytes, _> = Err(std::io::Error::other("cut by a fault"));
    Response::new(Body::from_stream(futures_util::stream::iter([broken])))
}

fn decide(world: &mut World, parts: &Parts, body: &Bytes, now: OffsetDateTime) -> Outcome {
    let merchant = match authenticate(world, &parts.headers) {
        Ok(merchant) => merchant,
        Err(refusal) => return Outcome::refused(world, refusal),
    };
    let unknown = world.settings.unknown_address_status;
    let (path, query) = (parts.uri.path(), parts.uri.query());
    let call = match Call::read(&parts.method, path, query, unknown) {
        Ok(call) => call,
        Err(refusal) => return Outcome::refused(world, refusal),
    };
    let version = match version(&parts.headers) {
        Ok(version) => version,
        Err(refusal) => return Outcome::refused(world, refusal),
    };
    if parts.method == Method::POST && !body.is_empty() && !is_json(&parts.headers) {
        return Outcome::refused(world, ApiError::not_json());
    }
    let rate = count(world, &merchant, call.operation(), now);
    let mut outcome = Outcome {
        answer: ApiError::rate_limited().into_answer(),
        rate,
        version: Some(version),
        replayed: false,
        hit: None,
    };
    if rate.retry > 0 {
        outcome.rate = rate.exhausted(rate.retry);
        return outcome;
    }
    let hit = take_fault(world, call.operation());
    let fault = hit.as_ref().map(|rule| rule.fault);
    let wait = hit.as_ref().map_or(0, |rule| i64::from(rule.retry_seconds));
    outcome.hit = hit;
    if let Some(refusal) = fault.and_then(|fault| untouched(fault, world)) {
        outcome.answer = refusal;
        if fault == Some(Fault::RateLimited) {
            outcome.rate = rate.exhausted(wait);
        }
        return outcome;
    }
    let key = request_key(parts, &merchant);
    let (answer, replayed) = once(world, key, body, |world| match fault {
        Some(Fault::Error500Stored) => ApiError::internal().into_answer(),
        Some(Fault::Error400Stored) => ApiError::post_failed().into_answer(),
        Some(Fault::NotFoundStored) => unknown_link(world).into_answer(),
        Some(Fault::Error500AfterCommit) => {
            execute(world, &merchant, version, &call, body, now);
            ApiError::internal().into_answer()
        }
        _ => execute(world, &merchant, version, &call, body, now),
    });
    outcome.answer = if fault == Some(Fault::TruncatedJson) {
        answer.truncated()
    } else {
        answer
    };
    outcome.replayed = replayed;
    outcome
}

/// The answer of a fault that keeps the call from being looked at.
fn untouched(fault: Fault, world: &World) -> Option<Answer> {
    if fault.commits() {
        return None;
    }
    match fault {
        Fault::RateLimited => Some(ApiError::rate_limited().into_answer()),
        Fault::Html502 => Some(Answer::html_502()),
        Fault::NotFound => Some(unknown_link(world).into_answer()),
        Fault::Error500 | Fault::DropBeforeCommit => Some(ApiError::internal().into_answer()),
        _ => None,
    }
}

/// The first waiting fault of the operation, or the one that always hits it.
fn take_fault(world: &mut World, operation: Operation) -> Option<FaultRule> {
    let Some(index) = world
        .faults
        .iter()
        .position(|rule| rule.operation == operation)
    else {
        return world
            .settings
            .faults
            .get(&operation)
            .map(|fault| FaultRule::once(operation, *fault));
    };
    let rule = world.faults.get_mut(index)?;
    let hit = rule.clone();
    rule.times = rule.times.saturating_sub(1);
    if rule.times == 0 {
        world.faults.remove(index);
    }
    Some(hit)
}

fn request_key(parts: &Parts, merchant: &str) -> Option<RequestKey> {
    let key = parts
        .headers
        .get("x-idempotency-key")
        .filter(|key| !key.is_empty())?;
    (parts.method == Method::POST).then(|| RequestKey {
        merchant: merchant.to_owned(),
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        key: key.as_bytes().to_vec(),
    })
}

impl Outcome {
    fn refused(world: &World, refusal: ApiError) -> Self {
        Self {
            answer: refusal.into_answer(),
            rate: Rate::of_stranger(world.settings.rate_limit_per_minute),
            version: None,
            replayed: false,
            hit: None,
        }
    }

    fn into_response(self, parts: &Parts) -> Response {
        let mut response = self.answer.into_response();
        let headers = response.headers_mut();
        let mut set = |name: &'static str, value: HeaderValue| {
            headers.insert(HeaderName::from_static(name), value);
        };
        let asked = |name: &str| parts.headers.get(name).cloned();
        set(
            "x-request-id",
            asked("x-request-id").unwrap_or_else(|| HeaderValue::from_static("")),
        );
        if let Some(version) = self.version {
            set("x-api-version", HeaderValue::from_static(version.as_str()));
        }
        set("x-ratelimit-limit", HeaderValue::from(self.rate.limit));
        set(
            "x-ratelimit-remaining",
            HeaderValue::from(self.rate.remaining),
        );
        set("x-ratelimit-retry", HeaderValue::from(self.rate.retry));
        set(
            "x-ratelimit-type",
            HeaderValue::from_static(if self.rate.by_account { "app_id" } else { "ip" }),
        );
        if let Some(key) = asked("x-idempotency-key") {
            set("x-idempotency-key", key);
            set(
                "x-idempotency-replayed",
                HeaderValue::from_static(if self.replayed { "true" } else { "false" }),
            );
        }
        response
    }
}
