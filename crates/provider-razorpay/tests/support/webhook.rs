//! Deliveries that are handled, and their events.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use payment_provider_core::{Event, VerifiedWebhook};
use serde_json::{Value, json};

use super::delivery::signed;
use super::{REFERENCE, Stage, WEBHOOK_SECRET, offline};
use test_support::event_line;

pub async fn accept(body: &str) -> VerifiedWebhook {
    let request = signed(WEBHOOK_SECRET, body);
    offline().handle_webhook(&request).await.unwrap()
}

pub async fn events(body: &Value) -> Vec<Event> {
    accept(&body.to_string()).await.into_events()
}

pub async fn lines_of(body: &Value) -> String {
    event_line::all(&events(body).await)
}

/// Returns the deliveries about a payment on the link.
pub async fn paid() -> Vec<(String, Value)> {
    let stage = Stage::new().await;
    stage.make().await;
    stage.fake.pay(REFERENCE, 20_012);
    let deliveries = stage.fake.take_deliveries().into_iter();
    deliveries
        .map(|delivery| {
            (
                delivery.event,
                serde_json::from_str(&delivery.body).unwrap(),
            )
        })
        .collect()
}

pub async fn one(event: &str) -> Value {
    let mut deliveries = paid().await.into_iter();
    deliveries.find(|(found, _)| found == event).unwrap().1
}

/// Returns a refund event with this status.
pub fn refund(status: &str) -> Value {
    json!({"event": "refund.processed", "created_at": 1_768_471_300, "payload": {
        "refund": {"entity": {"id": "rfnd_1", "amount": 5_000, "currency": "INR", "payment_id": "pay_1",
            "receipt": "credit-1", "acquirer_data": {"arn": "10000000000000"}, "created_at": 1_768_471_200,
            "status": status}},
        "payment": {"entity": {"id": "pay_1", "order_id": "order_1", "description": "#QflcnnZqCekuvL",
            "amount": 20_012, "amount_refunded": 5_000}}}})
}
