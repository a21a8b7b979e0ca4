//! The time of one delivery: verify the signature and read the events.
//!
//! ```text
//! cargo bench -p provider-razorpay --bench webhook
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

use criterion::{BenchmarkId, Criterion, Throughput};
use data_encoding::HEXLOWER;
use futures_util::FutureExt;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_core::reexport::http::HeaderMap;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::{
    ConnectionSettings, EventKind, PaymentProvider, ProviderFactory, WebhookRequest,
};
use provider_razorpay::RazorpayFactory;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

const SECRET: &str = "webhook_secret_of_the_test";

/// A delivery like the published ones:
/// <https://razorpay.com/docs/webhooks/payment-links/>.
const SAMPLE: &str = r##"{
  "entity": "event", "account_id": "acc_H4x7", "event": "payment_link.paid",
  "contains": ["payment_link", "order", "payment"],
  "payload": {
    "payment_link": {"entity": {"accept_partial": false, "amount": 20012, "amount_paid": 20012,
      "cancelled_at": 0, "created_at": 1795294000, "currency": "INR",
      "customer": {"contact": "+919123456780", "email": "asha@shop.example", "name": "Asha Rao"},
      "description": "Invoice 17", "expire_by": 0, "expired_at": 0, "first_min_partial_amount": 0,
      "id": "plink_QflcnnZqCekuvL", "notes": null, "notify": {"email": false, "sms": false},
      "order_id": "order_QflczVVaNJciLq", "reference_id": "inv-2026-0017-A", "reminder_enable": false,
      "short_url": "https://rzp.io/i/x7", "status": "paid", "updated_at": 1795294429, "user_id": ""}},
    "payment": {"entity": {"id": "pay_Qfld2mNHMSWnHK", "entity": "payment", "amount": 20012,
      "currency": "INR", "status": "captured", "order_id": "order_QflczVVaNJciLq", "method": "upi",
      "amount_refunded": 0, "captured": true, "description": "#QflcnnZqCekuvL", "vpa": "asha@upi.example",
      "email": "asha@shop.example", "contact": "+919123456780", "notes": [], "fee": 472, "tax": 72,
      "error_code": null, "acquirer_data": {"rrn": "601512345678"}, "created_at": 1795294420}}
  },
  "offers": null,
  "created_at": 1795294430
}"##;

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
    let mut group = criterion.benchmark_group("razorpay_webhook");
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
            .with("key_id", "rzp_test_1DP5mmOlF5G5ag")
            .with("key_secret", "key_secret_of_the_test")
            .with("webhook_secrets", SECRET)
            .with("environment", "sandbox");
        let factory = RazorpayFactory::new().expect("a factory");
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
    let list = format!("\"offers\": [{}]", offers.trim_end_matches(','));
    let body = SAMPLE.replacen("\"offers\": null", &list, 1);
    assert!(body.len() > size - 2 * OFFER.len(), "the sample has offers");
    body
}

fn signed(body: String, key: &Hmac<Sha256>) -> WebhookRequest {
    let now = Timestamp::now();
    let mut mac = key.clone();
    mac.update(body.as_bytes());
    let signature = HEXLOWER.encode(&mac.finalize().into_bytes());
    let mut headers = HeaderMap::new();
    headers.insert("x-razorpay-signature", signature.parse().expect("a header"));
    let url = "https://billing.example/webhooks/razorpay".parse();
    WebhookRequest::post(url.expect("an address"), headers, body, now)
}

#[derive(Deserialize)]
struct Delivery<'a> {
    event: &'a str,
    #[serde(borrow)]
    payload: Payload<'a>,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    payment_link: Part<Link<'a>>,
    #[serde(borrow)]
    payment: Part<Payment<'a>>,
}

#[derive(Deserialize)]
struct Part<T> {
    entity: T,
}

#[derive(Deserialize)]
struct Link<'a> {
    id: &'a str,
    reference_id: &'a str,
    order_id: &'a str,
    status: &'a str,
    currency: &'a str,
    #[serde(borrow)]
    amount: &'a RawValue,
    #[serde(borrow)]
    amount_paid: &'a RawValue,
}

#[derive(Deserialize)]
struct Payment<'a> {
    id: &'a str,
    status: &'a str,
    #[serde(borrow)]
    amount: &'a RawValue,
    currency: &'a str,
    order_id: &'a str,
    #[serde(borrow)]
    created_at: &'a RawValue,
}

fn verify(request: &WebhookRequest, mut mac: Hmac<Sha256>) {
    let header = request.header("x-razorpay-signature").expect("a header");
    let mut signature = [0; 32];
    let length = HEXLOWER.decode_mut(header.as_bytes(), &mut signature);
    assert_eq!(length, Ok(32));
    mac.update(&request.body);
    mac.verify_slice(&signature).expect("a signature");
}

fn floor(request: &WebhookRequest, key: &Hmac<Sha256>) -> usize {
    verify(request, key.clone());
    let read: Delivery<'_> = serde_json::from_slice(&request.body).expect("a delivery");
    let (link, payment) = (
        &read.payload.payment_link.entity,
        &read.payload.payment.entity,
    );
    [
        read.event,
        link.id,
        link.reference_id,
        link.order_id,
        link.status,
        link.currency,
        link.amount.get(),
        link.amount_paid.get(),
        payment.id,
        payment.status,
        payment.amount.get(),
        payment.currency,
        payment.order_id,
        payment.created_at.get(),
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
