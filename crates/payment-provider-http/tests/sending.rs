//! Requests on the wire, and requests that are not sent.

mod support;

use std::error::Error;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use payment_provider_core::{Effect, Operation, ProviderErrorKind, ProviderId, RetryAdvice};
use payment_provider_http::{Deadline, HttpConfig, Request, RetryTuning};
use support::*;
use test_support::ClosedPort;

fn full() -> Acme {
    Acme {
        request_id: true,
        idempotency: true,
        ..Acme::default()
    }
}

#[tokio::test]
async fn a_name_or_address_of_this_machine_is_not_called_unless_loopback_is_allowed() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let called = || listener.accept().is_ok();
    let config = HttpConfig::new().with_retry(RetryTuning::new().with_max_attempts(3));
    for base in [
        format!("https://localhost:{port}/v1"),
        format!("https://127.0.0.1:{port}/v1"),
        format!("https://[::ffff:127.0.0.1]:{port}/v1"),
        format!("http://localhost:{port}/v1"),
        format!("http://127.0.0.1:{port}/v1"),
    ] {
        let gateway = gateway_with(config.clone(), &base, full());
        let error = gateway
            .send(&create(), &gateway.retry_policy(deadline()))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ProviderErrorKind::Connection, "{base}");
        assert_eq!(error.effect, Effect::NotSent, "{base}");
        assert!(!error.repeatable, "{base}");
        assert!(!called(), "{base}");
        // Only what a name resolves to may be mended at the name's own server.
        let is_resolved = base.starts_with("https://localhost");
        let advice = if is_resolved {
            RetryAdvice::After(Duration::from_mins(1))
        } else {
            RetryAdvice::Never
        };
        let provider = ProviderId::new("acme").unwrap();
        let error = error.into_provider_error(Operation::CreateCheckout, provider);
        assert_eq!(error.retry(), advice, "{base}");
    }
    // Where it is allowed, the name is called.
    let base = format!("https://localhost:{port}/v1");
    let gateway = gateway_with(config.with_loopback(true), &base, full());
    let policy = gateway.retry_policy(Deadline::after(Duration::from_millis(500)));
    gateway.send(&create(), &policy).await.unwrap_err();
    assert!(called());
}

