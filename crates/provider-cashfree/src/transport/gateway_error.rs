use http::StatusCode;
use payment_provider_core::{Effect, ProviderErrorKind, ViolationCode, Violations};
use payment_provider_http::{CallError, GatewayErrorBody, Response};
use serde::Deserialize;

use crate::wire::{self, Raw, Unreadable};

/// The body of an error response: `{"message", "code", "type"}`, each of which may be missing.
/// Codes and types are open sets; the known ones are listed at
/// <https://www.cashfree.com/docs/api-reference/payments/errors>.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    message: Raw<'a>,
    #[serde(borrow, default)]
    code: Raw<'a>,
    #[serde(borrow, default, rename = "type")]
    class: Raw<'a>,
}

fn read(body: &[u8]) -> Option<GatewayErrorBody> {
    let body = std::str::from_utf8(body).ok()?.trim_start();
    let body: Body<'_> = wire::body(body.as_bytes()).ok()?;
    let refusal = GatewayErrorBody::read(body.code, body.message, body.class)?;
    let violations = violations(refusal.code());
    Some(refusal.with_violations(violations))
}

/// Cashfree's interpretation of a failed call, in addition to its kind.
pub(crate) trait CallErrorExt {
    /// Returns true if the gateway reports that the link id or the idempotency key is taken.
    fn says_taken(&self) -> bool;

    /// Returns true if the response may come from something other than the intended part of the
    /// API.
    fn may_be_a_wrong_address(&self) -> bool;
}

impl CallErrorExt for CallError {
    fn says_taken(&self) -> bool {
        self.kind == ProviderErrorKind::Conflict
            || self.gateway_error.as_deref().is_some_and(says_taken)
    }

    fn may_be_a_wrong_address(&self) -> bool {
        let unspecific = |refusal: &GatewayErrorBody| {
            matches!(refusal.code.as_deref(), None | Some("request_failed"))
        };
        match self.kind {
            ProviderErrorKind::UnreadableAnswer => true,
            ProviderErrorKind::Refused => self.gateway_error.as_deref().is_none_or(unspecific),
            _ => false,
        }
    }
}

/// Returns true if the refusal says that the link id or the idempotency key is in use. The status
/// and code for a link id in use are not documented; the message is.
fn says_taken(refusal: &GatewayErrorBody) -> bool {
    let message = refusal.message.as_deref().unwrap_or_default();
    let message = message.to_ascii_lowercase();
    refusal.class() == "idempotency_error"
        || refusal.code() == "idempotency_key_mismatch"
        || refusal.code().ends_with("already_exists")
        || message.contains("already exists")
}

/// Returns the request field that a code such as `customer_phone_invalid` refers to.
fn violations(code: &str) -> Violations {
    const FIELDS: [(&str, &str); 10] = [
        ("link_id_", "reference"),
        ("link_amount_", "amount"),
        ("link_currency_", "amount"),
        ("order_amount_", "amount"),
        ("order_currency_", "amount"),
        ("link_purpose_", "purpose"),
        ("link_expiry_time_", "expires_at"),
        ("link_minimum_partial_amount_", "partial_payments.minimum"),
        ("customer_phone_", "customer.phone"),
        ("customer_email_", "customer.email"),
    ];
    let mut violations = Violations::none();
    for (prefix, field) in FIELDS {
        match code.strip_prefix(prefix) {
            Some("missing") => {
                let message = "is required by the gateway";
                violations.push(field, ViolationCode::Missing, message);
            }
            Some("invalid") => {
                let message = "is not accepted by the gateway";
                violations.push(field, ViolationCode::Invalid, message);
            }
            _ => {}
        }
    }
    violations
}

/// Classifies an error response.
pub(super) fn call_error(response: &Response) -> CallError {
    let refusal = read(&response.body);
    let (kind, effect, repeatable) = judge(response.meta.status, refusal.as_ref());
    let mut error = CallError::new(kind, effect).with_meta(Some(response.meta.clone()));
    error.repeatable = repeatable;
    match refusal {
        Some(refusal) if kind == ProviderErrorKind::UnreadableAnswer => {
            error.with_source(WrongAddress).with_gateway_error(refusal)
        }
        Some(refusal) => error.with_gateway_error(refusal),
        None if kind == ProviderErrorKind::UnreadableAnswer => {
            error.with_source(Unreadable("body"))
        }
        None => error,
    }
}

/// The error for an address that is not the API, or not the intended part of it.
#[derive(Debug, thiserror::Error)]
#[error("the address is not part of the API; check the setting `base_url`")]
pub(crate) struct WrongAddress;

fn judge(
    status: StatusCode,
    refusal: Option<&GatewayErrorBody>,
) -> (ProviderErrorKind, Effect, bool) {
    use Effect::{MaybeApplied, Rejected};
    let class = refusal.map(GatewayErrorBody::class).unwrap_or_default();
    let code = refusal.map(GatewayErrorBody::code).unwrap_or_default();

    if class == "rate_limit_error" || status == StatusCode::TOO_MANY_REQUESTS {
        return (ProviderErrorKind::RateLimited, Rejected, true);
    }
    if code == "api_request_timeout" || status == StatusCode::REQUEST_TIMEOUT {
        return (ProviderErrorKind::Timeout, MaybeApplied, true);
    }
    let own_fault = ["api_error", "api_connection_error", "bad_gateway_error"].contains(&class);
    if own_fault || status.is_server_error() {
        return (ProviderErrorKind::Unavailable, MaybeApplied, true);
    }
    if class == "feature_not_enabled" || code == "feature_not_enabled" {
        return (ProviderErrorKind::Refused, Rejected, false);
    }
    // A 403 without code and type may come from a firewall or proxy in between.
    let forbidden = status == StatusCode::FORBIDDEN && !(class.is_empty() && code.is_empty());
    let credentials = status == StatusCode::UNAUTHORIZED || forbidden;
    if class == "authentication_error" || code == "authentication_error" || credentials {
        return (ProviderErrorKind::Authentication, Rejected, false);
    }
    let bare = refusal.is_none() || status == StatusCode::FORBIDDEN;
    if bare || !status.is_client_error() {
        // A redirect, or a page from something between this machine and the API.
        return (ProviderErrorKind::UnreadableAnswer, MaybeApplied, true);
    }
    if class == "idempotency_error" || code == "idempotency_key_mismatch" {
        return (ProviderErrorKind::Conflict, Rejected, false);
    }
    // The code alone proves that an object does not exist; its status is 400 or 404.
    if code.ends_with("not_found") {
        return (ProviderErrorKind::NotFound, Rejected, false);
    }
    if status == StatusCode::NOT_FOUND {
        return (ProviderErrorKind::UnreadableAnswer, MaybeApplied, true);
    }
    if status == StatusCode::CONFLICT || code.ends_with("already_exists") {
        return (ProviderErrorKind::Conflict, Rejected, false);
    }
    let about_a_field = code.ends_with("_invalid") || code.ends_with("_missing");
    let unprocessable = status == StatusCode::UNPROCESSABLE_ENTITY;
    if about_a_field || unprocessable || class == "validation_error" || code == "request_invalid" {
        return (ProviderErrorKind::InvalidRequest, Rejected, false);
    }
    (ProviderErrorKind::Refused, Rejected, false)
}

#[cfg(test)]
mod tests;
