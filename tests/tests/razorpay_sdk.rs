//! Razorpay's own SDK beside our provider: both answer the same questions about signatures, and give the same answers.
//!
//! `RAZORPAY_SDK` names the Python that has the SDK; `cargo xtask test` installs it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use cross_crate_tests::Sdk;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use payment_provider_core::reexport::http::{HeaderMap, HeaderValue};
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{ConnectionSettings, PaymentProvider, ProviderFactory, WebhookRequest};
use provider_razorpay::RazorpayFactory;
use serde_json::{Value, json};
use sha2::Sha256;

const KEY_SECRET: &str = "EnLs21M47BllR3X8PSFtjtbd";
const WEBHOOK_SECRET: &str = "rzp-webhook-secret";

fn provider() -> Arc<dyn PaymentProvider> {
    let settings = ConnectionSettings::new()
        .with("key_id", "rzp_test_1DP5mmOlF5G5ag")
        .with("key_secret", KEY_SECRET)
        .with("webhook_secrets", WEBHOOK_SECRET)
        .with("environment", "sandbox");
    let factory = RazorpayFactory::new().expect("a factory");
    factory.connect(&settings).expect("a connection")
}

fn hmac(secret: &str, message: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(message);
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

/// Returns the published deliveries, or those that are always available.
fn bodies() -> Vec<String> {
    let mut bodies = vec![
        "{}".to_owned(),
        r#"{"a":1,"b":2,"c":{"d":3}}"#.to_owned(),
        "{\"event\":\"payment_link.paid\",\"note\":\"größe ₹ \\u0000\"}\n".to_owned(),
    ];
    let missing = "no published delivery was verified";
    let Some(reference) = test_support::reference_dir("RAZORPAY_REFERENCE_DIR", missing) else {
        return bodies;
    };
    for folder in ["webhooks", "webhooks/observed", "webhooks/derived"] {
        let folder = Path::new(&reference).join(folder);
        for entry in fs::read_dir(&folder).expect("the samples") {
            let path = entry.expect("an entry").path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                bodies.push(fs::read_to_string(path).expect("a sample"));
            }
        }
    }
    assert!(bodies.len() > 30, "only {} samples", bodies.len());
    bodies
}

/// Returns pairs of a delivery and a signature, valid or invalid in some way.
fn questions(body: &str) -> Vec<(String, String)> {
    let right = hmac(WEBHOOK_SECRET, body.as_bytes());
    let mut altered = body.to_owned();
    altered.push(' ');
    let mut turned = right.clone();
    turned.replace_range(..1, if right.starts_with('0') { "1" } else { "0" });
    vec![
        (body.to_owned(), right.clone()),
        (altered, right.clone()),
        (body.to_owned(), turned),
        (body.to_owned(), right[..63].to_owned()),
        (body.to_owned(), String::new()),
        (body.to_owned(), hmac(KEY_SECRET, body.as_bytes())),
        (body.to_owned(), hmac("", body.as_bytes())),
        (String::new(), right),
    ]
}

async fn taken(provider: &dyn PaymentProvider, body: &str, signature: &str) -> bool {
    let url: Url = "https://host.example/webhooks".parse().expect("an address");
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_str(signature).expect("a header value");
    headers.insert("x-razorpay-signature", value);
    let now = Timestamp::now();
    let request = WebhookRequest::post(url, headers, body.to_owned(), now);
    provider.handle_webhook(&request).await.is_ok()
}

async fn asked(sdk: &Sdk, questions: &[Value]) -> Vec<bool> {
    let lines: Vec<_> = questions.iter().map(Value::to_string).collect();
    let answers = sdk
        .run("verify_razorpay.py", &[], lines.join("\n").into_bytes())
        .await;
    assert_eq!(
        answers.len(),
        questions.len(),
        "an answer for each question"
    );
    let accepted = |answer: &Value| answer["accepted"].as_bool().expect("a verdict");
    answers.iter().map(accepted).collect()
}

#[tokio::test]
async fn deliveries_are_judged_as_by_the_sdk() {
    let Some(sdk) = Sdk::razorpay() else { return };
    let provider = provider();
    let cases: Vec<_> = bodies().iter().flat_map(|body| questions(body)).collect();
    let questions: Vec<_> = cases
        .iter()
        .map(|(body, signature)| {
            json!({"delivery": {"body": body, "signature": signature, "secret": WEBHOOK_SECRET}})
        })
        .collect();
    let verdicts = asked(&sdk, &questions).await;
    let mut accepted = 0;
    for ((body, signature), verdict) in cases.iter().zip(&verdicts) {
        let ours = taken(&*provider, body, signature).await;
        assert_eq!(ours, *verdict, "signature {signature:?} of {body}");
        accepted += usize::from(ours);
    }
    assert_eq!(accepted, cases.len() / 8, "one of eight is signed rightly");
    println!(
        "{} verdicts on deliveries agree, {accepted} of them accept",
        cases.len()
    );
}

#[tokio::test]
async fn ways_back_are_judged_as_by_the_sdk() {
    let Some(sdk) = Sdk::razorpay() else { return };
    let provider = provider();
    let returns = provider.signed_returns().expect("signed returns");
    let links = [
        (
            "plink_IH3cNucfVEgV68",
            "TSsd1989",
            "paid",
            "pay_IH3d0ara9bSsjQ",
        ),
        ("plink_IH3cNucfVEgV68", "", "paid", "pay_IH3d0ara9bSsjQ"),
        (
            "plink_QfldZ3hGSv7z1V",
            "inv-AB_1",
            "partially_paid",
            "pay_QflczVVaNJciLq",
        ),
    ];
    let mut cases = Vec::new();
    for (link, reference, status, payment) in links {
        let message = [link, reference, status, payment].join("|");
        for secret in [KEY_SECRET, WEBHOOK_SECRET] {
            let signature = hmac(secret, message.as_bytes());
            cases.push(([link, reference, status, payment], signature.clone()));
            for (place, other) in ["plink_other", "other", "cancelled", "pay_other"]
                .into_iter()
                .enumerate()
            {
                let mut parts = [link, reference, status, payment];
                parts[place] = other;
                cases.push((parts, signature.clone()));
            }
        }
    }
    let questions: Vec<_> = cases
        .iter()
        .map(|([link, reference, status, payment], signature)| {
            json!({"return": {"secret": KEY_SECRET, "parameters": {
                "payment_link_id": link, "payment_link_reference_id": reference,
                "payment_link_status": status, "razorpay_payment_id": payment,
                "razorpay_signature": signature,
            }}})
        })
        .collect();
    let verdicts = asked(&sdk, &questions).await;
    let mut accepted = 0;
    for (([link, reference, status, payment], signature), verdict) in cases.iter().zip(&verdicts) {
        let mut url: Url = "https://host.example/thanks?mine=1"
            .parse()
            .expect("an address");
        url.query_pairs_mut()
            .append_pair("razorpay_payment_id", payment)
            .append_pair("razorpay_payment_link_id", link)
            .append_pair("razorpay_payment_link_reference_id", reference)
            .append_pair("razorpay_payment_link_status", status)
            .append_pair("razorpay_signature", signature);
        let ours = returns.verify_return(&url).is_ok();
        assert_eq!(ours, *verdict, "{url}");
        accepted += usize::from(ours);
    }
    assert_eq!(accepted, links.len(), "the right ones and no others");
    println!(
        "{} verdicts on ways back agree, {accepted} of them accept",
        cases.len()
    );
}
