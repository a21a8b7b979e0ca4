//! Verifies a webhook delivery and reads its events.
//!
//! ```text
//! cargo run -p provider-cashfree --example read_webhook
//! ```

use std::error::Error;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_core::reexport::http::HeaderMap;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::{ConnectionSettings, EventKind, ProviderFactory, WebhookRequest};
use provider_cashfree::CashfreeFactory;
use sha2::Sha256;

const SECRET: &str = "cfsk_ma_test_secret";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let settings = ConnectionSettings::new()
        .with("client_id", "TEST_ID")
        .with("client_secret", SECRET)
        .with("environment", "sandbox");
    let provider = CashfreeFactory::new()?.connect(&settings)?;

    // A web server passes the method, the headers and the raw body on unchanged. The signature
    // covers the bytes: a body that was parsed and written again no longer verifies.
    let request = received()?;
    let webhook = provider.handle_webhook(&request).await?;

    // Store the delivery before answering with status 200. Cashfree repeats it with the same body,
    // and gives it no id of its own.
    println!("delivery of {} bytes", request.body.len());
    for event in webhook.events() {
        match &event.kind {
            EventKind::Payment(payment) => {
                let key = payment.dedup_key();
                println!("payment {}: {}, key {key}", payment.id, payment.amount);
            }
            EventKind::PaymentClaimed(claim) => {
                println!("received, to be confirmed: {claim:?}");
            }
            EventKind::Snapshot(link) => println!("link {}", link.status),
            EventKind::FetchNeeded => println!("ask the gateway for the payments of the link"),
            other => println!("{other:?}"),
        }
    }
    assert!(matches!(webhook.events()[0].kind, EventKind::Payment(_)));

    // A delivery with another body is refused, whatever the reason.
    let mut forged = request;
    forged.body = String::from_utf8(forged.body.to_vec())?
        .replace("200.12", "2001.20")
        .into();
    let error = provider.handle_webhook(&forged).await;
    println!("{}", error.err().ok_or("a forged delivery was accepted")?);
    Ok(())
}

/// A payment event as Cashfree sends it:
/// <https://www.cashfree.com/docs/api-reference/payments/latest/payments/webhooks>.
fn received() -> Result<WebhookRequest, Box<dyn Error>> {
    let body = r#"{"type":"PAYMENT_SUCCESS_WEBHOOK","event_time":"2026-01-15T15:27:58+05:30","data":{
        "order":{"order_id":"CFPay_Qx7_m3","order_amount":200.12,"order_currency":"INR",
        "order_tags":{"cf_link_id":"4410023","link_id":"inv-2026-0001"}},
        "payment":{"cf_payment_id":"880143","payment_status":"SUCCESS","payment_amount":200.12,
        "payment_currency":"INR","payment_time":"2026-01-15T15:27:51+05:30","payment_group":"upi"}}}"#;
    let now = Timestamp::now();
    let timestamp = now.as_millisecond().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
    mac.update(timestamp.as_bytes());
    mac.update(body.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());

    let mut headers = HeaderMap::new();
    headers.insert("x-webhook-signature", signature.parse()?);
    headers.insert("x-webhook-timestamp", timestamp.parse()?);
    headers.insert("x-webhook-version", "2025-01-01".parse()?);
    let url = "https://billing.example/webhooks/cashfree".parse()?;
    Ok(WebhookRequest::post(url, headers, body, now))
}

#[test]
fn the_example_runs() {
    main().unwrap();
}
