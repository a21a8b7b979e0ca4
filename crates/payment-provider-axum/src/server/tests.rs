//! The server over connections in memory, with a clock that jumps to the next timer.

use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::routing::{get, post};
use futures_util::{StreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{Instant, sleep, timeout};

use super::accept::{self, Accept};
use crate::limits::Limits;

const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 40_000);

/// Connections that a test opens.
struct Opened(mpsc::UnboundedReceiver<DuplexStream>);

impl Accept for Opened {
    type Stream = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, SocketAddr)> {
        let stream = self.0.recv().await;
        let stream = stream.ok_or(io::Error::from(io::ErrorKind::NotFound))?;
        Ok((stream, PEER))
    }
}

async fn peer(ConnectInfo(peer): ConnectInfo<SocketAddr>) -> String {
    peer.to_string()
}

/// A server, its handlers, and the connections to it.
struct Rig {
    open: mpsc::UnboundedSender<DuplexStream>,
    end: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    /// A permit lets one request to `/held` go on.
    held: Arc<Semaphore>,
    /// The number of requests to `/held` that began, and of those to `/body` that have their bodies.
    begun: Arc<AtomicUsize>,
}

fn limits(connections: usize) -> Limits {
    Limits {
        connections,
        ..Limits::default()
    }
}

impl Rig {
    fn new(connections: usize) -> Self {
        let (open, opened) = mpsc::unbounded_channel();
        let (end, ended) = oneshot::channel();
        let held = Arc::new(Semaphore::new(0));
        let begun = Arc::new(AtomicUsize::new(0));
        let holds = {
            let (held, begun) = (Arc::clone(&held), Arc::clone(&begun));
            move || async move {
                begun.fetch_add(1, Ordering::SeqCst);
                held.acquire().await.unwrap().forget();
                "released"
            }
        };
        let reads = {
            let begun = Arc::clone(&begun);
            move |body: Bytes| async move {
                begun.fetch_add(1, Ordering::SeqCst);
                body.len().to_string()
            }
        };
        let hands_over = {
            let begun = Arc::clone(&begun);
            move |body: Body| async move {
                let reading = tokio::spawn(async move { to_bytes(body, 100).await.is_err() });
                tokio::spawn(async move {
                    if reading.await.unwrap() {
                        begun.fetch_add(1, Ordering::SeqCst);
                    }
                });
                pending::<()>().await;
            }
        };
        let ticks = || async {
            let ticks = stream::iter(0..5).then(|number| async move {
                sleep(Duration::from_secs(100)).await;
                Ok::<_, io::Error>(format!("tick {number}\n"))
            });
            Body::from_stream(ticks)
        };
        let routes = Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/peer", get(peer))
            .route("/held", get(holds))
            .route("/body", post(reads))
            .route("/handed-over", post(hands_over))
            .route("/ticks", get(ticks))
            .route("/large", get(|| async { vec![b'x'; 1 << 20] }));
        let end_of_test = async { drop(ended.await) };
        let server = tokio::spawn(accept::run(
            Opened(opened),
            routes,
            limits(connections),
            end_of_test,
        ));
        Self {
            open,
            end: Some(end),
            server,
            held,
            begun,
        }
    }

    /// Opens a connection, sends these bytes, lets the server read them, and then time pass until the
    /// connection may be closed for another.
    async fn connect(&self, sent: &str) -> DuplexStream {
        let (mut client, server) = duplex(16 << 10);
        self.open.send(server).unwrap();
        client.write_all(sent.as_bytes()).await.unwrap();
        settle().await;
        sleep(Duration::from_millis(50)).await;
        client
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }
}

/// Lets the server do what it can do now.
async fn settle() {
    for _ in 0..50 {
        yield_now().await;
    }
}

const GET: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const HELD: &str = "GET /held HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
const CUT_BODY: &str = "POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc";

/// Reads what the server sends until it closes the connection.
async fn rest(client: &mut DuplexStream) -> String {
    let mut text = String::new();
    client.read_to_string(&mut text).await.unwrap();
    text
}

/// Reads one response to [`GET`].
async fn hello(client: &mut DuplexStream) {
    let mut text = String::new();
    while !text.ends_with("hello") {
        let byte = client.read_u8().await.unwrap();
        text.push(byte.into());
    }
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
}

async fn is_open(client: &mut DuplexStream) -> bool {
    settle().await;
    let mut byte = [0];
    timeout(Duration::ZERO, client.read(&mut byte))
        .await
        .is_err()
}

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
async fn a_body_that_does_not_go_on_is_given_up() {
    let rig = Rig::new(10);
    let begun = Instant::now();
    let mut client = rig.connect(CUT_BODY).await;
    sleep(Duration::from_secs(20)).await;
    client.write_all(b"de").await.unwrap();
    assert_eq!(rest(&mut client).await, "");
    assert_eq!(begun.elapsed().as_secs(), 50);
    assert_eq!(rig.begun(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_goes_on_slowly_is_not_cut() {
    let rig = Rig::new(10);
    let request = "GET /ticks HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let mut client = rig.connect(request).await;
    let response = rest(&mut client).await;
    assert!(response.contains("tick 4"), "{response}");
}

#[tokio::test(start_paused = true)]
async fn a_response_that_the_peer_does_not_take_is_given_up() {
    let rig = Rig::new(10);
    let begun = Instant::now();
    let mut client = rig.connect("GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await;
    sleep(Duration::from_secs(29)).await;
    let mut some = [0; 16 << 10];
    client.read_exact(&mut some).await.unwrap();
    sleep(Duration::from_secs(31)).await;
    settle().await;
    let mut all = Vec::new();
    client.read_to_end(&mut all).await.unwrap();
    assert!(all.len() < 1 << 19, "{} bytes", all.len());
    assert_eq!(begun.elapsed().as_secs(), 60);
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

#[tokio::test(start_paused = true)]
async fn requests_under_way_have_20_seconds_at_the_end() {
    let mut rig = Rig::new(10);
    let mut held = rig.connect(HELD).await;
    let mut reading = rig.connect(CUT_BODY).await;
    drop(rig.end.take());
    let begun = Instant::now();
    assert_eq!(rest(&mut held).await, "");
    assert_eq!(rest(&mut reading).await, "");
    rig.server.await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 20);
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

#[tokio::test(start_paused = true)]
async fn requests_under_way_are_answered_at_the_end() {
    let mut rig = Rig::new(10);
    let mut running = rig.connect(HELD).await;
    let mut idle = rig.connect(GET).await;
    hello(&mut idle).await;
    drop(rig.end.take());
    assert_eq!(rest(&mut idle).await, "");
    assert!(!rig.server.is_finished());
    let (mut late, server) = duplex(64);
    assert!(rig.open.send(server).is_err() || !is_open(&mut late).await);
    rig.held.add_permits(1);
    assert!(rest(&mut running).await.ends_with("released"));
    rig.server.await.unwrap();
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
