use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use cashfree_simulator::{ApiFault, ApiFaultRule, ApiOperation, Simulator, SimulatorConfig};
use reqwest::Method;
use test_support::{FrozenTime, in_time};
use tower::ServiceExt;

use crate::gateway::{CLIENT, Gateway, SECRET, link, link_exists};

#[tokio::test]
async fn a_drop_before_commit_has_no_effect() {
    let gateway = Gateway::start().await;
    gateway.simulator().inject_fault(ApiFaultRule::once(
        ApiOperation::CreateLink,
        ApiFault::DropBeforeCommit,
    ));
    let error = gateway
        .request(Method::POST, "/links")
        .body(link("a", ""))
        .send()
        .await
        .unwrap_err();
    assert!(error.is_request() && !error.is_timeout(), "{error:?}");
    assert!(gateway.simulator().links().is_empty());
    gateway.create(link("a", "")).await.ok();
}

#[tokio::test]
async fn a_dropped_connection_sends_no_byte() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let gateway = Gateway::start().await;
    gateway.simulator().inject_fault(ApiFaultRule::once(
        ApiOperation::FetchLink,
        ApiFault::DropBeforeCommit,
    ));
    let mut socket = tokio::net::TcpStream::connect(gateway.running.local_addr())
        .await
        .unwrap();
    let request = format!(
        "GET /pg/links/a HTTP/1.1\r\nhost: x\r\nx-client-id: {CLIENT}\r\nx-client-secret: {SECRET}\r\nx-api-version: 2025-01-01\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Closed in order or reset: no byte was sent either way.
    let _ = in_time("the connection is closed", socket.read_to_end(&mut answer)).await;
    assert_eq!(String::from_utf8_lossy(&answer), "");
}

#[tokio::test]
async fn a_drop_after_commit_creates_the_link_and_stores_the_response() {
    let gateway = Gateway::start().await;
    gateway.simulator().inject_fault(
        ApiFaultRule::once(ApiOperation::CreateLink, ApiFault::DropAfterCommit)
            .with_delay(Duration::from_millis(20)),
    );
    let request = || {
        gateway
            .request(Method::POST, "/links")
            .header("x-idempotency-key", "k")
            .body(link("a", ""))
    };
    request().send().await.unwrap_err();
    gateway.get("/links/a").await.ok();
    let again = gateway.send(request()).await.unwrap();
    assert_eq!(
        (again.status, again.header("x-idempotency-replayed")),
        (200, "true")
    );
}

