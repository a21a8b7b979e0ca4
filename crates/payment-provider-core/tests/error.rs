//! The information that an error exposes, and the information that it withholds.

use std::error::Error;
use std::time::Duration;

use payment_provider_core::{
    Difference, Effect, Operation, ProviderError, ProviderErrorKind, ProviderId, RateLimit,
    RetryAdvice, ViolationCode, Violations,
};

fn error(kind: ProviderErrorKind) -> ProviderError {
    ProviderError::new(
        kind,
        Operation::CreateCheckout,
        ProviderId::new("cashfree").unwrap(),
    )
}

#[test]
fn the_text_says_who_what_and_whether_something_may_have_happened() {
    let refused = error(ProviderErrorKind::Refused)
        .with_status(400)
        .with_gateway_code("link_post_failed");
    assert_eq!(
        refused.to_string(),
        "cashfree create_checkout: refused by the gateway, status 400, code link_post_failed"
    );
    assert_eq!(
        error(ProviderErrorKind::Timeout).to_string(),
        "cashfree create_checkout: no answer in time; the gateway may have acted on it"
    );
    let differences = vec![
        Difference::new("amount", "INR 200.12", "INR 100.00"),
        Difference::new("currency", "INR", "USD"),
    ];
    assert_eq!(
        error(ProviderErrorKind::Conflict)
            .with_differences(differences)
            .to_string(),
        "cashfree create_checkout: conflicts with what exists \
         (amount: expected INR 200.12, found INR 100.00; currency: expected INR, found USD)"
    );
    let mut violations = Violations::none();
    violations.push(
        "amount",
        ViolationCode::Invalid,
        "must be more than nothing",
    );
    let provider = ProviderId::new("cashfree").unwrap();
    let invalid = ProviderError::invalid(violations, Operation::CreateCheckout, provider);
    assert_eq!(
        invalid.to_string(),
        "cashfree create_checkout: invalid request (amount: must be more than nothing)"
    );
    assert_eq!(invalid.effect(), Effect::NotSent);
}

#[test]
fn only_what_cannot_have_happened_is_called_rejected() {
    let maybe = [
        ProviderErrorKind::Timeout,
        ProviderErrorKind::Connection,
        ProviderErrorKind::Unavailable,
        ProviderErrorKind::UnreadableAnswer,
    ];
    for kind in maybe {
        assert_eq!(error(kind).effect(), Effect::MaybeApplied, "{kind}");
        assert!(error(kind).retry_after().is_some(), "{kind}");
    }
    for kind in [
        ProviderErrorKind::Refused,
        ProviderErrorKind::Conflict,
        ProviderErrorKind::NotFound,
    ] {
        assert_eq!(error(kind).effect(), Effect::Rejected, "{kind}");
        assert_eq!(error(kind).retry_after(), None, "{kind}");
    }
    let wait = Duration::from_secs(7);
    let limited = error(ProviderErrorKind::RateLimited).with_retry(RetryAdvice::After(wait));
    assert_eq!(limited.retry_after(), Some(wait));
}

#[test]
fn a_call_that_only_reads_cannot_have_changed_anything() {
    let provider = ProviderId::new("cashfree").unwrap();
    let fetch = ProviderError::new(
        ProviderErrorKind::Timeout,
        Operation::FetchCheckout,
        provider,
    );
    assert_eq!(fetch.effect(), Effect::Rejected);
    let fetch = fetch.with_effect(Effect::MaybeApplied);
    assert_eq!(
        fetch.to_string(),
        "cashfree fetch_checkout: no answer in time"
    );
}

#[test]
fn the_gateways_message_is_for_asking_not_for_logs() {
    let error = error(ProviderErrorKind::InvalidRequest)
        .with_gateway_message("phone 9000000000 is not valid")
        .with_source("the cause");
    assert_eq!(
        error.gateway_message(),
        Some("phone 9000000000 is not valid")
    );
    let shown = format!("{error} {error:?} {}", error.source().unwrap());
    assert!(!shown.contains("9000000000"), "{shown}");
}

#[test]
fn a_code_with_control_characters_cannot_break_a_log_line() {
    let text = error(ProviderErrorKind::Refused)
        .with_gateway_code("a\nb")
        .to_string();
    assert!(!text.contains('\n'), "{text}");
}

#[test]
fn an_error_tells_how_many_calls_are_allowed_only_if_the_answer_did() {
    let silent = error(ProviderErrorKind::RateLimited).with_rate_limit(RateLimit::unknown());
    assert_eq!(silent.rate_limit(), None);
    let mut limit = RateLimit::unknown();
    limit.remaining = Some(0);
    let limited = error(ProviderErrorKind::RateLimited).with_rate_limit(limit.clone());
    assert_eq!(limited.rate_limit(), Some(&limit));
}