#[tokio::test]
async fn a_call_has_the_headers_of_the_account_and_its_own() {
    let scripted = Scripted::acts([reply(200, "", "{}")]).await;
    let gateway = scripted.gateway(full());
    let request = create()
        .with_idempotency_key("key-1")
        .with_query("expand", "a b")
        .with_header(
            HeaderName::from_static("x-version"),
            HeaderValue::from_static("2"),
        )
        .with_header(
            HeaderName::from_static("x-own"),
            HeaderValue::from_static("3"),
        );
    gateway
        .send(&request, &gateway.retry_policy(deadline()))
        .await
        .unwrap();
    let seen = scripted.seen().remove(0);
    assert_eq!(seen.line, "POST /v1/pages?expand=a+b");
    assert_eq!(seen.body, "{\"amount\":20012}");
    for (name, value) in [
        ("authorization", "Basic canary"),
        ("x-version", "2"),
        ("x-own", "3"),
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("user-agent", "provider-acme/1.0.0"),
        ("idempotency-key", "key-1"),
        ("host", &scripted.address),
    ] {
        assert_eq!(seen.all(name), [value], "{name}");
    }
    for name in ["referer", "cookie"] {
        assert_eq!(seen.all(name), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn a_body_is_of_the_content_type_given_and_a_call_without_one_has_none() {
    let scripted = Scripted::acts([reply(200, "", ""), reply(200, "", "")]).await;
    let gateway = scripted.gateway(Acme::default());
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    let request = Request::new(Operation::CreateCheckout, Route::Create).with_body("a=b", form);
    for request in [request, fetch()] {
        gateway
            .send(&request, &gateway.retry_policy(deadline()))
            .await
            .unwrap();
    }
    let seen = scripted.seen();
    assert_eq!(
        seen[0].all("content-type"),
        ["application/x-www-form-urlencoded"]
    );
    assert_eq!(seen[0].body, "a=b");
    assert_eq!(seen[1].all("content-type"), [""; 0]);
    assert_eq!(seen[1].line, "GET /v1/pages/p-1");
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_a_request_id_of_its_own_and_the_error_has_the_last() {
    let acts = [reply(500, "", ""), reply(502, "", ""), reply(503, "", "")];
    let scripted = Scripted::acts(acts).await;
    let gateway = scripted.gateway(full());
    let error = gateway.read(&fetch(), deadline(), |_| Ok(())).await;
    let provider = ProviderId::new("acme").unwrap();
    let error = error
        .unwrap_err()
        .into_provider_error(Operation::FetchCheckout, provider);
    let seen = scripted.seen();
    let ids: Vec<&str> = seen
        .iter()
        .flat_map(|seen| seen.all("x-request-id"))
        .collect();
    assert_eq!(ids.len(), 3);
    assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
    assert!(ids.iter().all(|id| id.len() == 36), "{ids:?}");
    assert_eq!(error.request_id(), Some(ids[2]));
    assert_eq!(error.status(), Some(503));
    assert_eq!(error.kind(), ProviderErrorKind::Unavailable);
}

#[tokio::test]
async fn a_gateway_without_request_ids_gets_none() {
    let scripted = Scripted::acts([reply(401, "", "")]).await;
    let gateway = scripted.gateway(Acme::default());
    let error = gateway
        .send(&fetch(), &gateway.retry_policy(deadline()))
        .await;
    let provider = ProviderId::new("acme").unwrap();
    let error = error
        .unwrap_err()
        .into_provider_error(Operation::FetchCheckout, provider);
    assert_eq!(error.request_id(), None);
    assert_eq!(scripted.seen()[0].all("x-request-id"), [""; 0]);
}

#[tokio::test]
async fn a_key_that_would_not_be_heeded_is_not_sent() {
    let scripted = Scripted::acts([]).await;
    for (dialect, key, reason) in [
        (Acme::default(), "key", "no header for an idempotency key"),
        (full(), "", "is empty"),
        (full(), "a\r\nb", "not visible ascii"),
        (full(), "a b", "not visible ascii"),
        (full(), "é", "not visible ascii"),
    ] {
        let gateway = scripted.gateway(dialect);
        let request = create().with_idempotency_key(key);
        let error = gateway
            .send(&request, &gateway.retry_policy(deadline()))
            .await
            .unwrap_err();
        assert_eq!(error.effect, Effect::NotSent, "{key}");
        assert!(!error.repeatable, "{key}");
        let provider = ProviderId::new("acme").unwrap();
        let error = error.into_provider_error(Operation::CreateCheckout, provider);
        assert_eq!(error.kind(), ProviderErrorKind::InvalidRequest, "{key}");
        let source = error.source().unwrap().to_string();
        assert!(source.contains(reason), "{source}");
    }
    assert!(scripted.seen().is_empty());
}

#[tokio::test]
async fn what_was_not_sent_is_known_not_to_be() {
    let closed = ClosedPort::reserve().unwrap();
    let gateway = gateway(&format!("http://{}/v1", closed.address()), full());
    let error = gateway
        .send(&fetch(), &gateway.retry_policy(deadline()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.effect),
        (ProviderErrorKind::Connection, Effect::NotSent)
    );
    assert!(error.repeatable);

    let scripted = Scripted::acts([]).await;
    let gateway = scripted.gateway(full());
    let over = gateway.retry_policy(Deadline::after(Duration::ZERO));
    let error = gateway.send(&fetch(), &over).await.unwrap_err();
    assert_eq!(
        (error.kind, error.effect),
        (ProviderErrorKind::Timeout, Effect::NotSent)
    );
    assert!(scripted.seen().is_empty());

    let clear = support::gateway("http://gateway.example/v1", full());
    let error = clear
        .send(&create(), &clear.retry_policy(deadline()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.effect),
        (ProviderErrorKind::Connection, Effect::NotSent)
    );
    assert!(!error.repeatable);
}
