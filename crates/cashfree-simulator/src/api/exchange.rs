//! One request and its answer: who, what, how often, which fault, and the headers of it all.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method};
use jiff::Timestamp;

use super::answer::{Answer, ApiError};
use super::auth::{authenticate, version};
use super::execute::execute;
use super::fault_effect::{altered, delay, ending, follow_up, instead, untouched};
use super::idempotency::{RequestKey, once};
use super::rate::{Rate, count};
use super::route::Call;
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
    if let Some(rule) = &outcome.hit {
        tokio::time::sleep(delay(rule)).await;
    }
    match outcome.hit.as_ref().and_then(|rule| ending(rule.fault)) {
        Some(ending) => ending.without_answer(&parts),
        None => outcome.into_response(&parts),
    }
}

fn decide(world: &mut World, parts: &Parts, body: &Bytes, now: Timestamp) -> Outcome {
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
    if call.since() > version {
        return Outcome::refused(world, ApiError::unknown_route(unknown));
    }
    if parts.method != Method::GET && !body.is_empty() && !is_json(&parts.headers) {
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
    let by_chance = world.request_chance(call.operation());
    outcome.hit = take_fault(world, call.operation()).or(by_chance);
    let Some(rule) = outcome.hit.clone() else {
        let key = request_key(parts, &merchant);
        let act = |world: &mut World| execute(world, &merchant, version, &call, body, now);
        (outcome.answer, outcome.replayed) = once(world, key, body, act);
        return outcome;
    };
    let wait = i64::from(rule.retry_seconds);
    if let Some(refusal) = untouched(rule.fault, call.operation(), world) {
        outcome.answer = refusal;
        if rule.fault == Fault::RateLimited {
            outcome.rate = rate.exhausted(wait);
        }
        return outcome;
    }
    let key = request_key(parts, &merchant);
    let (answer, replayed) = once(world, key, body, |world| {
        if let Some(answer) = instead(rule.fault, call.operation(), world) {
            return answer;
        }
        let answer = execute(world, &merchant, version, &call, body, now);
        follow_up(world, &rule, &merchant, &call, &answer, now);
        if rule.fault == Fault::Error500AfterCommit {
            ApiError::internal().into_answer()
        } else {
            answer
        }
    });
    if rule.fault == Fault::RateLimitedStored && !replayed {
        outcome.rate = rate.exhausted(wait);
    }
    outcome.answer = altered(answer, rule.fault);
    outcome.replayed = replayed;
    outcome
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
