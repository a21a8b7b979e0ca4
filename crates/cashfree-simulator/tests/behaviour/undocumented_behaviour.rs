//! Settings for behaviour that the gateway does not document.

use std::sync::Arc;
use std::time::Duration;

use cashfree_simulator::{Endpoint, EventType, ManualClock, PaymentAttempt, Settings};
use serde_json::Value;

use crate::gateway::{Gateway, Receiver, fast, link};

async fn gateway(change: impl FnOnce(&mut Settings)) -> (Gateway, Receiver, Arc<ManualClock>) {
    let receiver = Receiver::start().await;
    let clock = Arc::new(ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap()));
    let config = fast().with_clock(Arc::clone(&clock) as _);
    let gateway = Gateway::with(config.with_endpoint(Endpoint::new(&receiver.url))).await;
    gateway.simulator().update_settings(change);
    (gateway, receiver, clock)
}

#[tokio::test]
async fn link_amount_limits_are_settings() {
    let (gateway, ..) = gateway(|settings| {
        settings.link_amount_minimum = "200.12".parse().unwrap();
        settings.link_amount_maximum = "200.12".parse().unwrap();
    })
    .await;
    gateway.create(link("a", "")).await.ok();
    for amount in ["200.11", "200.13"] {
        let refused = gateway
            .create(link("b", "").replace("200.12", amount))
            .await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, "link_amount_invalid")
        );
    }
}

#[tokio::test]
async fn link_events_without_a_payment_have_a_null_order_or_none() {
    for (absent, fields) in [(false, 1), (true, 0)] {
        let (gateway, receiver, _) =
            gateway(|settings| settings.link_event_without_null_order = absent).await;
        gateway.create(link("a", "")).await.ok();
        gateway.cancel("a").await.ok();
        gateway.idle().await;
        let event = receiver.arrivals()[0].json();
        let data = event["data"].as_object().unwrap();
        assert_eq!(data.keys().filter(|name| *name == "order").count(), fields);
        assert_eq!(event["data"]["order"], Value::Null);
    }
}

#[tokio::test]
async fn the_expiry_event_can_be_delayed() {
    let (gateway, receiver, clock) =
        gateway(|settings| settings.expired_event_delay_ms = 60_000).await;
    let soon = r#""link_expiry_time":"2026-01-15T10:10:00Z""#;
    gateway.create(link("a", soon)).await.ok();
    clock.advance(Duration::from_mins(10));
    assert_eq!(gateway.get("/links/a").await.ok()["link_status"], "EXPIRED");
    assert!(gateway.simulator().deliveries().is_empty());
    clock.advance(Duration::from_mins(1));
    gateway.simulator().run_due_tasks();
    gateway.idle().await;
    let event = receiver.arrivals()[0].json();
    assert_eq!(event["data"]["link_status"], "EXPIRED");
    assert_eq!(event["event_time"], "2026-01-15T15:41:00+05:30");
}

#[tokio::test]
async fn charges_events_are_sent_only_if_enabled() {
    for (enabled, events) in [(false, 0), (true, 1)] {
        let (gateway, receiver, _) =
            gateway(|settings| settings.payment_charges_event = enabled).await;
        gateway.create(link("a", "")).await.ok();
        gateway.simulator().pay("a", PaymentAttempt::new()).unwrap();
        gateway.idle().await;
        let charges = receiver.of_type(EventType::PaymentCharges.as_str());
        assert_eq!(charges.len(), events);
        for event in charges {
            assert_eq!(
                event.json()["data"]["payment"]["payment_status"],
                Value::Null
            );
        }
    }
}

#[tokio::test]
async fn the_webhook_timeout_is_a_setting() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}/", listener.local_addr().unwrap());
    let (gateway, ..) = gateway(|settings| {
        settings.webhooks.timeout_ms = 50;
        settings.retry_delays_seconds.clear();
    })
    .await;
    gateway
        .simulator()
        .add_endpoint(Endpoint::new(&silent))
        .unwrap();
    gateway.create(link("a", "")).await.ok();
    gateway.cancel("a").await.ok();
    gateway.idle().await;
    let deliveries = gateway.simulator().deliveries();
    let to_silent = deliveries
        .iter()
        .find(|delivery| delivery.url == silent)
        .unwrap();
    assert_eq!(
        to_silent.attempts[0].error.as_deref(),
        Some("no response in time")
    );
}

#[tokio::test]
async fn the_status_for_unknown_orders_is_a_setting() {
    let (gateway, ..) = gateway(|settings| settings.order_not_found_status = 400).await;
    for (path, code) in [
        ("/orders/x", "order_not_found"),
        ("/orders/x/payments", "order_not_found"),
        ("/orders/x/refunds/y", "order_not_found"),
    ] {
        let refused = gateway.get(path).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code));
    }
}
