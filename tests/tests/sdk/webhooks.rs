//! The SDK accepts the simulator's signatures, and so does our provider; both reject the same forgeries.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cross_crate_tests::Sdk;
use jiff::Timestamp;
use payment_provider_core::{
    ConnectionSettings, EventKind, PaymentProvider, ProviderErrorKind, ProviderFactory,
    TimestampCheck, WebhookRequest,
};
use provider_cashfree::CashfreeFactory;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::forgery::{Delivery, FORGERIES, RETIRED, SECRET, SIGNED, Verdict};
use crate::sent::{everything, gist};

#[tokio::test]
async fn sdk_5_and_the_provider_take_and_reject_the_same() {
    if let Some(sdk) = Sdk::five() {
        agree(&sdk).await;
    }
}

#[tokio::test]
async fn sdk_6_and_the_provider_take_and_reject_the_same() {
    if let Some(sdk) = Sdk::six() {
        agree(&sdk).await;
    }
}

async fn agree(sdk: &Sdk) {
    let genuine = everything().await;
    let mut cases: Vec<(String, Delivery, Verdict, Verdict)> = Vec::new();
    for (at, it) in genuine.iter().enumerate() {
        let other = &genuine[(at + 1) % genuine.len()];
        for (name, change) in FORGERIES {
            let forged = change(it, other);
            // Not every signature has a letter that another alphabet writes differently.
            if forged != *it {
                let name = format!("{name} ({})", gist(&it.body));
                cases.push((name, forged, Verdict::Rejected, Verdict::Rejected));
            }
        }
        for (name, change, by_sdk, by_provider) in SIGNED {
            let name = format!("{name} ({})", gist(&it.body));
            cases.push((name, change(it, other), *by_sdk, *by_provider));
        }
    }
    for (name, _) in FORGERIES {
        let made = cases.iter().any(|case| case.0.starts_with(name));
        assert!(made, "no delivery shows {name:?}");
    }

    let provider = provider();
    let lines: String = cases.iter().map(|case| line(&case.1) + "\n").collect();
    let answers = sdk.run("verify_webhooks.py", &[], lines.into_bytes()).await;
    assert_eq!(answers.len(), cases.len());
    for ((name, delivery, by_sdk, by_provider), answer) in cases.iter().zip(&answers) {
        let said = match answer["accepted"].as_bool() {
            Some(true) => {
                let body: Value = serde_json::from_slice(&delivery.body).expect("JSON");
                assert_eq!(answer["type"], body["type"], "{name}");
                Verdict::Taken
            }
            _ => Verdict::Rejected,
        };
        assert_eq!(said, *by_sdk, "the SDK {} of {name}: {answer}", sdk.version);
        let said = verdict(&*provider, delivery).await;
        assert_eq!(said, *by_provider, "the provider of {name}");
    }
    println!(
        "cashfree-pg {}: {} webhooks, {} verdicts as expected",
        sdk.version,
        genuine.len(),
        cases.len()
    );
}

/// Returns a delivery as `verify_webhooks.py` reads it.
fn line(delivery: &Delivery) -> String {
    let line = json!({
        "secret": SECRET, "signature": delivery.signature, "timestamp": delivery.timestamp,
        "body": STANDARD.encode(&delivery.body),
    });
    line.to_string()
}

/// Returns our provider, during a rotation of secrets.
fn provider() -> Arc<dyn PaymentProvider> {
    let secrets = [SECRET, RETIRED].map(SecretString::from).to_vec();
    let settings = ConnectionSettings::new()
        .with("client_id", "TEST_SIMULATOR")
        .with("client_secret", secrets)
        .with("environment", "sandbox");
    let factory = CashfreeFactory::new().expect("a factory");
    factory.connect(&settings).expect("a provider")
}

async fn verdict(provider: &dyn PaymentProvider, delivery: &Delivery) -> Verdict {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("x-webhook-signature", &delivery.signature),
        ("x-webhook-timestamp", &delivery.timestamp),
    ] {
        if let Some(value) = value {
            headers.insert(name, HeaderValue::from_str(value).expect("a header"));
        }
    }
    let url = "https://merchant.example/webhooks".parse().expect("a URL");
    let now = Timestamp::now();
    let request = WebhookRequest::post(url, headers, delivery.body.clone(), now);
    let webhook = match provider.handle_webhook(&request).await {
        Ok(webhook) => webhook,
        Err(error) => {
            assert_eq!(error.kind(), ProviderErrorKind::InvalidSignature, "{error}");
            return Verdict::Rejected;
        }
    };
    let has = |kept: fn(&EventKind) -> bool| webhook.events().iter().any(|event| kept(&event.kind));
    match webhook.timestamp_check() {
        TimestampCheck::Fresh if has(|kind| matches!(kind, EventKind::Unrecognised { .. })) => {
            Verdict::TakenUnrecognised
        }
        TimestampCheck::Fresh if has(|kind| matches!(kind, EventKind::Unreadable { .. })) => {
            Verdict::TakenUnreadable
        }
        TimestampCheck::Fresh => Verdict::Taken,
        _ => Verdict::TakenAsStale,
    }
}
