//! Webhook deliveries in Cashfree's form.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use payment_provider_core::WebhookRequest;
use sha2::Sha256;

use super::NOW;

/// The current time of the tests, in milliseconds.
pub const STAMP: &str = "1768471200000";

pub fn sign(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(timestamp.as_bytes());
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

pub fn with_headers(headers: &[(&str, &[u8])], body: impl Into<Vec<u8>>) -> WebhookRequest {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_bytes(value).unwrap())
        })
        .fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(name, value);
            map
        });
    let url = "https://shop.example/webhooks/cashfree".parse().unwrap();
    WebhookRequest::post(url, headers, body.into(), NOW)
}

/// Returns a delivery with the documented header names.
pub fn delivery(signature: &str, timestamp: &str, body: impl Into<Vec<u8>>) -> WebhookRequest {
    let headers = [
        ("x-webhook-signature", signature.as_bytes()),
        ("x-webhook-timestamp", timestamp.as_bytes()),
        ("x-webhook-version", b"2025-01-01"),
    ];
    with_headers(&headers, body)
}

/// Returns a delivery signed with this secret at the current time of the tests.
pub fn signed(secret: &str, body: impl Into<Vec<u8>>) -> WebhookRequest {
    let body = body.into();
    delivery(&sign(secret, STAMP, &body), STAMP, body)
}
