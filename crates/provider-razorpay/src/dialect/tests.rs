use http::HeaderMap;
use payment_provider_core::{Operation, ProviderId};
use payment_provider_http::{Headers, ResponseMeta};

use super::*;

fn call_error(status: u16, body: &str) -> CallError {
    let status = StatusCode::from_u16(status).unwrap();
    let meta = ResponseMeta::standard(status, Headers::new(&HeaderMap::new()));
    RazorpayDialect.error(&Response::new(meta, body.to_owned().into()))
}

fn bad(description: &str) -> String {
    format!(
        r#"{{"error":{{"code":"BAD_REQUEST_ERROR","description":"{description}","source":null,"step":null,
        "reason":null,"metadata":[]}}}}"#
    )
}

#[test]
fn the_status_decides_first() {
    use Effect::{MaybeApplied, Rejected};
    use ProviderErrorKind as K;
    let plain = bad("canary");
    for (status, kind, effect, repeatable) in [
        (400, K::Refused, Rejected, false),
        (401, K::Authentication, Rejected, false),
        (403, K::Refused, Rejected, false),
        (404, K::NotFound, Rejected, false),
        (408, K::Timeout, MaybeApplied, true),
        (409, K::Conflict, Rejected, false),
        (422, K::Refused, Rejected, false),
        (429, K::RateLimited, Rejected, true),
        (500, K::Unavailable, MaybeApplied, true),
        (502, K::Unavailable, MaybeApplied, true),
        (504, K::Unavailable, MaybeApplied, true),
        (302, K::UnreadableAnswer, MaybeApplied, true),
    ] {
        let error = call_error(status, &plain);
        assert_eq!((error.kind, error.effect), (kind, effect), "{status}");
        assert_eq!(error.repeatable, repeatable, "{status}");
    }
}

