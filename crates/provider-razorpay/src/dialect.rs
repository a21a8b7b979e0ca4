//! Razorpay's use of HTTP, and the meaning of its error responses.
//!
//! The body of an error response is described at <https://razorpay.com/docs/errors/>. Nearly all
//! errors have the same code, authentication and rate limits included, so the status is examined
//! first.

use http::StatusCode;
use payment_provider_core::{Effect, ProviderErrorKind, RetryAdvice, ViolationCode, Violations};
use payment_provider_http::json::{self, Raw};
use payment_provider_http::{CallError, Dialect, GatewayErrorBody, Response};
use serde::Deserialize;

/// Metric name of the counter of repeated requests.
pub(crate) const RESENDS: &str = "provider_razorpay.request.resends";

/// The code that reports that all links of test mode are used up, which is permanent.
const QUOTA: &str = "RATE_LIMIT_EXCEEDED";

/// Codes of failures at Razorpay or a bank, whatever the status.
const THEIR_FAULT: [&str; 2] = ["SERVER_ERROR", "GATEWAY_ERROR"];

#[derive(Debug)]
pub(crate) struct RazorpayDialect;

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    error: Raw<'a>,
}

#[derive(Deserialize)]
struct ErrorObject<'a> {
    #[serde(borrow, default)]
    code: Raw<'a>,
    #[serde(borrow, default)]
    description: Raw<'a>,
    #[serde(borrow, default)]
    field: Raw<'a>,
    #[serde(borrow, default)]
    reason: Raw<'a>,
}

impl Dialect for RazorpayDialect {
    fn error(&self, response: &Response) -> CallError {
        let said = said(&response.body);
        let error = judge(response.meta.status, said.as_ref());
        match said {
            Some(refusal) => error.with_gateway_error(refusal),
            None => error,
        }
    }

    fn resends_counter(&self) -> Option<&'static str> {
        Some(RESENDS)
    }
}

/// Reads the API's error. The error is an object, or a bare text from another layer of the API.
fn said(body: &[u8]) -> Option<GatewayErrorBody> {
    let body: Body<'_> = json::body(body).ok()?;
    let Some(error) = json::optional_object::<ErrorObject<'_>>(body.error) else {
        let text = body.error.filter(|raw| raw.get().starts_with('"'));
        return GatewayErrorBody::read(None, text, None);
    };
    // `NA` carries no information.
    let reason = error.reason.filter(|raw| raw.get() != "\"NA\"");
    let refusal = GatewayErrorBody::read(error.code, error.description, reason)?;
    let field = json::optional_text(error.field).unwrap_or_default();
    let violations = violations(&field, refusal.message.as_deref().unwrap_or_default());
    Some(refusal.with_violations(violations))
}

fn judge(status: StatusCode, said: Option<&GatewayErrorBody>) -> CallError {
    let Some(refusal) = said else {
        return CallError::by_status(status);
    };
    let rejected = |kind| CallError::new(kind, Effect::Rejected);
    match status {
        StatusCode::TOO_MANY_REQUESTS if refusal.code() == QUOTA => {
            rejected(ProviderErrorKind::RateLimited).with_retry(RetryAdvice::Never)
        }
        _ if !status.is_client_error() => CallError::by_status(status),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::UNAUTHORIZED => {
            CallError::by_status(status)
        }
        _ if THEIR_FAULT.contains(&refusal.code()) => {
            CallError::new(ProviderErrorKind::Unavailable, Effect::MaybeApplied).repeatable()
        }
        _ if is_no_address(refusal) => CallError::by_status(StatusCode::NOT_FOUND),
        StatusCode::NOT_FOUND => rejected(ProviderErrorKind::NotFound),
        StatusCode::CONFLICT => rejected(ProviderErrorKind::Conflict),
        _ if is_unknown_id(refusal) => rejected(ProviderErrorKind::NotFound),
        _ if !refusal.violations.is_empty() => rejected(ProviderErrorKind::InvalidRequest),
        _ => rejected(ProviderErrorKind::Refused),
    }
}

