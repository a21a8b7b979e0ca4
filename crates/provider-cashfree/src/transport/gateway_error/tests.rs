use std::time::Duration;

use bytes::Bytes;
use payment_provider_core::{Operation, ProviderId, RetryAdvice};
use payment_provider_http::{MAX_MESSAGE, ResponseMeta};

use super::*;

fn judged(status: u16, body: &str) -> CallError {
    let status = StatusCode::from_u16(status).unwrap();
    let body = Bytes::copy_from_slice(body.as_bytes());
    call_error(&Response::new(ResponseMeta::new(status), body))
}

fn refused(class: &str, code: &str) -> String {
    format!(r#"{{"message":"m","code":"{code}","type":"{class}","help":"h"}}"#)
}

/// Kind, retry advice and effect.
type Outcome = (ProviderErrorKind, RetryAdvice, Effect);

const FIELD: Outcome = (
    ProviderErrorKind::InvalidRequest,
    RetryAdvice::Never,
    Effect::Rejected,
);
const REFUSED: Outcome = (
    ProviderErrorKind::Refused,
    RetryAdvice::Never,
    Effect::Rejected,
);
const ABSENT: Outcome = (
    ProviderErrorKind::NotFound,
    RetryAdvice::Never,
    Effect::Rejected,
);
const TAKEN: Outcome = (
    ProviderErrorKind::Conflict,
    RetryAdvice::Never,
    Effect::Rejected,
);
const CREDENTIALS: Outcome = (
    ProviderErrorKind::Authentication,
    RetryAdvice::Never,
    Effect::Rejected,
);
const TOO_MANY: Outcome = (
    ProviderErrorKind::RateLimited,
    RetryAdvice::After(Duration::from_mins(1)),
    Effect::Rejected,
);
const FAULT: Outcome = (
    ProviderErrorKind::Unavailable,
    RetryAdvice::After(Duration::from_secs(1)),
    Effect::MaybeApplied,
);
const TIMEOUT: Outcome = (
    ProviderErrorKind::Timeout,
    RetryAdvice::Now,
    Effect::MaybeApplied,
);
const NOT_THE_API: Outcome = (
    ProviderErrorKind::UnreadableAnswer,
    RetryAdvice::After(Duration::from_secs(1)),
    Effect::MaybeApplied,
);

const INVALID: &str = "invalid_request_error";

fn outcome(status: u16, body: &str) -> Outcome {
    let provider = ProviderId::new("cashfree").unwrap();
    let error = judged(status, body).into_provider_error(Operation::CreateCheckout, provider);
    assert_eq!(error.status(), Some(status));
    (error.kind(), error.retry(), error.effect())
}

#[test]
fn every_documented_status_has_its_outcome() {
    for (status, class, code, expected) in [
        (400, INVALID, "request_failed", REFUSED),
        (400, INVALID, "link_post_failed", REFUSED),
        (400, INVALID, "version_missing", FIELD),
        (401, "authentication_error", "request_failed", CREDENTIALS),
        (404, INVALID, "link_get_not_found", ABSENT),
        (404, INVALID, "somethind_not_found", ABSENT),
        (409, INVALID, "order_already_exists", TAKEN),
        (422, "idempotency_error", "request_invalid", TAKEN),
        (429, "rate_limit_error", "request_failed", TOO_MANY),
        (500, "api_error", "internal_error", FAULT),
        (502, "api_error", "bank_processing_failure", FAULT),
        // Not documented, and not to be confused with another outcome.
        (403, "authentication_error", "x", CREDENTIALS),
        (403, "feature_not_enabled", "x", REFUSED),
        (404, INVALID, "request_failed", NOT_THE_API),
        (408, INVALID, "request_failed", TIMEOUT),
        (409, INVALID, "link_cannot_be_cancelled", TAKEN),
        (422, INVALID, "request_invalid", FIELD),
        (503, "api_error", "x", FAULT),
        (504, "bad_gateway_error", "x", FAULT),
        (520, "x", "x", FAULT),
    ] {
        let got = outcome(status, &refused(class, code));
        assert_eq!(got, expected, "{status} {class} {code}");
    }
}

#[test]
fn every_documented_type_has_its_outcome_with_any_status() {
    for (class, expected) in [
        ("api_connection_error", FAULT),
        ("api_error", FAULT),
        ("authentication_error", CREDENTIALS),
        (INVALID, REFUSED),
        ("feature_not_enabled", REFUSED),
        ("rate_limit_error", TOO_MANY),
        ("validation_error", FIELD),
        ("idempotency_error", TAKEN),
        ("bad_gateway_error", FAULT),
        ("never_seen_before", REFUSED),
    ] {
        assert_eq!(outcome(400, &refused(class, "x")), expected, "{class}");
        // A server error stays one, whatever its type says.
        let limited = class == "rate_limit_error";
        let of_server = if limited { TOO_MANY } else { FAULT };
        assert_eq!(outcome(500, &refused(class, "x")), of_server, "{class}");
    }
}

/// All known codes, by their outcome in a response with status 400.
const CODES: &[(Outcome, &[&str])] = &[
    (
        FIELD,
        &[
            // Links.
            "link_amount_invalid",
            "link_currency_invalid",
            "link_purpose_missing",
            "link_minimum_partial_amount_invalid",
            "customer_phone_missing",
            // Orders.
            "order_amount_invalid",
            "order_id_invalid",
            "order_id_missing",
            "order_expiry_time_invalid",
            "order_currency_invalid",
            "payment_session_id_invalid",
            // Payments.
            "payment_id_missing",
            "payment_id_invalid",
            "payment_amount_invalid",
            "payment_method_invalid",
            // Refunds.
            "refund_amount_invalid",
            "refund_id_invalid",
            "refund_id_missing",
            "refund_invalid",
            "refund_speed_invalid",
            // Customers and others.
            "customer_phone_invalid",
            "customer_email_invalid",
            "version_missing",
            "version_invalid",
            "simulation_id_invalid",
            "simulation_id_missing",
            "entity_id_invalid",
            "request_invalid",
        ],
    ),
    (
        ABSENT,
        &[
            "link_get_not_found",
            "link_not_found",
            "order_not_found",
            "order_get_not_found",
            "payment_not_found",
            "transaction_get_not_found",
            "refund_get_not_found",
            "settlement_get_not_found",
            "dispute_request_not_found",
            "somethind_not_found",
        ],
    ),
    (
        TAKEN,
        &[
            "link_already_exists",
            "order_already_exists",
            "order_id_already_exists",
            "refund_id_already_exists",
            "idempotency_key_mismatch",
        ],
    ),
    (
        REFUSED,
        &[
            "link_post_failed",
            "Paymentlink_create_failed",
            "PaymentForm_link_creation_failed",
            "link_cannot_be_cancelled",
            "order_inactive",
            "order_id_not_paid",
            "order_id_voided",
            "order_already_paid",
            "order_create_failed",
            "order_creation_faied",
            "payment_get_failed",
            "payment_method_unsupported",
            "refund_unsupported",
            "refund_post_failed",
            "api_request_failed",
            "request_failed",
            "entity_unsupported",
            "feature_not_enabled",
            // These two are documented with a 5xx status.
            "internal_error",
            "bank_processing_failure",
        ],
    ),
    (CREDENTIALS, &["authentication_error"]),
    (TIMEOUT, &["api_request_timeout"]),
];

#[test]
fn every_documented_code_has_its_outcome() {
    let mut seen = std::collections::BTreeSet::new();
    for (expected, codes) in CODES {
        for code in *codes {
            assert!(seen.insert(code), "{code} has two rows");
            let with_type = refused(INVALID, code);
            assert_eq!(outcome(400, &with_type), *expected, "{code}");
            let alone = format!(r#"{{"code":"{code}"}}"#);
            assert_eq!(outcome(400, &alone), *expected, "{code} alone");
            // The status counts if it is more specific than the code.
            let timeout = *expected == TIMEOUT;
            let of_server = if timeout { TIMEOUT } else { FAULT };
            assert_eq!(outcome(500, &with_type), of_server, "{code}");
            assert_eq!(outcome(429, &with_type), TOO_MANY, "{code}");
            if *expected == ABSENT {
                assert_eq!(outcome(404, &with_type), ABSENT, "{code}");
            }
            if *expected == TAKEN {
                assert_eq!(outcome(409, &with_type), TAKEN, "{code}");
            }
        }
    }
    assert_eq!(seen.len(), 65);
}

#[test]
fn responses_without_the_apis_error_body_prove_little() {
    for body in [
        "",
        "<html>not found</html>",
        "[]",
        "{}",
        "null",
        "{\"message\":",
    ] {
        assert_eq!(
            judged(404, body).kind,
            ProviderErrorKind::UnreadableAnswer,
            "{body}"
        );
        assert_eq!(
            judged(400, body).kind,
            ProviderErrorKind::UnreadableAnswer,
            "{body}"
        );
        assert_eq!(
            judged(302, body).kind,
            ProviderErrorKind::UnreadableAnswer,
            "{body}"
        );
        assert_eq!(
            judged(403, body).kind,
            ProviderErrorKind::UnreadableAnswer,
            "{body}"
        );
        assert_eq!(
            judged(401, body).kind,
            ProviderErrorKind::Authentication,
            "{body}"
        );
        assert_eq!(
            judged(429, body).kind,
            ProviderErrorKind::RateLimited,
            "{body}"
        );
        assert_eq!(
            judged(502, body).kind,
            ProviderErrorKind::Unavailable,
            "{body}"
        );
    }
}

#[test]
fn a_message_alone_does_not_prove_forbidden_or_not_found() {
    for status in [403, 404] {
        let error = judged(status, r#"{"message":"Forbidden or not found"}"#);
        assert_eq!(error.kind, ProviderErrorKind::UnreadableAnswer, "{status}");
    }
}

#[test]
fn a_taken_id_is_recognised_by_status_code_or_message() {
    assert!(judged(409, &refused("invalid_request_error", "link_post_failed")).says_taken());
    let by_message = r#"{"message":"Link ID already exists","code":"link_post_failed"}"#;
    assert!(judged(400, by_message).says_taken());
    assert!(judged(422, &refused("idempotency_error", "request_invalid")).says_taken());
    assert!(!judged(400, &refused("invalid_request_error", "link_post_failed")).says_taken());
}

#[test]
fn the_error_has_code_message_field_and_advice_but_displays_no_message() {
    let provider = ProviderId::new("cashfree").unwrap();
    let body = r#"{"message":"phone 9000000000 is bad","code":"customer_phone_invalid"}"#;
    let error = judged(400, body).into_provider_error(Operation::CreateCheckout, provider.clone());
    assert_eq!(error.gateway_code(), Some("customer_phone_invalid"));
    assert_eq!(error.gateway_message(), Some("phone 9000000000 is bad"));
    assert!(error.violations().names("customer.phone"));
    assert_eq!(error.effect(), Effect::Rejected);
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("9000000000"), "{shown}");

    let error = judged(429, "").into_provider_error(Operation::CreateCheckout, provider);
    let minute = std::time::Duration::from_mins(1);
    assert_eq!(error.retry(), RetryAdvice::After(minute));
}

#[test]
fn an_invalid_code_is_dropped_and_a_long_message_is_truncated() {
    let long = "x".repeat(5000);
    let body = format!(r#"{{"message":"{long}","code":"call 9000000000 now","type":7}}"#);
    let refusal = judged(400, &body).gateway_error.unwrap();
    assert_eq!(refusal.code, None);
    assert_eq!(refusal.message.unwrap().len(), MAX_MESSAGE);
}
