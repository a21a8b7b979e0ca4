//! A scripted gateway, and an account connected to it.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

pub mod bodies;
pub mod delivery;
pub mod log;
pub mod operations;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use payment_provider_core::{
    CheckoutLocator, CheckoutReference, CheckoutRequest, Clock, ConnectionSettings, Currency,
    Customer, CustomerId, Money, PaymentProvider, PreparedCheckout, ProviderFactory,
};
use provider_cashfree::{CashfreeConfig, CashfreeFactory, RetryTuning};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const SECRET: &str = "cfsk_ma_test_secret";
// 2026-01-15T10:00:00Z
pub const NOW: Timestamp = Timestamp::constant(1_768_471_200, 0);

/// A clock with a fixed time.
#[derive(Debug)]
pub struct Fixed(pub Timestamp);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A request as the gateway received it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(n, _)| n == name);
        named.next().map(|(_, value)| value.as_str())
    }

    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// The reaction of the gateway to a request.
#[derive(Debug, Clone)]
pub enum Act {
    Reply(Reply),
    /// Closes the connection without a response.
    Close,
    /// Never answers.
    Hang,
    /// Sends these bytes unchanged, then closes the connection.
    Raw(Vec<u8>),
    /// Sends these bytes, then keeps the connection open.
    RawThenHang(Vec<u8>),
}

#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

pub fn reply(status: u16, body: impl Into<Vec<u8>>) -> Act {
    Act::Reply(Reply {
        status,
        headers: Vec::new(),
        body: body.into(),
    })
}

pub fn ok(body: impl Into<Vec<u8>>) -> Act {
    reply(200, body)
}

pub fn refusal(status: u16, code: &str, class: &str) -> Act {
    let body = format!(r#"{{"message":"m","code":"{code}","type":"{class}"}}"#);
    reply(status, body)
}

pub fn not_found() -> Act {
    refusal(404, "link_get_not_found", "invalid_request_error")
}

impl Act {
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Reply(reply) = &mut self {
            reply.headers.push((name, value.to_owned()));
        }
        self
    }
}

type Handler = dyn Fn(usize, &Seen) -> Act + Send + Sync;

/// A local gateway that follows a script.
pub struct Scripted {
    pub base_url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Scripted {
    /// Reacts to each request in order. Surplus requests are answered with status 418.
    pub async fn acts(acts: impl IntoIterator<Item = Act>) -> Self {
        let acts: Vec<Act> = acts.into_iter().collect();
        let too_many = reply(418, "one request too many");
        Self::handler(move |at, _| acts.get(at).cloned().unwrap_or_else(|| too_many.clone())).await
    }

    pub async fn handler(handler: impl Fn(usize, &Seen) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/pg", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let handler: Arc<Handler> = Arc::new(handler);
        let task = tokio::spawn({
            let seen = Arc::clone(&seen);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, Arc::clone(&handler), Arc::clone(&seen)));
                }
            }
        });
        Self {
            base_url,
            seen,
            task,
        }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.seen().iter().map(Seen::line).collect()
    }

    pub fn posts(&self) -> Vec<Seen> {
        let mut seen = self.seen();
        seen.retain(|request| request.method == "POST");
        seen
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, handler: Arc<Handler>, seen: Arc<Mutex<Vec<Seen>>>) {
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    let act = {
        let mut seen = seen.lock().unwrap();
        let act = handler(seen.len(), &request);
        seen.push(request);
        act
    };
    match act {
        Act::Close => {}
        Act::Hang => std::future::pending().await,
        Act::Raw(bytes) => {
            let _ = stream.write_all(&bytes).await;
        }
        Act::RawThenHang(bytes) => {
            let _ = stream.write_all(&bytes).await;
            std::future::pending::<()>().await;
        }
        Act::Reply(reply) => {
            let mut head = format!("HTTP/1.1 {} X\r\nconnection: close\r\n", reply.status);
            for (name, value) in &reply.headers {
                head.push_str(&[name, ": ", value, "\r\n"].concat());
            }
            let length = reply.body.len().to_string();
            head.push_str(&["content-length: ", &length, "\r\n\r\n"].concat());
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&reply.body).await;
        }
    }
}

