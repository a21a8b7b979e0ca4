//! Each fault, seen by an HTTP client.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use payment_provider_conformance::wire::{Script, WireFault, WireGateway, json};
use tokio::time::Instant;

use crate::client::{ORDER, counting, gateway, get, http, io_kind, orders};

/// What the client made of the fault, and how often the work was done.
async fn struck(fault: WireFault) -> (reqwest::Result<String>, usize, WireGateway) {
    let (gateway, script) = counting().await;
    gateway.fault_next(fault.clone());
    let outcome = get(&gateway).await;
    let done = 10 - script.remaining();
    assert_eq!(done, usize::from(fault.commits()), "{fault:?}");
    let seen = gateway.requests();
    assert_eq!(seen.len(), 1);
    assert_eq!(format!("{:?}", seen[0].fault), format!("{:?}", Some(fault)));
    // It is over with the one request.
    assert_eq!(get(&gateway).await.unwrap(), ORDER);
    assert!(gateway.requests()[1].fault.is_none());
    (outcome, done, gateway)
}

#[tokio::test(start_paused = true)]
async fn a_reset_comes_before_or_after_the_work() {
    for (fault, work) in [(WireFault::ResetBefore, 0), (WireFault::ResetAfter, 1)] {
        let (outcome, done, _) = struck(fault).await;
        let error = outcome.unwrap_err();
        assert_eq!(io_kind(&error), Some(ErrorKind::ConnectionReset));
        assert!(!error.is_connect() && !error.is_timeout(), "{error:?}");
        assert_eq!(done, work);
    }
}

#[tokio::test(start_paused = true)]
async fn silence_lasts_as_long_as_the_client_listens() {
    for fault in [WireFault::HangBefore, WireFault::HangAfter] {
        let start = Instant::now();
        let (outcome, ..) = struck(fault).await;
        assert!(outcome.unwrap_err().is_timeout());
        assert_eq!(start.elapsed().as_secs(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_has_a_head_and_no_end() {
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
    assert!(struck(WireFault::SlowBody).await.0.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_body_cut_short_is_an_error_of_the_body() {
    for fault in [WireFault::CloseMidBody, WireFault::TruncateChunked] {
        let (outcome, ..) = struck(fault.clone()).await;
        let error = outcome.unwrap_err();
        assert!(error.is_body() || error.is_decode(), "{fault:?}: {error:?}");
        assert!(!error.is_timeout());

        // Also where there is no body to cut.
        let gateway = crate::client::start(Script::new([json(200, "")])).await;
        gateway.fault_next(fault);
        assert!(get(&gateway).await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn an_endless_body_goes_on_until_the_client_has_enough() {
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
        let (outcome, _, gateway) = struck(WireFault::EndlessBody { cap }).await;
        assert!(!outcome.unwrap_err().is_timeout());
        assert_eq!(gateway.requests()[0].response_bytes(), cap);
    }
}

#[tokio::test(start_paused = true)]
async fn garbage_is_no_answer() {
    for bytes in [
        &b"\x15\x03\x01\x00\x02\x02\x50"[..],
        b"",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
    ] {
        let (outcome, ..) = struck(WireFault::Garbage(Bytes::from_static(bytes))).await;
        let error = outcome.unwrap_err();
        assert!(
            error.is_request() && !error.is_timeout() && !error.is_connect(),
            "{error:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn another_answer_is_given_before_or_after_the_work() {
    let mut page = Response::new(Bytes::from_static(b"<html>Bad gateway</html>"));
    *page.status_mut() = http::StatusCode::BAD_GATEWAY;
    for replace in [
        WireFault::ReplaceBefore as fn(_) -> _,
        WireFault::ReplaceAfter,
    ] {
        assert_eq!(
            struck(replace(page.clone())).await.0.unwrap(),
            "<html>Bad gateway</html>"
        );
        assert_eq!(struck(replace(Response::default())).await.0.unwrap(), "");

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
async fn a_late_answer_is_late_by_the_clock_of_tokio() {
    let start = Instant::now();
    let (outcome, ..) = struck(WireFault::Delay(Duration::from_secs(9))).await;
    assert_eq!(outcome.unwrap(), ORDER);
    assert_eq!(start.elapsed().as_secs(), 9);
    let (outcome, ..) = struck(WireFault::Delay(Duration::from_secs(11))).await;
    assert!(outcome.unwrap_err().is_timeout());
    assert_eq!(start.elapsed().as_secs(), 19);
}

#[tokio::test(start_paused = true)]
async fn numbers_go_before_the_queue_and_the_queue_before_rules() {
    let gateway = gateway().await;
    let says = |text: &'static str| WireFault::ReplaceBefore(json(200, text));
    gateway.fault_where(|request| request.path() == "/none", says("never"));
    gateway.fault_where(|request| request.path() == "/orders", says("rule"));
    gateway.fault_where(|_| true, says("second rule"));
    gateway.fault_next(says("first"));
    gateway.fault_next(says("second"));
    gateway.fault_at(2, says("number"));
    gateway.fault_at(5, says("fifth"));
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
