use std::sync::Arc;
use std::time::{Duration, Instant};

use cashfree_simulator::{ApiFault, ApiFaultRule, ApiOperation, LinkStatus, ManualClock};
use reqwest::Method;
use serde_json::Value;
use test_support::{FrozenTime, in_time};

use crate::gateway::{CLIENT, Gateway, Reply, SECRET, fast, link, link_exists};
use crate::orders::order;

fn inject(gateway: &Gateway, operation: ApiOperation, fault: ApiFault) {
    gateway
        .simulator()
        .inject_fault(ApiFaultRule::once(operation, fault));
}

/// Sends a create request with an idempotency key over a plain socket, and reads to the end or an error.
async fn bare(gateway: &Gateway, body: &str) -> std::io::Result<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = gateway.running.local_addr();
    let mut socket = tokio::net::TcpStream::connect(address).await?;
    let request = format!(
        "POST /pg/links HTTP/1.1\r\nhost: x\r\nx-client-id: {CLIENT}\r\nx-client-secret: {SECRET}\r\n\
         x-api-version: 2025-01-01\r\nx-idempotency-key: k\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    let read = socket.read_to_end(&mut answer);
    in_time("the connection ends", read).await?;
    Ok(String::from_utf8(answer).unwrap())
}

async fn with_key(gateway: &Gateway) -> Reply {
    let request = gateway.request(Method::POST, "/links");
    let request = request.header("x-idempotency-key", "k");
    gateway.send(request.body(link("a", ""))).await.unwrap()
}

#[tokio::test]
async fn a_reset_fault_resets_the_connection() {
    for (fault, made) in [
        (ApiFault::ResetBeforeCommit, "false"),
        (ApiFault::ResetAfterCommit, "true"),
    ] {
        let gateway = Gateway::start().await;
        inject(&gateway, ApiOperation::CreateLink, fault);
        let error = bare(&gateway, &link("a", "")).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
        let again = with_key(&gateway).await;
        assert_eq!(
            (again.status, again.header("x-idempotency-replayed")),
            (200, made)
        );
    }
    let gateway = Gateway::start().await;
    inject(
        &gateway,
        ApiOperation::CreateLink,
        ApiFault::DropAfterCommit,
    );
    assert_eq!(bare(&gateway, &link("a", "")).await.unwrap(), "");
}

#[tokio::test]
async fn a_timeout_fault_closes_the_connection_after_its_delay() {
    for (fault, made) in [
        (ApiFault::TimeoutBeforeCommit, false),
        (ApiFault::TimeoutAfterCommit, true),
    ] {
        let gateway = Gateway::start().await;
        let rule = ApiFaultRule::once(ApiOperation::CreateLink, fault);
        gateway
            .simulator()
            .inject_fault(rule.with_delay(Duration::from_millis(60)));
        let begun = Instant::now();
        assert_eq!(bare(&gateway, &link("a", "")).await.unwrap(), "");
        assert!(begun.elapsed() >= Duration::from_millis(60));
        assert_eq!(gateway.simulator().link("a").is_some(), made);
    }
    // Unless said otherwise it takes a minute, which passes only at the end here.
    let gateway = Gateway::start().await;
    inject(
        &gateway,
        ApiOperation::CreateLink,
        ApiFault::TimeoutAfterCommit,
    );
    let request = gateway.request(Method::POST, "/links").body(link("a", ""));
    let request = request.timeout(Duration::from_mins(2));
    let frozen = FrozenTime::start();
    let call = tokio::spawn(request.send());
    link_exists(&gateway, "a").await;
    assert!(!call.is_finished());
    frozen.advance(Duration::from_secs(61)).await;
    let error = call.await.unwrap().unwrap_err();
    assert!(!error.is_timeout(), "{error:?}");
    drop(frozen);
}

#[tokio::test]
async fn a_stored_429_repeats_without_its_wait() {
    let gateway = Gateway::start().await;
    inject(
        &gateway,
        ApiOperation::CreateLink,
        ApiFault::RateLimitedStored,
    );
    for (replayed, wait) in [("false", "30"), ("true", "0"), ("true", "0")] {
        let limited = with_key(&gateway).await;
        assert_eq!(limited.status, 429);
        assert_eq!(limited.header("x-idempotency-replayed"), replayed);
        assert_eq!(limited.header("x-ratelimit-retry"), wait);
    }
    gateway.create(link("a", "")).await.ok();
}

