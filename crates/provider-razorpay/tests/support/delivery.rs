//! Webhook deliveries in Razorpay's form.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use payment_provider_core::WebhookRequest;
use sha2::Sha256;

use super::NOW;

pub fn sign(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    HEXLOWER.encode(&mac.chain_update(body).finalize().into_bytes())
}

pub fn with_headers(headers: &[(&str, &[u8])], body: impl Into<Vec<u8>>) -> WebhookRequest {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.append(name, HeaderValue::from_bytes(value).unwrap());
    }
    let url = "https://shop.example/webhooks/razorpay".parse().unwrap();
    WebhookRequest::post(url, map, body.into(), NOW)
}

/// Returns a delivery with the headers of recorded deliveries.
pub fn delivery(signature: &str, body: impl Into<Vec<u8>>) -> WebhookRequest {
    let headers: [(&str, &[u8]); 6] = [
        ("content-type", b"application/json"),
        ("user-agent", b"Razorpay-Webhook/v1"),
        ("x-razorpay-signature", signature.as_bytes()),
        ("x-razorpay-event-id", b"Rp71amTwQknF4C"),
        ("request-id", b"Rp71amTwQknF4C"),
        ("accept-encoding", b"gzip"),
    ];
    with_headers(&headers, body)
}

/// Returns a delivery signed with this secret.
pub fn signed(secret: &str, body: impl Into<Vec<u8>>) -> WebhookRequest {
    let body = body.into();
    delivery(&sign(secret, &body), body)
}
