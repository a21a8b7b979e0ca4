//! The server over connections in memory, with a clock that jumps to the next timer.

mod bodies;
mod end;
mod headers;
mod pipelined;
mod room;

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
use tokio::time::{sleep, timeout};

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
        let reads_slowly = |body: Body| async move {
            let mut parts = body.into_data_stream();
            while let Some(part) = parts.next().await {
                part.unwrap();
                sleep(Duration::from_secs(490)).await;
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
            .route("/slowly", post(reads_slowly))
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
