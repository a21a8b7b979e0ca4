use std::sync::Arc;

use cashfree_simulator::{
    Endpoint, ManualClock, Method, PaymentAttempt, Simulator, WebhookVersion,
};
use serde_json::Value;

use crate::gateway::{Arrival, Gateway, Receiver, SECRET, fast, instalment_link, link};

/// Starts a gateway at a fixed time, with a receiver for each webhook version, oldest first.
async fn gateway_with_receivers() -> (Gateway, [Receiver; 3]) {
    let receivers = [
        Receiver::start().await,
        Receiver::start().await,
        Receiver::start().await,
    ];
    let mut config = fast().with_clock(Arc::new(ManualClock::new(
        "2026-01-15T10:00:00.250Z".parse().unwrap(),
    )));
    for (receiver, version) in receivers.iter().zip(WebhookVersion::ALL) {
        config = config.with_endpoint(Endpoint::new(&receiver.url).with_version(version));
    }
    (Gateway::with(config).await, receivers)
}

fn only(receiver: &Receiver, event_type: &str) -> Arrival {
    let found = receiver.of_type(event_type);
    assert_eq!(found.len(), 1, "{event_type}");
    found.into_iter().next().unwrap()
}

fn pay(simulator: &Simulator, amount: &str) -> cashfree_simulator::PaymentSnapshot {
    simulator
        .pay(
            "ev",
            PaymentAttempt::new().with_amount(amount.parse().unwrap()),
        )
        .unwrap()
}