/// Returns only the letters of a text, in lower case. Spaces, case and punctuation of Razorpay's
/// messages differ between the documentation and the API.
fn folded(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_alphabetic)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

/// Returns true if the refusal says that an object does not exist: its id is unknown, belongs to
/// another account, or is malformed. The status is 400 for all three.
fn is_unknown_id(refusal: &GatewayErrorBody) -> bool {
    let text = folded(refusal.message.as_deref().unwrap_or_default());
    [
        "idprovideddoesnotexist",
        "isnotavalidid",
        "invalidinputid",
        "invalidinputstrippedid",
    ]
    .iter()
    .any(|said| text.contains(said))
}

/// Returns true if the refusal says that the route does not exist, which means that the base
/// address is wrong.
fn is_no_address(refusal: &GatewayErrorBody) -> bool {
    let text = folded(refusal.message.as_deref().unwrap_or_default());
    ["requestedurlwasnotfound", "noroutematched"]
        .iter()
        .any(|said| text.contains(said))
}

/// Returns true if the refusal says that a link with this reference exists. Only the message
/// distinguishes this refusal, and its documented wording differs from the actual one.
pub(crate) fn says_taken(error: &CallError) -> bool {
    let text = error
        .gateway_error
        .as_ref()
        .and_then(|refusal| refusal.message.as_deref());
    let text = folded(text.unwrap_or_default());
    text.contains("referenceid")
        && ["alreadyexists", "alreadyattempted"]
            .iter()
            .any(|said| text.contains(said))
}

/// Returns true if the gateway understood the request and refused it permanently. The gateway's
/// present state then decides, not the wording of the refusal.
pub(crate) fn is_refusal(error: &CallError) -> bool {
    match error.kind {
        ProviderErrorKind::InvalidRequest
        | ProviderErrorKind::Refused
        | ProviderErrorKind::Conflict
        | ProviderErrorKind::NotFound => true,
        // The quota of test mode.
        ProviderErrorKind::RateLimited => !error.repeatable,
        _ => false,
    }
}

/// Returns the request fields that a refusal refers to, by `field` or else by the beginning of the
/// message.
fn violations(field: &str, text: &str) -> Violations {
    use ViolationCode::{Invalid, Missing, TooLarge, TooSmall};
    const NAMES: [(&str, &str); 9] = [
        ("amount", "amount"),
        ("currency", "currency"),
        ("email", "customer.email"),
        ("contact", "customer.phone"),
        ("expire_by", "expires_at"),
        ("first_min_partial_amount", "partial_payments.minimum"),
        ("reference_id", "reference"),
        ("callback_url", "return_url"),
        ("description", "purpose"),
    ];
    let folded = folded(text);
    let begins = text.split([':', ' ', ',']).next().unwrap_or_default();
    let mut named = NAMES
        .iter()
        .find(|(name, _)| *name == field || *name == begins)
        .map(|(_, name)| *name);
    if folded.starts_with("amountcurrency") {
        named = Some("currency");
    } else if folded.contains("recurringdigits") {
        named = Some("customer.phone");
    } else if folded.contains("timestampmustbe") || folded.contains("faultykeyexpireby") {
        named = Some("expires_at");
    }
    let mut violations = Violations::none();
    let Some(name) = named.filter(|_| !folded.contains("already")) else {
        return violations;
    };
    let (code, message) = if folded.contains("cannotbeblank") {
        (Missing, "is required by the gateway")
    } else if ["minimum", "atleast"]
        .iter()
        .any(|word| folded.contains(word))
    {
        (TooSmall, "is less than the gateway accepts")
    } else if ["exceeds", "nomorethan", "lessthanorequal"]
        .iter()
        .any(|word| folded.contains(word))
    {
        (TooLarge, "is more than the gateway accepts")
    } else {
        (Invalid, "is not accepted by the gateway")
    };
    violations.push(name, code, message);
    violations
}

#[cfg(test)]
mod tests;
