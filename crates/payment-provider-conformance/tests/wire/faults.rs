//! Each fault, as an HTTP client sees it.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use payment_provider_conformance::wire::{Script, WireFault, WireGateway, json};
use tokio::time::Instant;

use crate::client::{ORDER, counting, gateway, get, http, io_kind, orders};

/// Applies a fault to one request. Returns the client's result, the number of processed requests,
/// and the gateway.
async fn apply(fault: WireFault) -> (reqwest::Result<String>, usize, WireGateway) {
    let (gateway, script) = counting().await;
    gateway.fault_next(fault.clone());
    let outcome = get(&gateway).await;
    let processed = 10 - script.remaining();
    assert_eq!(processed, usize::from(fault.commits()), "{fault:?}");
    let seen = gateway.requests();
    assert_eq!(seen.len(), 1);
    assert_eq!(format!("{:?}", seen[0].fault), format!("{:?}", Some(fault)));
    // The fault affects one request only.
    assert_eq!(get(&gateway).await.unwrap(), ORDER);
    assert!(gateway.requests()[1].fault.is_none());
    (outcome, processed, gateway)
}

#[tokio::test(start_paused = true)]
async fn a_reset_happens_before_or_after_processing() {
    for (fault, expected) in [(WireFault::ResetBefore, 0), (WireFault::ResetAfter, 1)] {
        let (outcome, processed, _) = apply(fault).await;
        let error = outcome.unwrap_err();
        assert_eq!(io_kind(&error), Some(ErrorKind::ConnectionReset));
        assert!(!error.is_connect() && !error.is_timeout(), "{error:?}");
        assert_eq!(processed, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hang_lasts_until_the_client_times_out() {
    for fault in [WireFault::HangBefore, WireFault::HangAfter] {
        let start = Instant::now();
        let (outcome, ..) = apply(fault).await;
        assert!(outcome.unwrap_err().is_timeout());
        assert_eq!(start.elapsed().as_secs(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_has_a_head_and_never_ends() {
    let (gateway, _) = counting().await;
    gateway.fault_next(WireFault::SlowBody);
    let start = Instant::now();
    let mut answer = http().get(orders(&gateway)).send().await.unwrap();
    assert_eq!(answer.content_length(), Some(ORDER.len() as u64));
    let half = answer.chunk().await.unwrap().unwrap();
    assert_eq!(half, ORDER.as_bytes()[..ORDER.len() / 2]);
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!(answer.chunk().await.unwrap_err().is_timeout());
    assert_eq!(start.elapsed().as_secs(), 10);
    assert!(apply(WireFault::SlowBody).await.0.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_truncated_body_is_a_body_error() {
    for fault in [WireFault::CloseMidBody, WireFault::TruncateChunked] {
        let (outcome, ..) = apply(fault.clone()).await;
        let error = outcome.unwrap_err();
        assert!(error.is_body() || error.is_decode(), "{fault:?}: {error:?}");
        assert!(!error.is_timeout());

        // An empty body is truncated too.
        let gateway = crate::client::start(Script::new([json(200, "")])).await;
        gateway.fault_next(fault);
        assert!(get(&gateway).await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn an_endless_body_continues_until_the_client_disconnects() {
    let gateway = gateway().await;
    gateway.fault_next(WireFault::EndlessBody { cap: u64::MAX });
    let mut answer = http().get(orders(&gateway)).send().await.unwrap();
    let mut read = 0;
    while read < 3_000_000 {
        read += answer.chunk().await.unwrap().unwrap().len() as u64;
    }
    drop(answer);
    let sent = gateway.requests()[0].response_bytes();
    assert!(sent >= read, "{sent} of {read}");
    assert_eq!(get(&gateway).await.unwrap(), ORDER);
}

#[tokio::test(start_paused = true)]
async fn an_endless_body_ends_at_its_cap() {
    for cap in [0, 10, 100, 1_000_000] {
        let (outcome, _, gateway) = apply(WireFault::EndlessBody { cap }).await;
        assert!(!outcome.unwrap_err().is_timeout());
        assert_eq!(gateway.requests()[0].response_bytes(), cap);
    }
}

#[tokio::test(start_paused = true)]
async fn garbage_is_not_a_response() {
    for bytes in [
        &b"\x15\x03\x01\x00\x02\x02\x50"[..],
        b"",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
    ] {
        let (outcome, ..) = apply(WireFault::Garbage(Bytes::from_static(bytes))).await;
        let error = outcome.unwrap_err();
        assert!(
            error.is_request() && !error.is_timeout() && !error.is_connect(),
            "{error:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_is_replaced_before_or_after_processing() {
    let mut page = Response::new(Bytes::from_static(b"<html>Bad gateway</html>"));
    *page.status_mut() = http::StatusCode::BAD_GATEWAY;
    for replace in [
        WireFault::ReplaceBefore as fn(_) -> _,
        WireFault::ReplaceAfter,
    ] {
        assert_eq!(
            apply(replace(page.clone())).await.0.unwrap(),
            "<html>Bad gateway</html>"
        );
        assert_eq!(apply(replace(Response::default())).await.0.unwrap(), "");

        let (elsewhere, _) = counting().await;
        let mut moved = json(302, "");
        let location = HeaderValue::try_from(elsewhere.address().as_str()).unwrap();
        moved.headers_mut().insert(header::LOCATION, location);
        let gateway = gateway().await;
        gateway.fault_next(replace(moved));
        let answer = http().get(orders(&gateway)).send().await.unwrap();
        assert_eq!(answer.status(), 302);
        assert_eq!(answer.headers()["location"], elsewhere.address().as_str());
        assert!(elsewhere.requests().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_measured_by_tokios_clock() {
    let start = Instant::now();
    let (outcome, ..) = apply(WireFault::Delay(Duration::from_secs(9))).await;
    assert_eq!(outcome.unwrap(), ORDER);
    assert_eq!(start.elapsed().as_secs(), 9);
    let (outcome, ..) = apply(WireFault::Delay(Duration::from_secs(11))).await;
    assert!(outcome.unwrap_err().is_timeout());
    assert_eq!(start.elapsed().as_secs(), 19);
}

#[tokio::test(start_paused = true)]
async fn numbers_take_precedence_over_the_queue_and_the_queue_over_rules() {
    let gateway = gateway().await;
    let reply = |text: &'static str| WireFault::ReplaceBefore(json(200, text));
    gateway.fault_where(|request| request.path() == "/none", reply("never"));
    gateway.fault_where(|request| request.path() == "/orders", reply("rule"));
    gateway.fault_where(|_| true, reply("second rule"));
    gateway.fault_next(reply("first"));
    gateway.fault_next(reply("second"));
    gateway.fault_at(2, reply("number"));
    gateway.fault_at(5, reply("fifth"));
    for expected in ["first", "number", "second", "rule", "fifth", "rule"] {
        assert_eq!(get(&gateway).await.unwrap(), expected);
    }
    let other = http().get(gateway.address()).send().await.unwrap();
    assert_eq!(other.text().await.unwrap(), "second rule");
    gateway.clear_faults();
    assert_eq!(get(&gateway).await.unwrap(), ORDER);
    let faulted = gateway
        .requests()
        .iter()
        .filter(|seen| seen.fault.is_some())
        .count();
    assert_eq!(faulted, 7);
}
