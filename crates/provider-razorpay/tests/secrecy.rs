//! Secrets and personal data never appear in `Debug` output, errors, spans or logs.

mod fake;
mod support;

use std::error::Error;

use bytes::Bytes;
use http::Response;
use payment_provider_conformance::wire::{WireFault, json};
use payment_provider_core::{
    CheckoutLocator, CheckoutRequest, Customer, CustomerId, ProviderError, ProviderFactory,
};
use provider_razorpay::RazorpayFactory;
use support::delivery::{delivery, signed};
use support::log::Log;
use support::*;

const PHONE: &str = "9000090000";
const CANARIES: [&str; 10] = [
    KEY_SECRET,
    WEBHOOK_SECRET,
    KEY_ID,
    "canary-email",
    "canary-name",
    "canary-note",
    "canary-purpose",
    "canary-message",
    "canary-body",
    PHONE,
];

fn chain(error: &ProviderError) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&[" ", &cause.to_string(), " ", &format!("{cause:?}")].concat());
        source = cause.source();
    }
    text
}

fn assert_clean(what: &str, text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} is in {what}: {text}");
    }
}

fn raw(status: u16, body: &'static str) -> Response<Bytes> {
    let response = Response::builder().status(status);
    response.body(Bytes::from_static(body.as_bytes())).unwrap()
}

/// Faults and responses of every kind, with all values that an error could repeat.
fn faults() -> Vec<WireFault> {
    let message = |status: u16| {
        let body = format!(
            r#"{{"error":{{"code":"canary-body {PHONE}","description":"contact: canary-message {PHONE}",
            "field":"canary-body","reason":"canary-body {PHONE}","metadata":[]}}}}"#
        );
        WireFault::ReplaceBefore(json(status, body))
    };
    let mut away = raw(302, "canary-body");
    let address = "https://thief.example/canary-body".parse().unwrap();
    away.headers_mut().insert("location", address);
    let mut faults = vec![
        WireFault::ResetBefore,
        WireFault::HangBefore,
        WireFault::Garbage(Bytes::from_static(b"canary-body\r\n\r\n")),
        WireFault::CloseMidBody,
        WireFault::ReplaceBefore(raw(200, "canary-body")),
        WireFault::ReplaceBefore(raw(200, r#"{"id":"x","reference_id":"canary-body"}"#)),
        WireFault::ReplaceBefore(raw(200, r#"{"payment_links":["canary-body"]}"#)),
        WireFault::ReplaceBefore(raw(400, r#"{"error":"canary-body"}"#)),
        WireFault::ReplaceBefore(raw(403, "<html>canary-body")),
        WireFault::ReplaceBefore(raw(502, "<html>canary-body")),
        WireFault::ReplaceBefore(away),
    ];
    faults.extend([400, 401, 404, 409, 429, 500].map(message));
    faults
}

fn canary_request() -> CheckoutRequest {
    let mut request = request().with_note("note", "canary-note");
    request.purpose = String::from("canary-purpose");
    request.customer = Customer::new(CustomerId::new("c").unwrap())
        .with_phone(PHONE)
        .with_email("canary-email@shop.example")
        .with_name("canary-name");
    request
}

async fn run_all(stage: &Stage, locator: &CheckoutLocator) {
    let prepared = stage.provider.prepare_checkout(&canary_request()).unwrap();
    assert_clean("prepared", &format!("{prepared:?}"));
    for (name, outcome) in operations::all(&stage.provider, &canary_request(), locator).await {
        match outcome {
            Ok(shown) => assert_clean(name, &shown),
            Err(error) => {
                let shown = chain(&error);
                assert_clean(name, &shown);
                assert!(!shown.contains("127.0.0.1"), "an address is in {shown}");
                assert!(!shown.contains("plink_"), "an id is in {shown}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_secret_or_personal_is_shown_or_logged() {
    let log = Log::listen();
    for fault in faults() {
        let stage = Stage::new().await;
        stage.gateway.fault_where(|_| true, fault);
        run_all(&stage, &locator()).await;
        run_all(&stage, &known("plink_QflcnnZqCekuvL")).await;
    }
    // An existing link with all fields that differs from the request.
    let stage = Stage::new().await;
    run_all(&stage, &locator()).await;
    stage.fake.pay(REFERENCE, 5_000);
    stage.fake.fail(REFERENCE, 5_000);
    run_all(&stage, &locator()).await;
    for delivery in stage.fake.take_deliveries() {
        let request = signed(WEBHOOK_SECRET, delivery.body);
        let webhook = stage.provider.handle_webhook(&request);
        assert_clean("webhook", &format!("{:?}", webhook.await.unwrap()));
    }
    let settings = settings(&base_url(&stage.gateway));
    assert_clean("settings", &format!("{settings:?}"));
    assert_clean(
        "provider",
        &format!("{:?} {:#?}", stage.provider, stage.provider),
    );
    let returns = stage.provider.signed_returns().unwrap();
    assert_clean("returns", &format!("{returns:?}"));
    for body in ["canary-body", r#"{"event":"X","payload":"canary-body"}"#] {
        let request = signed(WEBHOOK_SECRET, body);
        let webhook = stage.provider.handle_webhook(&request);
        assert_clean("webhook", &format!("{:?}", webhook.await.unwrap()));
        let request = delivery("canary-body", body);
        assert_clean("request", &format!("{request:?}"));
        let forged = stage.provider.handle_webhook(&request).await;
        assert_clean("error", &chain(&forged.unwrap_err()));
    }
    let back = "https://shop.example/?razorpay_payment_id=canary-body"
        .parse()
        .unwrap();
    assert_clean("error", &chain(&returns.verify_return(&back).unwrap_err()));
    let factory = RazorpayFactory::new().unwrap();
    let shown = format!("{factory:?} {:?}", factory.descriptor());
    assert_clean("factory", &shown);

    let text = log.text();
    assert_clean("log", &text);
    for expected in [
        "TRACE",
        "GET /payment_links/{link_id}",
        "create_checkout",
        "http.request.resend_count=2",
        "http.response.status_code=400",
    ] {
        assert!(
            text.contains(expected),
            "{expected} is missing: the log was not captured"
        );
    }
    assert!(!text.contains("inv-1"), "an address with an id was logged");
    assert!(!text.contains("plink_"), "an address with an id was logged");
}
