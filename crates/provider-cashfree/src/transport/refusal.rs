use http::StatusCode;
use payment_provider_core::{Effect, ErrorKind, ViolationCode, Violations};
use payment_provider_http::{Answer, Fault, Refusal};
use serde::Deserialize;

use crate::wire::{self, Raw, Unreadable};

/// What the gateway says in the body of an error answer: `{"message", "code", "type"}`, none of
/// which is certain to be there. Codes and types are open sets; those known are listed at
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

fn read(body: &[u8]) -> Option<Refusal> {
    let body = std::str::from_utf8(body).ok()?.trim_start();
    let body: Body<'_> = wire::body(body.as_bytes()).ok()?;
    let refusal = Refusal::read(body.code, body.message, body.class)?;
    let violations = violations(refusal.code());
    Some(refusal.with_violations(violations))
}

/// What a fault means at Cashfree, beside its kind.
pub(crate) trait FaultExt {
    /// Whether the gateway says that the object, or the idempotency key, is taken.
    fn says_taken(&self) -> bool;

    /// Whether what answered may not be the part of the API that was meant.
    fn may_be_a_wrong_address(&self) -> bool;
}

impl FaultExt for Fault {
    fn says_taken(&self) -> bool {
        self.kind == ErrorKind::Conflict || self.refusal.as_deref().is_some_and(says_taken)
    }

    fn may_be_a_wrong_address(&self) -> bool {
        let unspecific =
            |refusal: &Refusal| matches!(refusal.code.as_deref(), None | Some("request_failed"));
        match self.kind {
            ErrorKind::UnreadableAnswer => true,
            ErrorKind::Refused => self.refusal.as_deref().is_none_or(unspecific),
            _ => false,
        }
    }
}

/// Whether the object or the idempotency key is said to be in use. The status and code for a
/// link id in use are not documented; the message is.
fn says_taken(refusal: &Refusal) -> bool {
    let message = refusal.message.as_deref().unwrap_or_default();
    let message = message.to_ascii_lowercase();
    refusal.class() == "idempotency_error"
        || refusal.code() == "idempotency_key_mismatch"
        || refusal.code().ends_with("already_exists")
        || message.contains("already exists")
}

/// The field of the request that a code such as `customer_phone_invalid` is about.
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

/// Turns an answer that is not a success into what it means.
pub(super) fn fault(answer: &Answer) -> Fault {
    let refusal = read(&answer.body);
    let (kind, effect, repeatable) = judge(answer.facts.status, refusal.as_ref());
    let mut fault = Fault::new(kind, effect).with_facts(Some(answer.facts.clone()));
    fault.repeatable = repeatable;
    match refusal {
        Some(refusal) if kind == ErrorKind::UnreadableAnswer => {
            fault.with_source(WrongAddress).with_refusal(refusal)
        }
        Some(refusal) => fault.with_refusal(refusal),
        None if kind == ErrorKind::UnreadableAnswer => fault.with_source(Unreadable("body")),
        None => fault,
    }
}

/// What is at the address called is not the API, or not this part of it.
#[derive(Debug, thiserror::Error)]
#[error("the address is not part of the API; check the setting `base_url`")]
pub(crate) struct WrongAddress;

fn judge(status: StatusCode, refusal: Option<&Refusal>) -> (ErrorKind, Effect, bool) {
    use Effect::{MaybeApplied, Rejected};
    let class = refusal.map(Refusal::class).unwrap_or_default();
    let code = refusal.map(Refusal::code).unwrap_or_default();

    if class == "rate_limit_error" || status == StatusCode::TOO_MANY_REQUESTS {
        return (ErrorKind::RateLimited, Rejected, true);
    }
    if code == "api_request_timeout" || status == StatusCode::REQUEST_TIMEOUT {
        return (ErrorKind::Timeout, MaybeApplied, true);
    }
    let own_fault = ["api_error", "api_connection_error", "bad_gateway_error"].contains(&class);
    if own_fault || status.is_server_error() {
        return (ErrorKind::Unavailable, MaybeApplied, true);
    }
    if class == "feature_not_enabled" || code == "feature_not_enabled" {
        return (ErrorKind::Refused, Rejected, false);
    }
    // A bare 403 may come from anything in between, such as a firewall.
    let forbidden = status == StatusCode::FORBIDDEN && !(class.is_empty() && code.is_empty());
    let credentials = status == StatusCode::UNAUTHORIZED || forbidden;
    if class == "authentication_error" || code == "authentication_error" || credentials {
        return (ErrorKind::Authentication, Rejected, false);
    }
    let bare = refusal.is_none() || status == StatusCode::FORBIDDEN;
    if bare || !status.is_client_error() {
        // A redirect, or a page of something between here and the gateway: not the API's word.
        return (ErrorKind::UnreadableAnswer, MaybeApplied, true);
    }
    if class == "idempotency_error" || code == "idempotency_key_mismatch" {
        return (ErrorKind::Conflict, Rejected, false);
    }
    // The code alone says that an object is not there; its status is 400 or 404.
    if code.ends_with("not_found") {
        return (ErrorKind::NotFound, Rejected, false);
    }
    if status == StatusCode::NOT_FOUND {
        return (ErrorKind::UnreadableAnswer, MaybeApplied, true);
    }
    if status == StatusCode::CONFLICT || code.ends_with("already_exists") {
        return (ErrorKind::Conflict, Rejected, false);
    }
    let about_a_field = code.ends_with("_invalid") || code.ends_with("_missing");
    let unprocessable = status == StatusCode::UNPROCESSABLE_ENTITY;
    if about_a_field || unprocessable || class == "validation_error" || code == "request_invalid" {
        return (ErrorKind::InvalidRequest, Rejected, false);
    }
    (ErrorKind::Refused, Rejected, false)
}

#[cfg(test)]
mod tests;
