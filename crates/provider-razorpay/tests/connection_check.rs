//! The connection check, which changes nothing at the gateway.

mod fake;
mod support;

use std::error::Error;

use bytes::Bytes;
use http::Response;
use jiff::SignedDuration;
use payment_provider_conformance::wire::{WireFault, json};
use payment_provider_core::{CredentialCheck, ProviderErrorKind};
use support::*;

const CHECK: &str = "GET /payment_links?count=1";

fn unauthorized() -> Response<Bytes> {
    let body = r#"{"error":{"code":"BAD_REQUEST_ERROR","description":"Authentication failed"}}"#;
    json(401, body)
}

fn at(date: &str, mut answer: Response<Bytes>) -> Response<Bytes> {
    answer.headers_mut().insert("date", date.parse().unwrap());
    answer
}

#[tokio::test]
async fn a_list_of_links_proves_the_credentials() {
    let stage = Stage::new().await;
    stage.make().await;
    stage.gateway.clear();
    let check = stage.provider.check_connection().await.unwrap();
    assert_eq!(check.credentials, CredentialCheck::Accepted);
    assert_eq!(check.environment, stage.provider.environment());
    assert!(check.is_usable() && check.next_steps.is_empty());
    assert_eq!(stage.lines(), [CHECK]);
}

#[tokio::test(start_paused = true)]
async fn credentials_refused_twice_are_rejected() {
    let stage = Stage::with(config(), |settings| settings.with("key_secret", "wrong")).await;
    for bare in [false, true] {
        stage
            .fake
            .configure(|behaviour| behaviour.bare_error = bare);
        stage.gateway.clear();
        let check = stage.provider.check_connection().await.unwrap();
        assert_eq!(check.credentials, CredentialCheck::Rejected);
        assert_eq!(check.next_steps.len(), 1);
        assert!(check.next_steps[0].contains("API Keys"));
        assert_eq!(stage.lines(), [CHECK; 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_single_refusal_of_the_credentials_is_retried() {
    let stage = Stage::new().await;
    stage
        .gateway
        .fault_next(WireFault::ReplaceBefore(unauthorized()));
    let check = stage.provider.check_connection().await.unwrap();
    assert_eq!(check.credentials, CredentialCheck::Accepted);
}

#[tokio::test]
async fn a_clock_difference_is_reported() {
    let list = || json(200, r#"{"payment_links":[]}"#);
    for (date, seconds, steps) in [
        ("Thu, 15 Jan 2026 10:00:00 GMT", 0, 0),
        ("Thu, 15 Jan 2026 10:00:59 GMT", 59, 0),
        ("Thu, 15 Jan 2026 10:01:00 GMT", 60, 1),
        ("Thu, 15 Jan 2026 09:50:00 GMT", -600, 1),
    ] {
        let stage = Stage::new().await;
        let answer = at(date, list());
        stage.gateway.fault_next(WireFault::ReplaceBefore(answer));
        let check = stage.provider.check_connection().await.unwrap();
        assert_eq!(check.clock_skew, Some(SignedDuration::from_secs(seconds)));
        assert_eq!(check.next_steps.len(), steps, "{:?}", check.next_steps);
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_the_apis_is_an_error() {
    for answer in [
        json(404, "no Route matched with those values"),
        json(200, "<html>"),
        json(200, "{}"),
        json(200, "[]"),
        json(403, "<html>"),
        json(
            400,
            r#"{"error":{"code":"BAD_REQUEST_ERROR","description":"The requested URL was not found on the server."}}"#,
        ),
    ] {
        let stage = Stage::new().await;
        stage
            .gateway
            .fault_where(|_| true, WireFault::ReplaceBefore(answer));
        let error = error(stage.provider.check_connection().await);
        assert_eq!(error.kind(), ProviderErrorKind::UnreadableAnswer);
        let cause = error.source().unwrap().to_string();
        assert!(cause.contains("base_url"), "{cause}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_an_error() {
    let stage = Stage::new().await;
    stage
        .fake
        .configure(|behaviour| behaviour.bad_gateway = 100);
    let error = error(stage.provider.check_connection().await);
    assert_eq!(error.kind(), ProviderErrorKind::Unavailable);
    assert_eq!(stage.lines(), [CHECK; 3]);
}
