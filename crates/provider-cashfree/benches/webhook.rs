//! The time of one delivery: verify the signature and read the events.
//!
//! ```text
//! cargo bench -p provider-cashfree --bench webhook
//! ```
//!
//! Rows of the same run to compare with: the SHA-256 of the body alone; the least work of any reader, which
//! parses the needed fields after an HMAC with a prepared key; and the usual way, which prepares the key for
//! each delivery and builds the whole JSON tree.
//!
//! `--calls <row> <bytes> <count>` only makes so many calls, for a program that counts instructions.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use criterion::{BenchmarkId, Criterion, Throughput};
use futures_util::FutureExt;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_core::reexport::http::HeaderMap;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::{
    ConnectionSettings, EventKind, PaymentProvider, ProviderFactory, WebhookRequest,
};
use provider_cashfree::CashfreeFactory;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

const SECRET: &str = "cfsk_ma_test_secret";
const SAMPLE: &str = include_str!("../tests/bodies/payment_success.2023-08-01.json");

/// Sizes of the body. A larger one has offers, which are not read, after the fields that are.
const SIZES: [usize; 3] = [SAMPLE.len(), 10_000, 100_000];

const ROWS: [&str; 4] = ["sha256", "floor", "usual", "handle_webhook"];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--calls") {
        let [row, size, count] = &arguments[at + 1..at + 4] else {
            unreachable!("a slice of three");
        };
        let work = Work::new(size.parse().expect("a number of bytes"));
        for _ in 0..count.parse().expect("a number of calls") {
            work.call(row);
        }
        return;
    }
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let mut group = criterion.benchmark_group("cashfree_webhook");
    for size in SIZES {
        let work = Work::new(size);
        group.throughput(Throughput::Bytes(size as u64));
        for row in ROWS {
            group.bench_function(BenchmarkId::new(row, size), |bencher| {
                bencher.iter(|| work.call(row));
            });
        }
    }
    group.finish();
    criterion.final_summary();
}

struct Work {
    provider: Arc<dyn PaymentProvider>,
    request: WebhookRequest,
    key: Hmac<Sha256>,
}

impl Work {
    fn new(size: usize) -> Self {
        let settings = ConnectionSettings::new()
            .with("client_id", "TEST_ID")
            .with("client_secret", SECRET)
            .with("environment", "sandbox");
        let factory = CashfreeFactory::new().expect("a factory");
        let key = Hmac::new_from_slice(SECRET.as_bytes()).expect("a key of any length");
        Self {
            provider: factory.connect(&settings).expect("a provider"),
            request: signed(body(size), &key),
            key,
        }
    }

    fn call(&self, row: &str) {
        match row {
            "sha256" => {
                black_box(Sha256::digest(&self.request.body));
            }
            "floor" => {
                black_box(floor(&self.request, &self.key));
            }
            "usual" => {
                black_box(usual(&self.request));
            }
            "handle_webhook" => {
                let answer = self.provider.handle_webhook(&self.request).now_or_never();
                let webhook = answer.expect("no call").expect("a valid signature");
                assert!(matches!(webhook.events()[0].kind, EventKind::Payment(_)));
                black_box(webhook);
            }
            other => panic!("no row `{other}`"),
        }
    }
}

fn body(size: usize) -> String {
    const OFFER: &str = r#"{"offer_id":"f3c1a9","offer_type":"CASHBACK","offer_amount":12.5,"text":"ten per cent"},"#;
    let missing = size.saturating_sub(SAMPLE.len());
    if missing == 0 {
        return SAMPLE.to_owned();
    }
    let offers = OFFER.repeat(missing / OFFER.len());
    let list = format!("\"payment_offers\": [{}]", offers.trim_end_matches(','));
    let body = SAMPLE.replacen("\"payment_offers\": null", &list, 1);
    assert!(body.len() > size - 2 * OFFER.len(), "the sample has offers");
    body
}

fn signed(body: String, key: &Hmac<Sha256>) -> WebhookRequest {
    let now = Timestamp::now();
    let timestamp = now.as_millisecond().to_string();
    let mut mac = key.clone();
    mac.update(timestamp.as_bytes());
    mac.update(body.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let mut headers = HeaderMap::new();
    headers.insert("x-webhook-signature", signature.parse().expect("a header"));
    headers.insert("x-webhook-timestamp", timestamp.parse().expect("a header"));
    headers.insert("x-webhook-version", "2023-08-01".parse().expect("a header"));
    let url = "https://billing.example/webhooks/cashfree".parse();
    WebhookRequest::post(url.expect("an address"), headers, body, now)
}

#[derive(Deserialize)]
struct Delivery<'a> {
    r#type: &'a str,
    event_time: &'a str,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    order: Order<'a>,
    #[serde(borrow)]
    payment: Payment<'a>,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the gateway's names")]
struct Order<'a> {
    order_id: &'a str,
    #[serde(borrow)]
    order_amount: &'a RawValue,
    order_currency: &'a str,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the gateway's names")]
struct Payment<'a> {
    #[serde(borrow)]
    cf_payment_id: &'a RawValue,
    payment_status: &'a str,
    #[serde(borrow)]
    payment_amount: &'a RawValue,
    payment_time: &'a str,
}

fn verify(request: &WebhookRequest, mut mac: Hmac<Sha256>) {
    let header = |name| request.header(name).expect("a header");
    let mut signature = [0; 64];
    let length = STANDARD
        .decode_slice(header("x-webhook-signature"), &mut signature)
        .expect("base64");
    mac.update(header("x-webhook-timestamp").as_bytes());
    mac.update(&request.body);
    mac.verify_slice(&signature[..length]).expect("a signature");
}

fn floor(request: &WebhookRequest, key: &Hmac<Sha256>) -> usize {
    verify(request, key.clone());
    let read: Delivery<'_> = serde_json::from_slice(&request.body).expect("a delivery");
    let (order, payment) = (&read.data.order, &read.data.payment);
    [
        read.r#type,
        read.event_time,
        order.order_id,
        order.order_amount.get(),
        order.order_currency,
        payment.cf_payment_id.get(),
        payment.payment_status,
        payment.payment_amount.get(),
        payment.payment_time,
    ]
    .iter()
    .map(|text| text.len())
    .sum()
}

fn usual(request: &WebhookRequest) -> serde_json::Value {
    let mac = Hmac::new_from_slice(SECRET.as_bytes()).expect("a key of any length");
    verify(request, mac);
    serde_json::from_slice(&request.body).expect("JSON")
}
