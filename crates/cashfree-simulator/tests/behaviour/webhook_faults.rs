use std::sync::Arc;
use std::time::Duration;

use cashfree_simulator::{
    Endpoint, EventType, ManualClock, PaymentAttempt, SimulatorConfig, WebhookDeliveryState,
    WebhookFault, WebhookFaultRule,
};
use reqwest::Method;
use test_support::FrozenTime;

use crate::gateway::{Gateway, Receiver, SECRET, fast, instalment_link};

const PAID: EventType = EventType::PaymentSuccess;

async fn gateway(receiver: &Receiver, config: SimulatorConfig) -> Gateway {
    let gateway =
        Gateway::with(config.with_endpoint(Endpoint::new(&receiver.url).with_events([PAID]))).await;
    gateway.create(instalment_link("l", "")).await.ok();
    gateway
}

fn pay(gateway: &Gateway, amount: &str) -> String {
    let attempt = PaymentAttempt::new().with_amount(amount.parse().unwrap());
    gateway.simulator().pay("l", attempt).unwrap().cf_payment_id
}

fn inject(gateway: &Gateway, fault: WebhookFault) {
    let rule = WebhookFaultRule::once(fault).with_event(PAID);
    gateway.simulator().inject_webhook_fault(rule);
}

/// Returns the ids of the payments in the received events, in order of arrival.
fn received(receiver: &Receiver) -> Vec<String> {
    let id = |event: serde_json::Value| {
        event["data"]["payment"]["cf_payment_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    receiver
        .arrivals()
        .iter()
        .map(|arrival| id(arrival.json()))
        .collect()
}

#[tokio::test]
async fn a_drop_or_duplicate_fault_hits_one_webhook() {
    let receiver = Receiver::start().await;
    let gateway = gateway(&receiver, fast()).await;
    inject(&gateway, WebhookFault::Drop);
    inject(&gateway, WebhookFault::Duplicate);
    assert_eq!(gateway.simulator().webhook_faults().len(), 2);
    let _dropped = pay(&gateway, "11");
    let duplicated = pay(&gateway, "12");
    let sent = pay(&gateway, "13");
    gateway.idle().await;
    let mut payments = received(&receiver);
    payments.sort();
    assert_eq!(payments, [duplicated.clone(), duplicated, sent]);
    let states: Vec<WebhookDeliveryState> = gateway
        .simulator()
        .deliveries()
        .iter()
        .map(|d| d.state)
        .collect();
    assert_eq!(states[0], WebhookDeliveryState::Dropped);
    assert!(gateway.simulator().webhook_faults().is_empty());
}

#[tokio::test]
async fn a_reorder_fault_holds_one_webhook_until_the_next_is_sent() {
    let receiver = Receiver::start().await;
    let gateway = gateway(&receiver, fast()).await;
    gateway
        .simulator()
        .update_settings(|settings| settings.webhooks.reorder_hold_ms = 20_000);
    inject(&gateway, WebhookFault::Reorder);
    let (first, second) = (pay(&gateway, "11"), pay(&gateway, "12"));
    gateway.idle().await;
    assert_eq!(received(&receiver), [second, first]);
}

#[tokio::test]
async fn a_delayed_webhook_is_retried_on_schedule() {
    let receiver = Receiver::start().await;
    let gateway = gateway(&receiver, fast()).await;
    let rule = WebhookFaultRule::once(WebhookFault::Delay).with_delay(Duration::from_millis(1500));
    gateway.simulator().inject_webhook_fault(rule);
    let frozen = FrozenTime::start();
    let late = pay(&gateway, "11");
    let prompt = pay(&gateway, "12");
    let simulator = gateway.simulator();
    simulator
        .wait_for_deliveries(|all| all[1].state == WebhookDeliveryState::Delivered)
        .await;
    assert_eq!(received(&receiver), std::slice::from_ref(&prompt));
    receiver.refuse(&[500, 500]);
    drop(frozen);
    gateway.idle().await;
    assert_eq!(
        received(&receiver),
        [prompt, late.clone(), late.clone(), late]
    );
    assert_eq!(simulator.deliveries()[0].attempts.len(), 3);
}

#[tokio::test]
async fn a_fault_gives_one_webhook_a_wrong_signature_or_old_timestamp() {
    let receiver = Receiver::start().await;
    let clock = Arc::new(ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap()));
    let gateway = gateway(&receiver, fast().with_clock(clock)).await;
    inject(&gateway, WebhookFault::WrongSignature);
    inject(&gateway, WebhookFault::OldTimestamp);
    for amount in ["11", "12", "13"] {
        pay(&gateway, amount);
        gateway.idle().await;
    }
    let arrivals = receiver.arrivals();
    let verifying: Vec<bool> = arrivals.iter().map(|a| a.verifies(SECRET)).collect();
    assert_eq!(verifying, [false, true, true]);
    let stamps: Vec<&str> = arrivals
        .iter()
        .map(|a| a.header("x-webhook-timestamp"))
        .collect();
    assert_eq!(stamps, ["1768471200000", "1768298400000", "1768471200000"]);
}

#[tokio::test]
async fn a_setting_gives_all_webhooks_old_timestamps() {
    let receiver = Receiver::start().await;
    let clock = Arc::new(ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap()));
    let gateway = gateway(&receiver, fast().with_clock(clock)).await;
    let body = r#"{"webhooks":{"timestamp_age_seconds":600}}"#;
    gateway.control(Method::POST, "/settings", body).await.ok();
    pay(&gateway, "11");
    gateway.idle().await;
    let arrival = &receiver.arrivals()[0];
    assert_eq!(arrival.header("x-webhook-timestamp"), "1768470600000");
    assert!(arrival.verifies(SECRET));
}

#[tokio::test]
async fn the_control_api_adds_and_clears_webhook_faults() {
    let gateway = Gateway::start().await;
    let add = async |body: &str| gateway.control(Method::POST, "/webhook-faults", body).await;
    for (body, field) in [
        ("{}", "fault"),
        (r#"{"fault":"lost"}"#, "fault"),
        (r#"{"fault":"drop","event":"X"}"#, "event"),
        (r#"{"fault":"drop","times":0}"#, "times"),
        (r#"{"fault":"delay","delay_ms":600001}"#, "delay_ms"),
        (r#"{"fault":"drop","more":1}"#, "more"),
    ] {
        let refused = add(body).await;
        assert_eq!(
            (refused.status, &refused.json()["field"]),
            (400, &field.into())
        );
    }
    let body = r#"{"fault":"delay","event":"DISPUTE_CLOSED","times":2,"delay_ms":5}"#;
    let added = add(body).await.ok();
    let listed = gateway
        .control(Method::GET, "/webhook-faults", "")
        .await
        .ok();
    assert_eq!(listed["webhook_faults"][0], added["webhook_fault"]);
    assert_eq!(added["webhook_fault"]["event"], "DISPUTE_CLOSED");
    let none = gateway
        .control(Method::DELETE, "/webhook-faults", "")
        .await
        .ok();
    assert_eq!(none["webhook_faults"], serde_json::json!([]));
}
