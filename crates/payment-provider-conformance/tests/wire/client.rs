//! The HTTP client, the TCP client, and the gateway they call.

use std::io;
use std::time::Duration;

use payment_provider_conformance::wire::{RecordedRequest, Responder, Script, WireGateway, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const ORDER: &str = r#"{"id":"order_1","amount":200.12}"#;
pub(crate) const GET: &[u8] = b"GET /orders HTTP/1.1\r\nhost: gateway\r\n\r\n";
pub(crate) const LAST_GET: &[u8] =
    b"GET /orders HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n";

/// Starts a gateway that answers every request with [`ORDER`].
pub(crate) async fn gateway() -> WireGateway {
    start(|_: RecordedRequest| async { json(200, ORDER) }).await
}

/// Starts a gateway, and returns the script that counts the requests it has processed.
pub(crate) async fn counting() -> (WireGateway, Script) {
    let script = Script::new((0..10).map(|_| json(200, ORDER)));
    (start(script.clone()).await, script)
}

pub(crate) async fn start(answers: impl Responder) -> WireGateway {
    WireGateway::start(answers).await.unwrap()
}

/// Creates a client with a timeout of ten seconds and without retries.
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

/// Returns the body of the response to a GET.
pub(crate) async fn get(gateway: &WireGateway) -> reqwest::Result<String> {
    http().get(orders(gateway)).send().await?.text().await
}

/// Returns the kind of the I/O error in the chain of sources.
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

/// Sends the request on a new connection, and reads until the gateway closes it.
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