#[tokio::test]
async fn through_the_router_a_dropped_connection_is_a_broken_body() {
    let simulator = Simulator::new(SimulatorConfig::new()).unwrap();
    simulator.inject_fault(ApiFaultRule::once(
        ApiOperation::FetchLink,
        ApiFault::DropBeforeCommit,
    ));
    let request = Request::get("/pg/links/a")
        .header("x-client-id", CLIENT)
        .header("x-client-secret", SECRET)
        .header("x-api-version", "2025-01-01")
        .body(Body::empty())
        .unwrap();
    let response = simulator.router().oneshot(request).await.unwrap();
    assert!(
        axum::body::to_bytes(response.into_body(), 1024)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn response_faults_hit_only_their_operation_the_given_number_of_times() {
    let gateway = Gateway::start().await;
    gateway.create(link("a", "")).await.ok();
    let body = r#"{"operation":"fetch_link","fault":"error_500","times":2}"#;
    gateway.control(Method::POST, "/faults", body).await.ok();
    gateway
        .control(
            Method::POST,
            "/faults",
            r#"{"operation":"fetch_link","fault":"html_502"}"#,
        )
        .await
        .ok();
    gateway
        .control(
            Method::POST,
            "/faults",
            r#"{"operation":"fetch_link","fault":"rate_limited","retry_seconds":7}"#,
        )
        .await
        .ok();
    gateway
        .control(
            Method::POST,
            "/faults",
            r#"{"operation":"fetch_link","fault":"truncated_json"}"#,
        )
        .await
        .ok();
    gateway
        .control(
            Method::POST,
            "/faults",
            r#"{"operation":"fetch_link","fault":"not_found"}"#,
        )
        .await
        .ok();
    gateway.get("/links/a/orders").await.ok();
    assert_eq!(gateway.get("/links/a").await.code(), "internal_error");
    assert_eq!(gateway.get("/links/a").await.status, 500);
    let html = gateway.get("/links/a").await;
    assert_eq!(
        (html.status, html.header("content-type")),
        (502, "text/html; charset=utf-8")
    );
    let limited = gateway.get("/links/a").await;
    assert_eq!(
        (
            limited.status,
            limited.header("x-ratelimit-retry"),
            limited.header("x-ratelimit-remaining")
        ),
        (429, "7", "0")
    );
    let truncated = gateway.get("/links/a").await;
    assert_eq!(truncated.status, 200);
    assert!(
        truncated.text.starts_with("{\"cf_link_id\"")
            && serde_json::from_str::<serde_json::Value>(&truncated.text).is_err()
    );
    assert_eq!(gateway.get("/links/a").await.code(), "link_get_not_found");
    gateway.get("/links/a").await.ok();
    assert!(gateway.simulator().faults().is_empty());
}

#[tokio::test]
async fn an_executed_call_can_respond_with_a_500() {
    let gateway = Gateway::start().await;
    gateway.simulator().inject_fault(ApiFaultRule::once(
        ApiOperation::CancelLink,
        ApiFault::Error500AfterCommit,
    ));
    gateway.create(link("a", "")).await.ok();
    assert_eq!(gateway.cancel("a").await.status, 500);
    assert_eq!(
        gateway.get("/links/a").await.ok()["link_status"],
        "CANCELLED"
    );
}

#[tokio::test]
async fn a_delayed_call_is_executed_before_its_response() {
    let gateway = Gateway::start().await;
    gateway.simulator().inject_fault(
        ApiFaultRule::once(ApiOperation::CreateLink, ApiFault::Delay)
            .with_delay(Duration::from_mins(1)),
    );
    let request = gateway.request(Method::POST, "/links").body(link("a", ""));
    let frozen = FrozenTime::start();
    let call = tokio::spawn(request.send());
    link_exists(&gateway, "a").await;
    assert!(!call.is_finished());
    gateway.get("/links/a").await.ok();
    drop(frozen);
    call.abort();
    gateway.simulator().inject_fault(
        ApiFaultRule::once(ApiOperation::FetchLink, ApiFault::Delay)
            .with_delay(Duration::from_millis(50)),
    );
    let begun = Instant::now();
    gateway.get("/links/a").await.ok();
    assert!(begun.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_standing_fault_hits_until_it_is_removed() {
    let gateway = Gateway::start().await;
    gateway
        .control(
            Method::POST,
            "/settings",
            r#"{"faults":{"list_payments":"error_500"}}"#,
        )
        .await
        .ok();
    for _ in 0..3 {
        assert_eq!(gateway.get("/orders/x/payments").await.status, 500);
    }
    gateway
        .control(
            Method::POST,
            "/settings",
            r#"{"faults":{"list_payments":null}}"#,
        )
        .await
        .ok();
    assert_eq!(gateway.get("/orders/x/payments").await.status, 404);
}

#[tokio::test]
async fn a_stored_error_repeats_only_under_its_key() {
    for (fault, status) in [
        (ApiFault::Error400Stored, 400),
        (ApiFault::NotFoundStored, 404),
        (ApiFault::Error500Stored, 500),
    ] {
        let gateway = Gateway::start().await;
        gateway
            .simulator()
            .inject_fault(ApiFaultRule::once(ApiOperation::CreateLink, fault));
        let call = |key: &'static str| {
            let request = gateway.request(Method::POST, "/links");
            gateway.send(request.header("x-idempotency-key", key).body(link("a", "")))
        };
        for replayed in ["false", "true", "true"] {
            let refused = call("k").await.unwrap();
            assert_eq!(
                (refused.status, refused.header("x-idempotency-replayed")),
                (status, replayed)
            );
        }
        assert!(gateway.simulator().links().is_empty());
        call("l").await.unwrap().ok();
    }
}
