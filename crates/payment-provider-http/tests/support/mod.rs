//! A scripted gateway on this machine, and an account that calls it.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use payment_provider_core::Operation;
use payment_provider_http::{
    CallError, Deadline, Dialect, GatewayClient, HttpClients, HttpConfig, Request, Response,
    RetryTuning, routes,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

routes! {
    /// The calls of these tests.
    pub enum Route<'a> {
        /// Makes a page.
        Create = POST "/pages",
        /// Asks for a page.
        Fetch(page_id) = GET "/pages/{page_id}",
        /// Asks for one payment of a page.
        Payment(page_id, payment_id) = GET "/pages/{page_id}/payments/{payment_id}",
    }
}

/// The dialect of the gateway of these tests.
#[derive(Debug, Clone, Default)]
pub struct Acme {
    pub request_id: bool,
    pub idempotency: bool,
    pub wait: Option<Duration>,
    pub counter: Option<&'static str>,
}

impl Dialect for Acme {
    fn error(&self, response: &Response) -> CallError {
        CallError::by_status(response.meta.status)
    }

    fn request_id_header(&self) -> Option<HeaderName> {
        let name = HeaderName::from_static("x-request-id");
        self.request_id.then_some(name)
    }

    fn idempotency_header(&self) -> Option<HeaderName> {
        let name = HeaderName::from_static("idempotency-key");
        self.idempotency.then_some(name)
    }

    fn default_retry_after(&self) -> Duration {
        self.wait.unwrap_or(Duration::from_mins(1))
    }

    fn resends_counter(&self) -> Option<&'static str> {
        self.counter
    }
}

/// A step of the gateway after it has read a request.
#[derive(Debug, Clone)]
pub enum Act {
    /// Sends this, then closes the connection.
    Say(Vec<u8>),
    /// Never responses.
    Hang,
}

/// A response that is whole.
pub fn reply(status: u16, headers: &str, body: &str) -> Act {
    let length = body.len();
    Act::Say(
        format!(
            "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        )
        .into_bytes(),
    )
}

/// A request as the gateway saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub line: String,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Seen {
    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(n, _)| n == name);
        named.map(|(_, value)| value.as_str()).collect()
    }
}

pub struct Scripted {
    pub address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Scripted {
    /// One act for each request, in order. A request too many is answered with a teapot.
    pub async fn acts(acts: impl IntoIterator<Item = Act>) -> Self {
        let acts: Vec<Act> = acts.into_iter().collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let task = tokio::spawn({
            let seen = Arc::clone(&seen);
            async move {
                let mut hanging = Vec::new();
                while let Ok((mut stream, _)) = listener.accept().await {
                    let Some(request) = request(&mut stream).await else {
                        continue;
                    };
                    let at = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(request);
                        seen.len() - 1
                    };
                    let teapot = || reply(418, "", "one request too many");
                    match acts.get(at).cloned().unwrap_or_else(teapot) {
                        Act::Say(bytes) => stream.write_all(&bytes).await.unwrap_or_default(),
                        Act::Hang => hanging.push(stream),
                    }
                }
            }
        });
        Self {
            address,
            seen,
            task,
        }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn gateway(&self, dialect: Acme) -> GatewayClient {
        let base_url = format!("http://{}/v1", self.address);
        gateway(&base_url, dialect)
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub fn gateway(base_url: &str, dialect: Acme) -> GatewayClient {
    let config = HttpConfig::new()
        .with_user_agent("provider-acme/1.0.0")
        .with_loopback(true)
        .with_retry(RetryTuning::new().with_max_attempts(3));
    gateway_with(config, base_url, dialect)
}

pub fn gateway_with(config: HttpConfig, base_url: &str, dialect: Acme) -> GatewayClient {
    let mut secret = HeaderValue::from_static("Basic canary");
    secret.set_sensitive(true);
    let headers = HeaderMap::from_iter([
        (http::header::AUTHORIZATION, secret),
        (
            HeaderName::from_static("x-version"),
            HeaderValue::from_static("1"),
        ),
    ]);
    let clients = HttpClients::new(config).unwrap();
    GatewayClient::new(
        Arc::new(clients),
        base_url.parse().unwrap(),
        headers,
        Arc::new(dialect),
    )
}

pub fn fetch() -> Request<'static> {
    Request::new(Operation::FetchCheckout, Route::Fetch("p-1"))
}

pub fn create() -> Request<'static> {
    Request::new(Operation::CreateCheckout, Route::Create).with_json("{\"amount\":20012}")
}

pub fn deadline() -> Deadline {
    Deadline::after(Duration::from_mins(5))
}

/// The next request; `None` if the caller goes away before it is whole.
async fn request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.split("\r\n");
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = bytes.split_off(head + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Seen {
        line,
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}