#[test]
fn responses_without_the_apis_error_body_prove_little() {
    use ProviderErrorKind as K;
    for (status, body, kind) in [
        (400, "<html>", K::UnreadableAnswer),
        (400, "", K::UnreadableAnswer),
        (400, "{}", K::UnreadableAnswer),
        (400, r#"{"error":null}"#, K::UnreadableAnswer),
        (400, r#"{"error":[]}"#, K::UnreadableAnswer),
        (
            404,
            "no Route matched with those values",
            K::UnreadableAnswer,
        ),
        (
            404,
            r#"{"message":"no Route matched"}"#,
            K::UnreadableAnswer,
        ),
        (401, "Unauthorized", K::Authentication),
        (401, r#"{"error":"Unauthorized"}"#, K::Authentication),
        (400, r#"{"error":"Bad"}"#, K::Refused),
        (502, "<html>", K::Unavailable),
    ] {
        let error = call_error(status, body);
        assert_eq!(error.kind, kind, "{status} {body}");
        assert!(error.kind != K::UnreadableAnswer || error.effect == Effect::MaybeApplied);
    }
}

#[test]
fn rate_limits_and_the_test_mode_quota_are_distinguished() {
    let body = r#"{"error":{"code":"RATE_LIMIT_EXCEEDED","description":"limit reached"}}"#;
    for (body, repeatable, retry) in [
        (
            bad("Too many requests"),
            true,
            RetryAdvice::After(std::time::Duration::from_mins(1)),
        ),
        (body.to_owned(), false, RetryAdvice::Never),
    ] {
        let error = call_error(429, &body);
        assert_eq!(error.kind, ProviderErrorKind::RateLimited);
        assert_eq!(error.repeatable, repeatable, "{body}");
        let provider = ProviderId::new("razorpay").unwrap();
        let error = error.into_provider_error(Operation::CreateCheckout, provider);
        assert_eq!(error.retry(), retry, "{body}");
        assert_eq!(error.effect(), Effect::Rejected);
    }
}

#[test]
fn unknown_ids_are_not_found_with_any_status() {
    for text in [
        "The id provided does not exist",
        "invalid input [strippedId] = [x]",
        "invalid input [id] = [x]",
        "pay_x is not a valid id",
    ] {
        assert_eq!(
            call_error(400, &bad(text)).kind,
            ProviderErrorKind::NotFound,
            "{text}"
        );
    }
    let wrong = call_error(400, &bad("The requested URL was not found on the server."));
    assert_eq!(wrong.kind, ProviderErrorKind::UnreadableAnswer);
}

#[test]
fn a_server_side_failure_may_have_been_applied_with_any_status() {
    for code in ["SERVER_ERROR", "GATEWAY_ERROR"] {
        let body = bad("x").replace("BAD_REQUEST_ERROR", code);
        let error = call_error(400, &body);
        assert_eq!(error.kind, ProviderErrorKind::Unavailable, "{code}");
        assert_eq!(error.effect, Effect::MaybeApplied, "{code}");
    }
}

#[test]
fn a_taken_reference_is_recognised_in_both_wordings() {
    for (text, taken) in [
        (
            "payment link creation with reference ID already attempted",
            true,
        ),
        (
            "payment link with given reference_id: inv-1 already exists. Please create a payment link with a \
             different reference_id",
            true,
        ),
        ("reference_id: the length must be no more than 40.", false),
        ("Customer already exists for the merchant", false),
        ("", false),
    ] {
        let error = call_error(400, &bad(text));
        assert_eq!(says_taken(&error), taken, "{text}");
        assert!(!taken || error.kind == ProviderErrorKind::Refused, "{text}");
    }
}

#[test]
fn a_validation_error_names_the_field_of_the_contract() {
    use ViolationCode::{Invalid, Missing, TooLarge, TooSmall};
    for (text, field, code) in [
        ("amount: cannot be blank.", "amount", Missing),
        (
            "amount: amount should be minimum 100 for INR.",
            "amount",
            TooSmall,
        ),
        (
            "amount, should be a whole number for e.g. 2234 to create a payment link for INR 22.34.",
            "amount",
            Invalid,
        ),
        ("amount exceeds maximum amount allowed.", "amount", TooLarge),
        (
            "amount: currency: wrong input field, please find the list of supported currencies on the documentation.",
            "currency",
            Invalid,
        ),
        (
            "email: must be in a valid format for e.g. abcxyz@domain.com.",
            "customer.email",
            Invalid,
        ),
        (
            "contact: the length must be between 8 and 14.",
            "customer.phone",
            Invalid,
        ),
        (
            "Recurring digits in customer contact are disallowed",
            "customer.phone",
            Invalid,
        ),
        (
            "incorrect JSON object received - faulty key: expire_by.",
            "expires_at",
            Invalid,
        ),
        (
            "timestamp must be atleast 15 minutes in future",
            "expires_at",
            TooSmall,
        ),
        (
            "first_min_partial_amount must be less than or equal to amount.",
            "partial_payments.minimum",
            TooLarge,
        ),
        (
            "first_min_partial_amount: amount should be minimum 100 for INR.",
            "partial_payments.minimum",
            TooSmall,
        ),
        (
            "reference_id: the length must be no more than 40.",
            "reference",
            TooLarge,
        ),
        (
            "callback_url: URL should be sent in callback_url field.",
            "return_url",
            Invalid,
        ),
    ] {
        let error = call_error(400, &bad(text));
        assert_eq!(error.kind, ProviderErrorKind::InvalidRequest, "{text}");
        let refusal = error.gateway_error.unwrap();
        let found: Vec<_> = refusal
            .violations
            .iter()
            .map(|v| (&*v.field, v.code))
            .collect();
        assert_eq!(found, [(field, code)], "{text}");
    }
    for text in [
        "extra fields sent.",
        "value: the length must not be greater than 255.",
    ] {
        assert_eq!(
            call_error(400, &bad(text)).kind,
            ProviderErrorKind::Refused,
            "{text}"
        );
    }
}

#[test]
fn the_message_is_kept_but_not_displayed() {
    let error = call_error(400, &bad("canary"));
    assert!(!format!("{error:?}").contains("canary"));
    let refusal = error.gateway_error.unwrap();
    assert_eq!(refusal.message.as_deref(), Some("canary"));
    assert_eq!(refusal.code(), "BAD_REQUEST_ERROR");
}
