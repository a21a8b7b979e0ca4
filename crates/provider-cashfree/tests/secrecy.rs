//! What is secret or personal shows up nowhere: not in `Debug`, not in errors, not in any log.

mod support;

use std::error::Error;
use std::sync::Arc;

use payment_provider_core::{
    Customer, CustomerId, PaymentProvider, ProviderError, ProviderFactory,
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
    let message = |status: u16| {
        let body = format!(
            r#"{{"message":"canary-message {PHONE}","code":"customer_phone_invalid","type":"canary-body {PHONE}"}}"#
        );
        reply(status, body)
    };
    let acts = [
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
        message(400),
        message(401),
        message(404),
        message(409),
        message(422),
        message(429),
        message(500),
        reply(301, "canary-body").with("location", "https://thief.example/canary-body"),
    ];
    for act in acts {
        let gateway = Scripted::handler(move |_, _| act.clone()).await;
        let provider = account(&gateway.base_url);
        let prepared = provider.preflight_checkout(&canary_request()).unwrap();
        assert_clean("prepared", &format!("{prepared:?}"));
        let created = provider.create_checkout(&prepared).await;
        let fetched = provider.fetch_checkout(&locator()).await;
        let cancelled = provider.cancel_checkout(&locator()).await;
        let listed = provider.list_payments(&locator()).await;
        let checked = provider.check_connection().await;
        let errors = [
            created.err(),
            fetched.err(),
            cancelled.err(),
            listed.err(),
            checked.err(),
        ];
        for error in errors.into_iter().flatten() {
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
    let prepared = provider.preflight_checkout(&canary_request()).unwrap();
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
    for word in [
        "cashfree_request",
        "create_checkout",
        "attempt=2",
        "status=400",
    ] {
        assert!(
            text.contains(word),
            "{word} is missing: the log was not heard"
        );
    }
}
