//! The choice of the connection that makes room for a new one.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::{CUT_BODY, GET, HELD, Opened, Rig, hello, is_open, limits, rest, settle};
use crate::server::accept::{self, Accept};

#[tokio::test(start_paused = true)]
async fn at_the_limit_the_connection_that_waits_longest_for_its_request_is_closed() {
    let rig = Rig::new(3);
    let mut first = rig.connect("GET").await;
    let mut second = rig.connect("").await;
    let mut third = rig.connect(CUT_BODY).await;
    let mut genuine = rig.connect(GET).await;
    hello(&mut genuine).await;
    assert!(!is_open(&mut first).await);
    assert!(is_open(&mut second).await && is_open(&mut third).await);
    // A request that arrives slowly after a long pause begins at its first byte.
    let mut fifth = rig.connect("").await;
    assert!(!is_open(&mut second).await && is_open(&mut third).await);
    let _sixth = rig.connect("").await;
    assert!(!is_open(&mut third).await, "its body is not complete");
    assert_eq!(rig.begun(), 0, "its handler did not go on");
    genuine.write_all(b"GET / ").await.unwrap();
    let _seventh = rig.connect("").await;
    assert!(!is_open(&mut fifth).await);
    genuine
        .write_all(b"HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    hello(&mut genuine).await;
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_has_a_moment_to_send_its_request() {
    let rig = Rig::new(1);
    let (mut genuine, server) = duplex(1_024);
    rig.open.send(server).unwrap();
    let mut others = Vec::new();
    for _ in 0..10 {
        let (other, server) = duplex(1_024);
        rig.open.send(server).unwrap();
        others.push(other);
    }
    settle().await;
    sleep(Duration::from_millis(40)).await;
    genuine.write_all(GET.as_bytes()).await.unwrap();
    hello(&mut genuine).await;
    let begun = Instant::now();
    for other in &mut others[..9] {
        assert_eq!(rest(other).await, "");
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_connection_whose_handler_runs_is_never_closed_for_another() {
    let rig = Rig::new(2);
    let mut running = rig.connect(HELD).await;
    for _ in 0..100 {
        rig.connect("GET").await;
        rig.connect(CUT_BODY).await;
    }
    let mut also_running = rig.connect(HELD).await;
    assert_eq!(rig.begun(), 2);
    // There is nothing to close: the next one waits for the end of a handler.
    let mut waiting = rig.connect(GET).await;
    assert!(is_open(&mut running).await && is_open(&mut also_running).await);
    rig.held.add_permits(1);
    assert!(rest(&mut running).await.ends_with("released"));
    hello(&mut waiting).await;
    rig.held.add_permits(1);
    assert!(rest(&mut also_running).await.ends_with("released"));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_begins_to_wait_for_its_body_makes_room() {
    let rig = Rig::new(1);
    let mut held = rig.connect("GET /held HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let mut waiting = rig.connect(GET).await;
    rig.held.add_permits(1);
    hello(&mut waiting).await;
    assert!(
        rest(&mut held).await.ends_with("released"),
        "answered first"
    );
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_of_its_response_makes_room() {
    let rig = Rig::new(2);
    let large = "GET /large HTTP/1.1\r\nhost: a\r\n\r\n";
    let mut blocked = rig.connect(large).await;
    let mut taking = rig.connect(large).await;
    let mut some = [0; 16 << 10];
    taking.read_exact(&mut some).await.unwrap();
    settle().await;
    let mut genuine = rig.connect(GET).await;
    hello(&mut genuine).await;
    let mut all = Vec::new();
    blocked.read_to_end(&mut all).await.unwrap();
    assert!(all.len() < 1 << 19, "{} bytes", all.len());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_another_task_reads_does_not_hold_its_connection() {
    let rig = Rig::new(1);
    let handed_over = "POST /handed-over HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc";
    for _ in 0..3 {
        let mut first = rig.connect(handed_over).await;
        let mut genuine = rig.connect(GET).await;
        hello(&mut genuine).await;
        assert!(!is_open(&mut first).await);
    }
    assert_eq!(rig.begun(), 3, "each task got an error");
}

/// A listener that has no descriptors for some time, between two connections.
struct Exhausted {
    opened: Opened,
    tries: Arc<AtomicUsize>,
    until: Instant,
}

impl Accept for Exhausted {
    type Stream = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, SocketAddr)> {
        if self.tries.load(Ordering::SeqCst) > 0 && Instant::now() < self.until {
            self.tries.fetch_add(1, Ordering::SeqCst);
            return Err(io::Error::other("too many open files"));
        }
        let stream = self.opened.accept().await;
        self.tries.fetch_add(1, Ordering::SeqCst);
        stream
    }
}

#[tokio::test(start_paused = true)]
async fn want_of_descriptors_closes_an_unfinished_connection_and_does_not_spin() {
    let (open, opened) = mpsc::unbounded_channel();
    let tries = Arc::new(AtomicUsize::new(0));
    let listener = Exhausted {
        opened: Opened(opened),
        tries: Arc::clone(&tries),
        until: Instant::now() + Duration::from_secs(2),
    };
    let routes = Router::new().route("/", get(|| async { "hello" }));
    let server = tokio::spawn(accept::run(
        listener,
        routes,
        limits(10),
        std::future::pending(),
    ));
    let (mut unfinished, stream) = duplex(1_024);
    open.send(stream).unwrap();
    let begun = Instant::now();
    assert_eq!(rest(&mut unfinished).await, "");
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    let (mut genuine, stream) = duplex(1_024);
    open.send(stream).unwrap();
    genuine.write_all(GET.as_bytes()).await.unwrap();
    hello(&mut genuine).await;
    let tries = tries.load(Ordering::SeqCst);
    assert!((10..=60).contains(&tries), "{tries} tries in 2 seconds");
    server.abort();
}
