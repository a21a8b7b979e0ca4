//! The gateway's signed webhooks, as its account's holder receives them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::Sha256;

/// A webhook, ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// A payment of a link.
#[derive(Debug)]
pub(crate) struct Payment<'a> {
    /// The reference of the link, and the gateway's number of it.
    pub(crate) link: (&'a str, &'a str),
    /// The number that its id and its order's id are made of.
    pub(crate) number: usize,
    /// The amount in paise.
    pub(crate) amount: i64,
}

impl Payment<'_> {
    /// Returns the webhook of a successful payment, signed this long ago.
    pub(crate) fn webhook(&self, secret: &str, age: SignedDuration) -> Webhook {
        let (reference, id) = self.link;
        let number = self.number;
        let amount = format!("{}.{:02}", self.amount / 100, self.amount % 100);
        let amount: serde_json::Number = amount.parse().expect("a number");
        let at = Timestamp::now() - age;
        let body = json!({
            "type": "PAYMENT_SUCCESS_WEBHOOK", "event_time": at.to_string(),
            "data": {
                "order": {
                    "order_id": format!("CFPay_{number}"), "order_amount": amount,
                    "order_currency": "INR",
                    "order_tags": {"link_id": reference, "cf_link_id": id},
                },
                "payment": {
                    "cf_payment_id": (7_000_000_000_usize + number).to_string(),
                    "payment_status": "SUCCESS", "payment_amount": amount,
                    "payment_currency": "INR",
                },
                "customer_details": {"customer_name": null},
            },
        });
        sign(secret, at, body.to_string())
    }
}

fn sign(secret: &str, at: Timestamp, body: String) -> Webhook {
    let timestamp = at.as_millisecond().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(timestamp.as_bytes());
    mac.update(body.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    Webhook {
        headers: vec![
            ("x-webhook-timestamp", timestamp),
            ("x-webhook-signature", signature),
            ("x-webhook-version", "2025-01-01".to_owned()),
        ],
        body,
    }
}