/// Reads the next request of a connection; `None` if the caller disconnects before it is complete.
pub async fn read_request(stream: &mut TcpStream) -> Option<Seen> {
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
    let mut first = lines.next().unwrap().split(' ');
    let method = first.next().unwrap().to_owned();
    let target = first.next().unwrap().to_owned();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
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
        method,
        target,
        headers,
        body,
    })
}

pub fn config() -> CashfreeConfig {
    CashfreeConfig::new()
        .with_loopback(true)
        .with_clock(Arc::new(Fixed(NOW)))
        .with_connect_timeout(Duration::from_secs(5))
        .with_request_timeout(Duration::from_secs(10))
        .with_operation_deadline(Duration::from_mins(1))
        .with_retry(RetryTuning::new().with_max_attempts(3))
}

pub fn settings(base_url: &str) -> ConnectionSettings {
    ConnectionSettings::new()
        .with("client_id", "TEST_ID")
        .with("client_secret", SECRET)
        .with("environment", "sandbox")
        .with("base_url", base_url)
}

pub fn connect_with(
    config: CashfreeConfig,
    settings: &ConnectionSettings,
) -> Arc<dyn PaymentProvider> {
    let factory = CashfreeFactory::with_config(config).unwrap();
    factory.connect(settings).unwrap()
}

pub fn connect(gateway: &Scripted) -> Arc<dyn PaymentProvider> {
    connect_with(config(), &settings(&gateway.base_url))
}

pub fn inr(paise: i64) -> Money {
    Money::from_minor_units(paise, Currency::INR)
}

pub fn reference() -> CheckoutReference {
    CheckoutReference::new("inv-1").unwrap()
}

pub fn locator() -> CheckoutLocator {
    reference().into()
}

pub fn customer() -> Customer {
    Customer::new(CustomerId::new("cust-1").unwrap()).with_phone("90000 00000")
}

pub fn request() -> CheckoutRequest {
    let expires_at = "2026-01-16T10:00:00Z".parse().unwrap();
    CheckoutRequest::new(
        reference(),
        inr(20_012),
        "Invoice 1",
        customer(),
        expires_at,
    )
}

pub fn prepared(provider: &Arc<dyn PaymentProvider>) -> PreparedCheckout {
    provider.prepare_checkout(&request()).unwrap()
}

/// The fingerprint of [`request`], which is the same for every connection of these tests.
pub fn fingerprint() -> String {
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    prepared(&provider).fingerprint.as_str().to_owned()
}

/// The link created by [`request`].
pub fn link() -> String {
    link_like("ACTIVE", "200.12", "INR", "0", &fingerprint())
}

pub fn link_in(status: &str, paid: &str) -> String {
    link_like(status, "200.12", "INR", paid, &fingerprint())
}

pub fn link_like(status: &str, amount: &str, currency: &str, paid: &str, print: &str) -> String {
    format!(
        r#"{{"cf_link_id":"1576977","link_id":"inv-1","link_status":"{status}",
        "link_currency":"{currency}","link_amount":{amount},"link_amount_paid":{paid},
        "link_purpose":"Invoice 1","link_created_at":"2026-01-15T15:30:00+05:30",
        "link_expiry_time":"2026-01-16T15:30:00+05:30","link_partial_payments":false,
        "link_url":"https://payments-test.cashfree.com/links/U1mgll3c0e9g",
        "link_notes":{{"fingerprint":"{print}"}},"link_qrcode":"iVBORw0KGgo=",
        "customer_details":{{"customer_phone":"9000000000"}},
        "link_meta":{{"upi_intent":"true"}},"link_notify":{{"send_sms":false,"send_email":false}}}}"#
    )
}
