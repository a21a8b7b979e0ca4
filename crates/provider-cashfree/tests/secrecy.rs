//! Secrets and personal data never appear in `Debug` output, errors, spans or logs. Here the
//! responses contain them too; `fault_table` checks every fault.

mod support;

use std::error::Error;
use std::sync::Arc;

use payment_provider_core::{
    CheckoutLocator, Customer, CustomerId, GatewayCheckoutId, PaymentProvider, ProviderError,
    ProviderFactory,
};
use provider_cashfree::CashfreeFactory;
use support::delivery::{delivery, signed};
use support::log::Log;
use support::*;

const PHONE: &str = "9000000000";
const CANARIES: [&str; 9] = [
    SECRET,
    "canary-client-id",
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

fn account(base_url: &str) -> Arc<dyn PaymentProvider> {
    let settings = settings(base_url)
        .with("client_id", "canary-client-id")
        .with("missing_phone_number", PHONE);
    assert_clean("settings", &format!("{settings:?}"));
    let provider = connect_with(config(), &settings);
    assert_clean("provider", &format!("{provider:?} {provider:#?}"));
    provider
}

fn away(status: u16) -> Act {
    reply(status, "canary-body").with("location", "https://thief.example/canary-body")
}

/// Responses of every kind, with all values that an error could repeat.
fn answers() -> Vec<Act> {
    let huge = [vec![b' '; 2 * 1024 * 1024], b"canary-body".to_vec()].concat();
    let message = |status: u16| {
        let body = format!(
            r#"{{"message":"canary-message {PHONE}","code":"customer_phone_invalid","type":"canary-body {PHONE}"}}"#
        );
        reply(status, body)
    };
    vec![
        Act::Close,
        Act::Hang,
        Act::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\ncanary-body".to_vec()),
        Act::Raw(b"canary-body\r\n\r\n".to_vec()),
        ok("canary-body"),
        ok(format!("{{\"link_id\":\"canary-body {PHONE}\"}}")),
        ok(link_like(
            "canary-body",
            "\"canary-body\"",
            "INR",
            "0",
            "canary-body",
        )),
        ok(link_like("PAID", "1", "USD", "1", "canary-body")),
        ok(huge),
        ok(link()).with("x-request-id", "canary-body canary-email"),
        message(400),
        message(401),
        message(403),
        message(404),
        message(408),
        message(409),
        message(422),
        message(429).with("x-ratelimit-type", "canary-body canary-email"),
        message(500),
        message(500).with("x-idempotency-replayed", "true"),
        message(502),
        reply(403, "<html>canary-body"),
        reply(404, "<html>canary-body"),
        reply(502, "<html>canary-body"),
        away(301),
        away(302),
        away(303),
        away(307),
        away(308),
    ]
}

fn canary_request() -> payment_provider_core::CheckoutRequest {
    let mut request = request().with_note("note", "canary-note");
    request.purpose = String::from("canary-purpose");
    request.customer = Customer::new(CustomerId::new("c").unwrap())
        .with_phone(PHONE)
        .with_email("canary-email@shop.example")
        .with_name("canary-name");
    request
}

#[tokio::test(start_paused = true)]
async fn nothing_secret_or_personal_is_shown_or_logged() {
    let log = Log::listen();
    let gateway_id = GatewayCheckoutId::new("1").unwrap();
    let known = CheckoutLocator::new(reference(), Some(gateway_id));
    for act in answers() {
        let gateway = Scripted::handler(move |_, _| act.clone()).await;
        let provider = account(&gateway.base_url);
        let prepared = provider.prepare_checkout(&canary_request()).unwrap();
        assert_clean("prepared", &format!("{prepared:?}"));
        let mut outcomes = operations::all(&provider, &canary_request(), &locator()).await;
        outcomes.extend(operations::all(&provider, &canary_request(), &known).await);
        for (name, outcome) in outcomes {
            let error = match outcome {
                Ok(shown) => {
                    assert_clean(name, &shown);
                    continue;
                }
                Err(error) => error,
            };
            let shown = chain(&error);
            assert_clean("error", &shown);
            assert!(
                !shown.contains("inv-1"),
                "an address with an id is in {shown}"
            );
            assert!(!shown.contains("127.0.0.1"), "an address is in {shown}");
        }
    }

    let gateway = Scripted::handler(|_, _| ok(link())).await;
    let provider = account(&gateway.base_url);
    let prepared = provider.prepare_checkout(&canary_request()).unwrap();
    let _ = provider.create_checkout(&prepared).await;
    for body in ["canary-body", r#"{"type":"X","data":"canary-body"}"#] {
        let webhook = provider
            .handle_webhook(&signed(SECRET, body))
            .await
            .unwrap();
        assert_clean("webhook", &format!("{webhook:?}"));
        let request = delivery("canary-body", "canary-body", body);
        assert_clean("request", &format!("{request:?}"));
        assert_clean(
            "error",
            &chain(&provider.handle_webhook(&request).await.unwrap_err()),
        );
    }
    let factory = CashfreeFactory::new().unwrap();
    assert_clean(
        "factory",
        &format!("{factory:?} {:?}", factory.descriptor()),
    );

    let text = log.text();
    assert_clean("log", &text);
    assert!(!text.contains("inv-1"), "an address with an id was logged");
    for expected in [
        "TRACE",
        "reqwest::connect",
        "GET /links/{link_id}",
        "create_checkout",
        "http.request.resend_count=2",
        "http.response.status_code=400",
    ] {
        assert!(
            text.contains(expected),
            "{expected} is missing: the log was not captured"
        );
    }
}
