//! Responses that do not come from the API, or only in part: pages of an intermediary, empty,
//! incomplete and oversized bodies, and bytes that are not text.

mod support;

use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::{
    Effect, Operation, PaymentProvider, ProviderError, ProviderErrorKind, RetryAdvice,
};
use provider_cashfree::RetryTuning;
use support::*;

/// Returns an account that makes a single attempt.
fn impatient(gateway: &Scripted) -> Arc<dyn PaymentProvider> {
    let once = config().with_retry(RetryTuning::new().with_max_attempts(1));
    connect_with(once, &settings(&gateway.base_url))
}

async fn create(gateway: &Scripted) -> ProviderError {
    let provider = impatient(gateway);
    let prepared = prepared(&provider);
    provider.create_checkout(&prepared).await.unwrap_err()
}

/// Bodies that do not come from the API.
fn odd_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let page = b"<html><body><h1>canary-page</h1></body></html>".to_vec();
    let mut huge = br#"{"message":""#.to_vec();
    huge.resize(2 * 1024 * 1024, b'x');
    huge.extend_from_slice(br#"","code":"link_post_failed","type":"invalid_request_error"}"#);
    vec![
        ("a page", page),
        ("nothing", Vec::new()),
        (
            "half",
            br#"{"message":"canary-page","code":"link_po"#.to_vec(),
        ),
        ("too much", huge),
        ("no text", vec![0xff, 0xfe, 0x00, 0xc3, 0x28]),
        (
            "no text within",
            b"{\"code\":\"\xc3\x28\",\"type\":\"\xff\"}".to_vec(),
        ),
        ("an array", b"[{\"code\":\"link_get_not_found\"}]".to_vec()),
        ("a number", b"7".to_vec()),
        (
            "depths",
            [b"{\"code\":".to_vec(), vec![b'['; 100_000]].concat(),
        ),
        (
            "no words",
            br#"{"message":7.5,"code":{},"type":[]}"#.to_vec(),
        ),
    ]
}

#[tokio::test]
async fn foreign_bodies_are_not_taken_for_refusals() {
    for (what, body) in odd_bodies() {
        for (status, kind) in [
            (200, ProviderErrorKind::UnreadableAnswer),
            (302, ProviderErrorKind::UnreadableAnswer),
            (400, ProviderErrorKind::UnreadableAnswer),
            (403, ProviderErrorKind::UnreadableAnswer),
            (404, ProviderErrorKind::UnreadableAnswer),
            (409, ProviderErrorKind::UnreadableAnswer),
            (422, ProviderErrorKind::UnreadableAnswer),
            (500, ProviderErrorKind::Unavailable),
            (502, ProviderErrorKind::Unavailable),
            (503, ProviderErrorKind::Unavailable),
        ] {
            let answer = body.clone();
            let gateway = Scripted::handler(move |_, _| reply(status, answer.clone())).await;
            let error = create(&gateway).await;
            assert_eq!(error.kind(), kind, "{what}, {status}");
            assert_eq!(error.effect(), Effect::MaybeApplied, "{what}, {status}");
            assert_eq!(error.status(), Some(status), "{what}");
            assert_eq!(error.gateway_code(), None, "{what}, {status}");
            let wait = RetryAdvice::After(Duration::from_secs(1));
            assert_eq!(error.retry(), wait, "{what}, {status}");
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("canary-page"), "{shown}");
        }
    }
}

#[tokio::test]
async fn an_unambiguous_status_counts_without_a_body() {
    for (what, body) in odd_bodies() {
        for (status, kind, advice) in [
            (401, ProviderErrorKind::Authentication, RetryAdvice::Never),
            (
                429,
                ProviderErrorKind::RateLimited,
                RetryAdvice::After(Duration::from_secs(23)),
            ),
        ] {
            let answer = reply(status, body.clone()).with("x-ratelimit-retry", "23");
            let gateway = Scripted::handler(move |_, _| answer.clone()).await;
            let error = create(&gateway).await;
            assert_eq!(error.kind(), kind, "{what}, {status}");
            assert_eq!(error.retry(), advice, "{what}, {status}");
            assert_eq!(error.effect(), Effect::Rejected, "{what}, {status}");
        }
    }
}

#[tokio::test]
async fn an_incomplete_response_still_has_its_status() {
    let broken = |line: &str| {
        let head =
            format!("HTTP/1.1 {line} X\r\nx-ratelimit-retry: 9\r\ncontent-length: 500\r\n\r\n");
        Act::Raw([head.as_bytes(), br#"{"message":"#].concat())
    };
    for (line, kind, effect) in [
        ("200", ProviderErrorKind::Connection, Effect::MaybeApplied),
        (
            "400",
            ProviderErrorKind::UnreadableAnswer,
            Effect::MaybeApplied,
        ),
        ("401", ProviderErrorKind::Authentication, Effect::Rejected),
        ("429", ProviderErrorKind::RateLimited, Effect::Rejected),
        ("500", ProviderErrorKind::Unavailable, Effect::MaybeApplied),
    ] {
        let act = broken(line);
        let gateway = Scripted::handler(move |_, _| act.clone()).await;
        let error = create(&gateway).await;
        assert_eq!((error.kind(), error.effect()), (kind, effect), "{line}");
        if kind == ProviderErrorKind::RateLimited {
            assert_eq!(error.retry(), RetryAdvice::After(Duration::from_secs(9)));
        }
    }
}

#[tokio::test]
async fn a_failed_read_has_changed_nothing() {
    for (what, body) in odd_bodies() {
        for status in [200, 400, 404, 500] {
            let answer = body.clone();
            let gateway = Scripted::handler(move |_, _| reply(status, answer.clone())).await;
            let provider = impatient(&gateway);
            let error = provider.fetch_checkout(&locator()).await.unwrap_err();
            assert_ne!(
                error.kind(),
                ProviderErrorKind::NotFound,
                "{what}, {status}"
            );
            assert_eq!(error.effect(), Effect::Rejected, "{what}, {status}");
            assert_eq!(error.operation(), Operation::FetchCheckout);
        }
    }
}

#[tokio::test]
async fn an_error_contains_the_gateways_rate_limit() {
    let body = r#"{"message":"m","code":"request_failed","type":"rate_limit_error"}"#;
    let limited = reply(429, body)
        .with("x-ratelimit-limit", "200")
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-retry", "42")
        .with("x-ratelimit-type", "app_id");
    let gateway = Scripted::acts([limited]).await;
    let error = impatient(&gateway).fetch_checkout(&locator()).await;
    let error = error.unwrap_err();
    let wait = Duration::from_secs(42);
    assert_eq!(error.retry(), RetryAdvice::After(wait));
    let limit = error.rate_limit().unwrap();
    assert_eq!((limit.limit, limit.remaining), (Some(200), Some(0)));
    assert_eq!(limit.wait, Some(wait));
    assert_eq!(limit.scope.as_deref(), Some("app_id"));

    let gateway = Scripted::acts([not_found()]).await;
    let error = impatient(&gateway).fetch_checkout(&locator()).await;
    assert_eq!(error.unwrap_err().rate_limit(), None);
}
