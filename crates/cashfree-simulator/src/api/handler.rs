//! The handler of the merchant API: authentication, routing, rate limit, faults, idempotency, response headers.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method};
use jiff::Timestamp;

use super::auth::{authenticate, version};
use super::error::ApiError;
use super::execute::execute;
use super::fault_effect::{
    apply_after_effects, before_call, connection_end, delay, distorted, stored_response,
};
use super::idempotency::run_once;
use super::rate::{Rate, count};
use super::route::Call;
use crate::api_faults::{ApiFault, ApiFaultRule, ApiOperation};
use crate::media_type::is_json;
use crate::response::ApiResponse;
use crate::shared::Shared;
use crate::state::{GatewayState, RequestKey};
use crate::version::ApiVersion;

const BODY_LIMIT: usize = 64 * 1024;

/// The response to a call, with the facts that its headers report.
struct Outcome {
    response: ApiResponse,
    rate: Rate,
    version: Option<ApiVersion>,
    replayed: bool,
    hit: Option<ApiFaultRule>,
}

/// Handles a call of the merchant API.
pub(super) async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let outcome = match axum::body::to_bytes(body, BODY_LIMIT).await {
        Ok(body) => shared.with(|state, now| decide(state, &parts, &body, now)),
        Err(_) => shared.with(|state, _| Outcome::refused(state, ApiError::too_large())),
    };
    if let Some(rule) = &outcome.hit {
        tokio::time::sleep(delay(rule)).await;
    }
    match outcome
        .hit
        .as_ref()
        .and_then(|rule| connection_end(rule.fault))
    {
        Some(connection_end) => connection_end.without_answer(&parts),
        None => outcome.into_response(&parts),
    }
}

fn decide(state: &mut GatewayState, parts: &Parts, body: &Bytes, now: Timestamp) -> Outcome {
    let merchant = match authenticate(state, &parts.headers) {
        Ok(merchant) => merchant,
        Err(refusal) => return Outcome::refused(state, refusal),
    };
    let unknown = state.settings.unknown_address_status;
    let (path, query) = (parts.uri.path(), parts.uri.query());
    let call = match Call::read(&parts.method, path, query, unknown) {
        Ok(call) => call,
        Err(refusal) => return Outcome::refused(state, refusal),
    };
    let version = match version(&parts.headers) {
        Ok(version) => version,
        Err(refusal) => return Outcome::refused(state, refusal),
    };
    if call.since() > version {
        return Outcome::refused(state, ApiError::unknown_route(unknown));
    }
    if parts.method != Method::GET && !body.is_empty() && !is_json(&parts.headers) {
        return Outcome::refused(state, ApiError::not_json());
    }
    let rate = count(state, &merchant, call.operation(), now);
    let mut outcome = Outcome {
        response: ApiError::rate_limited().into_api_response(),
        rate,
        version: Some(version),
        replayed: false,
        hit: None,
    };
    if rate.retry > 0 {
        outcome.rate = rate.exhausted(rate.retry);
        return outcome;
    }
    let chaos_fault = state.roll_request_fault(call.operation());
    outcome.hit = take_fault(state, call.operation()).or(chaos_fault);
    let Some(rule) = outcome.hit.clone() else {
        let key = request_key(parts, &merchant);
        let act = |state: &mut GatewayState| execute(state, &merchant, version, &call, body, now);
        (outcome.response, outcome.replayed) = run_once(state, key, body, act);
        return outcome;
    };
    let wait = i64::from(rule.retry_seconds);
    if let Some(refusal) = before_call(rule.fault, call.operation(), state) {
        outcome.response = refusal;
        if rule.fault == ApiFault::RateLimited {
            outcome.rate = rate.exhausted(wait);
        }
        return outcome;
    }
    let key = request_key(parts, &merchant);
    let (response, replayed) = run_once(state, key, body, |state| {
        if let Some(response) = stored_response(rule.fault, call.operation(), state) {
            return response;
        }
        let response = execute(state, &merchant, version, &call, body, now);
        apply_after_effects(state, &rule, &merchant, &call, &response, now);
        if rule.fault == ApiFault::Error500AfterCommit {
            ApiError::internal().into_api_response()
        } else {
            response
        }
    });
    if rule.fault == ApiFault::RateLimitedStored && !replayed {
        outcome.rate = rate.exhausted(wait);
    }
    outcome.response = distorted(response, rule.fault);
    outcome.replayed = replayed;
    outcome
}

/// Takes the first queued fault of the operation, or else the standing one from the settings.
fn take_fault(state: &mut GatewayState, operation: ApiOperation) -> Option<ApiFaultRule> {
    let Some(index) = state
        .faults
        .iter()
        .position(|rule| rule.operation == operation)
    else {
        return state
            .settings
            .faults
            .get(&operation)
            .map(|fault| ApiFaultRule::once(operation, *fault));
    };
    let rule = state.faults.get_mut(index)?;
    let hit = rule.clone();
    rule.times = rule.times.saturating_sub(1);
    if rule.times == 0 {
        state.faults.remove(index);
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
    fn refused(state: &GatewayState, refusal: ApiError) -> Self {
        Self {
            response: refusal.into_api_response(),
            rate: Rate::unauthenticated(state.settings.rate_limit_per_minute),
            version: None,
            replayed: false,
            hit: None,
        }
    }

    fn into_response(self, parts: &Parts) -> Response {
        let mut response = self.response.into_response();
        let headers = response.headers_mut();
        let mut set = |name: &'static str, value: HeaderValue| {
            headers.insert(HeaderName::from_static(name), value);
        };
        let request = |name: &str| parts.headers.get(name).cloned();
        set(
            "x-request-id",
            request("x-request-id").unwrap_or_else(|| HeaderValue::from_static("")),
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
        if let Some(key) = request("x-idempotency-key") {
            set("x-idempotency-key", key);
            set(
                "x-idempotency-replayed",
                HeaderValue::from_static(if self.replayed { "true" } else { "false" }),
            );
        }
        response
    }
}