#[tokio::test]
async fn a_fault_gives_responses_wrong_types() {
    let gateway = Gateway::start().await;
    gateway
        .create(link("a", r#""link_meta":{"upi_intent":true}"#))
        .await
        .ok();
    let right = gateway.get("/links/a").await;
    let fetch = async |fault| {
        inject(&gateway, ApiOperation::FetchLink, fault);
        gateway.get("/links/a").await.ok()
    };
    let strings = fetch(ApiFault::NumbersAsStrings).await;
    assert_eq!(
        (&strings["link_amount"], &strings["link_id"]),
        (&"200.12".into(), &"a".into())
    );
    assert_eq!(strings["link_partial_payments"], false);
    let nulls = fetch(ApiFault::Nulls).await;
    assert_eq!(
        (&nulls["link_id"], &nulls["link_notify"]["send_sms"]),
        (&Value::Null, &Value::Null)
    );
    let objects = fetch(ApiFault::Objects).await;
    assert_eq!(objects["link_amount"], serde_json::json!({}));
    for wrong in [&strings, &nulls, &objects] {
        let names = |value: &Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(names(wrong), names(&right.json()), "names stay");
    }
    assert_eq!(gateway.get("/links/a").await.text, right.text);
}

#[tokio::test]
async fn a_huge_body_is_valid_json_followed_by_blanks() {
    let gateway = Gateway::start().await;
    gateway.create(link("a", "")).await.ok();
    inject(&gateway, ApiOperation::FetchLink, ApiFault::HugeBody);
    let huge = gateway.get("/links/a").await;
    assert!(huge.text.len() > 64 << 20 && huge.header("content-length") == "(absent)");
    assert_eq!(huge.ok()["link_id"], "a");
}

#[tokio::test]
async fn a_fault_hides_a_new_object_for_a_while() {
    let clock = Arc::new(ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap()));
    let gateway = Gateway::with(fast().with_clock(Arc::clone(&clock) as _)).await;
    inject(&gateway, ApiOperation::CreateLink, ApiFault::LagAfterCreate);
    let rule = ApiFaultRule::once(ApiOperation::CreateOrder, ApiFault::LagAfterCreate);
    gateway
        .simulator()
        .inject_fault(rule.with_delay(Duration::from_secs(9)));
    gateway.create(link("a", "")).await.ok();
    gateway.post("/orders", order("o-1", "")).await.ok();
    assert_eq!(
        gateway.create(link("a", "")).await.status,
        409,
        "but it is there"
    );
    for (after, link, order) in [
        (0, 404, 404),
        (4999, 404, 404),
        (1, 200, 404),
        (4000, 200, 200),
    ] {
        clock.advance(Duration::from_millis(after));
        assert_eq!(gateway.get("/links/a").await.status, link);
        assert_eq!(gateway.get("/orders/o-1").await.status, order);
    }
}

#[tokio::test]
async fn a_fault_pays_a_link_after_its_cancellation() {
    let clock = Arc::new(ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap()));
    let gateway = Gateway::with(fast().with_clock(Arc::clone(&clock) as _)).await;
    gateway.create(link("a", "")).await.ok();
    inject(&gateway, ApiOperation::CancelLink, ApiFault::LatePayment);
    assert_eq!(gateway.cancel("a").await.ok()["link_status"], "CANCELLED");
    assert_eq!(
        gateway.simulator().link("a").unwrap().status,
        LinkStatus::Cancelled
    );
    clock.advance(Duration::from_secs(1));
    let paid = gateway.get("/links/a").await.ok();
    assert_eq!(
        (&paid["link_status"], &paid["link_amount_paid"]),
        (&"PAID".into(), &200.12.into())
    );
}

#[tokio::test]
async fn a_fault_that_does_not_apply_to_the_operation_is_refused() {
    let gateway = Gateway::start().await;
    for (operation, fault, status) in [
        ("fetch_link", "lag_after_create", 400),
        ("create_refund", "lag_after_create", 200),
        ("fetch_link", "late_payment", 400),
        ("create_order", "not_found", 200),
        ("simulate", "reset_before_commit", 200),
    ] {
        let body = format!(r#"{{"operation":"{operation}","fault":"{fault}"}}"#);
        let response = gateway.control(Method::POST, "/faults", body).await;
        assert_eq!(response.status, status, "{operation} {fault}");
    }
}
