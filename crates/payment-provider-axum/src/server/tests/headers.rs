//! The time that a peer has for the header of a request.

use std::future::pending;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncWriteExt, duplex};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::{GET, Opened, Rig, hello, is_open, limits, rest, settle};
use crate::limits::Limits;
use crate::server::accept;

#[tokio::test(start_paused = true)]
async fn handlers_find_the_address_of_the_peer() {
    let rig = Rig::new(1);
    let request = "GET /peer HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let mut client = rig.connect(request).await;
    let response = rest(&mut client).await;
    assert!(response.ends_with("\r\n\r\n127.0.0.1:40000"), "{response}");
}

#[tokio::test(start_paused = true)]
async fn a_header_has_to_be_complete_in_10_seconds() {
    let rig = Rig::new(10);
    for begin in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: a\r\n"] {
        let begun = Instant::now();
        let mut client = rig.connect(begin).await;
        assert_eq!(rest(&mut client).await, "", "{begin}");
        assert_eq!(begun.elapsed().as_secs(), 10, "{begin}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_that_arrives_byte_by_byte_gets_no_more_time() {
    let rig = Rig::new(10);
    let begun = Instant::now();
    let mut client = rig.connect("GET / HTTP/1.1\r\nx: ").await;
    while is_open(&mut client).await {
        sleep(Duration::from_secs(1)).await;
        let _ = client.write_all(b"x").await;
    }
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_kept_for_60_seconds_between_requests() {
    let rig = Rig::new(10);
    let mut client = rig.connect("").await;
    for wait in [0, 59, 59] {
        sleep(Duration::from_secs(wait)).await;
        settle().await;
        client.write_all(GET.as_bytes()).await.unwrap();
        hello(&mut client).await;
    }
    let begun = Instant::now();
    assert_eq!(rest(&mut client).await, "");
    assert_eq!(begun.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn the_next_request_has_to_be_complete_in_10_seconds_too() {
    let rig = Rig::new(10);
    let mut client = rig.connect(GET).await;
    hello(&mut client).await;
    sleep(Duration::from_secs(30)).await;
    let begun = Instant::now();
    client.write_all(b"GET").await.unwrap();
    assert_eq!(rest(&mut client).await, "");
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn limits_without_an_end_are_possible() {
    let (open, opened) = mpsc::unbounded_channel();
    let limits = Limits {
        idle: Duration::MAX,
        header: Duration::MAX,
        stall: Duration::MAX,
        ..limits(1)
    };
    let routes = Router::new().route("/", get(|| async { "hello" }));
    let _server = tokio::spawn(accept::run(Opened(opened), routes, limits, pending()));
    let (mut client, server) = duplex(1_024);
    open.send(server).unwrap();
    sleep(Duration::from_hours(24)).await;
    client.write_all(GET.as_bytes()).await.unwrap();
    hello(&mut client).await;
}