#[tokio::test]
async fn a_link_event_has_the_documented_types() {
    let (gateway, receivers) = gateway_with_receivers().await;
    gateway
        .create(instalment_link(
            "ev",
            r#""link_notes":{"k":"v"},"link_expiry_time":"2026-02-01T05:30:00+05:30""#,
        ))
        .await
        .ok();
    let payment = pay(gateway.simulator(), "55");
    gateway.idle().await;
    let arrival = only(&receivers[2], "PAYMENT_LINK_EVENT");
    assert!(arrival.verifies(SECRET));
    let event = arrival.json();
    assert_eq!(
        (&event["type"], &event["version"]),
        (&Value::from("PAYMENT_LINK_EVENT"), &Value::from(1))
    );
    assert_eq!(event["event_time"], "2026-01-15T15:30:00+05:30");
    let data = &event["data"];
    assert!(data["cf_link_id"].is_i64());
    for (field, value) in [
        ("link_id", "ev"),
        ("link_status", "PARTIALLY_PAID"),
        ("link_currency", "INR"),
        ("link_amount", "200.12"),
        ("link_amount_paid", "55.00"),
        ("link_minimum_partial_amount", "11.00"),
        ("link_created_at", "2026-01-15T10:00:00"),
        ("link_expiry_time", "2026-02-01T00:00:00"),
    ] {
        assert_eq!(data[field], value, "{field}");
    }
    assert_eq!(data["link_notes"]["k"], "v");
    assert_eq!(data["customer_details"]["customer_phone"], "9000000000");
    let order = &data["order"];
    assert_eq!(order["order_amount"], "55.00");
    assert_eq!(order["order_id"], payment.order_id.as_str());
    assert_eq!(order["order_expiry_time"], "2026-01-15T10:30:00");
    assert_eq!(
        order["transaction_id"].as_i64().unwrap().to_string(),
        payment.cf_payment_id
    );
    assert_eq!(order["transaction_status"], "SUCCESS");
    assert!(order["order_hash"].is_string());
    assert!(
        arrival.text().starts_with(r#"{"data":{"cf_link_id":"#)
            && arrival
                .text()
                .ends_with(r#""event_time":"2026-01-15T15:30:00+05:30"}"#)
    );
}

#[tokio::test]
async fn a_payment_event_follows_its_version() {
    let (gateway, receivers) = gateway_with_receivers().await;
    gateway.create(link("ev", "")).await.ok();
    let payment = pay(gateway.simulator(), "200.12");
    gateway.idle().await;
    for (receiver, version) in receivers.iter().zip(WebhookVersion::ALL) {
        let arrival = only(receiver, "PAYMENT_SUCCESS_WEBHOOK");
        let (event, newest) = (arrival.json(), version == WebhookVersion::V2025_01_01);
        let id = &event["data"]["payment"]["cf_payment_id"];
        if version == WebhookVersion::V2022_09_01 {
            assert_eq!(id.as_i64().unwrap().to_string(), payment.cf_payment_id);
        } else {
            assert_eq!(id, payment.cf_payment_id.as_str());
        }
        assert!(
            arrival.text().contains(r#""payment_amount":200.12"#)
                && arrival.text().contains(r#""order_amount":200.12"#)
        );
        let data = event["data"].as_object().unwrap();
        let payment = data["payment"].as_object().unwrap();
        assert_eq!(payment.contains_key("international_payment"), newest);
        assert_eq!(payment.contains_key("payment_surcharge"), newest);
        assert_eq!(data.contains_key("terminal_details"), newest);
        assert!(data.contains_key("payment_offers") && !data.contains_key("error_details"));
        assert_eq!(payment["payment_time"], "2026-01-15T15:30:00+05:30");
        assert!(data["order"]["order_tags"]["cf_link_id"].is_string());
        assert_eq!(data["order"]["order_tags"]["link_id"], "ev");
        assert_eq!(arrival.header("x-webhook-version"), version.as_str());
        assert_eq!(arrival.header("x-webhook-attempt"), "1");
        assert_eq!(arrival.header("x-webhook-timestamp"), "1768471200250");
        assert_eq!(arrival.header("content-type"), "application/json");
        assert_eq!(arrival.header("x-idempotency-key") != "(absent)", newest);
        assert!(arrival.verifies(SECRET) && !arrival.verifies("another"));
    }
}

#[tokio::test]
async fn failed_and_dropped_payments_send_events() {
    let (gateway, receivers) = gateway_with_receivers().await;
    gateway.create(link("ev", "")).await.ok();
    gateway
        .simulator()
        .fail(
            "ev",
            PaymentAttempt::new()
                .with_method(Method::NetBanking)
                .with_reason("declined"),
        )
        .unwrap();
    gateway
        .simulator()
        .drop_payment("ev", PaymentAttempt::new().with_method(Method::Card))
        .unwrap();
    gateway.idle().await;
    for receiver in &receivers {
        assert_eq!(receiver.arrivals().len(), 2);
        let failed = only(receiver, "PAYMENT_FAILED_WEBHOOK").json();
        assert_eq!(
            failed["data"]["error_details"]["error_description"],
            "declined"
        );
        assert_eq!(failed["data"]["payment"]["payment_group"], "net_banking");
        assert!(
            failed["data"]["payment"]["payment_method"]["netbanking"]["netbanking_bank_code"]
                .is_string()
        );
        assert_eq!(
            (
                &failed["data"]["payment"]["bank_reference"],
                &failed["data"]["payment"]["auth_id"]
            ),
            (&"NA".into(), &"null".into())
        );
        let left = only(receiver, "PAYMENT_USER_DROPPED_WEBHOOK").json();
        assert_eq!(left["data"]["payment"]["payment_status"], "USER_DROPPED");
        assert_eq!(
            left["data"]["payment"]["payment_method"]["card"]["card_number"],
            "XXXXXXXXXXXX2123"
        );
    }
    let left = only(&receivers[2], "PAYMENT_USER_DROPPED_WEBHOOK").json();
    assert!(
        !left["data"]
            .as_object()
            .unwrap()
            .contains_key("payment_gateway_details")
    );
}

#[tokio::test]
async fn cancel_and_expiry_events_have_no_order() {
    let (gateway, receivers) = gateway_with_receivers().await;
    gateway.create(link("c", "")).await.ok();
    gateway.create(link("e", "")).await.ok();
    gateway.cancel("c").await.ok();
    gateway
        .simulator()
        .advance_clock(std::time::Duration::from_hours(30 * 24));
    gateway.idle().await;
    let mut events: Vec<_> = receivers[2].arrivals().iter().map(Arrival::json).collect();
    events.sort_by_key(|event| event["data"]["link_id"].to_string());
    assert_eq!(events.len(), 2);
    for (event, (id, status)) in events.iter().zip([("c", "CANCELLED"), ("e", "EXPIRED")]) {
        assert_eq!(
            (&event["data"]["link_id"], &event["data"]["link_status"]),
            (&id.into(), &status.into())
        );
        assert!(event["data"].as_object().unwrap()["order"].is_null());
        assert_eq!(event["data"]["link_amount_paid"], "0.00");
    }
}

#[tokio::test]
async fn undocumented_event_variants_are_settings() {
    let (gateway, receivers) = gateway_with_receivers().await;
    gateway.create(instalment_link("ev", "")).await.ok();
    let simulator = gateway.simulator();
    simulator.update_settings(|settings| {
        settings.transaction_id_unlike_payment_id = true;
        settings.payment_event_without_link_id = true;
    });
    let payment = pay(simulator, "55");
    gateway.idle().await;
    let event = only(&receivers[2], "PAYMENT_LINK_EVENT").json();
    assert_ne!(
        event["data"]["order"]["transaction_id"]
            .as_i64()
            .unwrap()
            .to_string(),
        payment.cf_payment_id
    );
    let event = only(&receivers[2], "PAYMENT_SUCCESS_WEBHOOK").json();
    assert_eq!(
        event["data"]["order"]["order_tags"]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["cf_link_id"]
    );

    simulator.update_settings(|settings| {
        settings.paid_with_null_order = true;
        settings.paid_status_on_partial = true;
    });
    pay(simulator, "20");
    gateway.idle().await;
    let events = receivers[2].of_type("PAYMENT_LINK_EVENT");
    let data = &events[1].json()["data"];
    assert!(data["order"].is_null());
    assert_eq!(
        (&data["link_status"], &data["link_amount_paid"]),
        (&"PAID".into(), &"75.00".into())
    );
}
