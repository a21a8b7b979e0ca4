//! The two clients, and the gateway they talk to.

use std::io;
use std::time::Duration;

use payment_provider_conformance::wire::{RecordedRequest, Responder, Script, WireGateway, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const ORDER: &str = r#"{"id":"order_1","amount":200.12}"#;
pub(crate) const GET: &[u8] = b"GET /orders HTTP/1.1\r\nhost: gateway\r\n\r\n";
pub(crate) const LAST_GET: &[u8] =
    b"GET /orders HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n";

/// Responder every request with [`ORDER`].
pub(crate) async fn gateway() -> WireGateway {
    start(|_: RecordedRequest| async { json(200, ORDER) }).await
}

/// A gateway that does its work, and the script that tells how often.
pub(crate) async fn counting() -> (WireGateway, Script) {
    let script = Script::new((0..10).map(|_| json(200, ORDER)));
    (start(script.clone()).await, script)
}

pub(crate) async fn start(answers: impl Responder) -> WireGateway {
    WireGateway::start(answers).await.unwrap()
}

/// A client that waits ten seconds for an answer, and tries nothing twice.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap()
}

pub(crate) fn orders(gateway: &WireGateway) -> reqwest::Url {
    gateway.address().join("orders").unwrap()
}

/// The body of an answer to GET, or why there is none.
pub(crate) async fn get(gateway: &WireGateway) -> reqwest::Result<String> {
    http().get(orders(gateway)).send().await?.text().await
}

/// The errors that led to this one, and itself.
pub(crate) fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        next = error.source();
    }
    None
}

pub(crate) async fn connect(gateway: &WireGateway) -> io::Result<TcpStream> {
    let port = gateway.address().port().unwrap();
    TcpStream::connect(("127.0.0.1", port)).await
}

/// Sends this on a connection of its own, and reads until the gateway ends it.
pub(crate) async fn exchange(gateway: &WireGateway, request: &[u8]) -> (String, io::Result<()>) {
    let mut stream = connect(gateway).await.unwrap();
    stream.write_all(request).await.unwrap();
    read_to_end(&mut stream).await
}

pub(crate) async fn read_to_end(stream: &mut TcpStream) -> (String, io::Result<()>) {
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer).await.map(|_| ());
    (String::from_utf8_lossy(&answer).into_owned(), end)
}
