use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cashfree_simulator::{
    Endpoint, EventType, Merchant, PaymentAttempt, RetryScale, SimulatorConfig,
    WebhookDeliveryState,
};
use test_support::in_time;

use crate::gateway::{Gateway, Receiver, SECRET, fast, instalment_link, link};

async fn gateway_and_receiver(config: SimulatorConfig) -> (Gateway, Receiver) {
    let receiver = Receiver::start().await;
    (
        Gateway::with(config.with_endpoint(Endpoint::new(&receiver.url))).await,
        receiver,
    )
}

#[tokio::test]
async fn a_payment_of_a_link_sends_two_events_in_random_order() {
    let (gateway, receiver) = gateway_and_receiver(fast()).await;
    for number in 0..12 {
        gateway.create(link(&format!("l{number}"), "")).await.ok();
        gateway
            .simulator()
            .pay(&format!("l{number}"), PaymentAttempt::new())
            .unwrap();
        gateway.idle().await;
    }
    let arrivals = receiver.arrivals();
    assert_eq!(arrivals.len(), 24);
    let firsts: BTreeSet<_> = arrivals
        .chunks(2)
        .map(|pair| pair[0].event_type())
        .collect();
    assert_eq!(firsts.len(), 2, "both orders occur: {firsts:?}");
    assert!(
        arrivals
            .chunks(2)
            .all(|pair| pair[0].event_type() != pair[1].event_type())
    );
}

#[tokio::test]
async fn events_go_to_the_notify_url_and_the_merchants_endpoints() {
    let (own, mine, links_only, theirs) = (
        Receiver::start().await,
        Receiver::start().await,
        Receiver::start().await,
        Receiver::start().await,
    );
    let config = fast()
        .with_merchant(Merchant::default())
        .with_merchant(Merchant::new("other", "other-secret"))
        .with_endpoint(Endpoint::new(&mine.url))
        .with_endpoint(Endpoint::new(&own.url))
        .with_endpoint(Endpoint::new(&links_only.url).with_events([EventType::PaymentLink]))
        .with_endpoint(Endpoint::new(&theirs.url).with_merchant("other"));
    let gateway = Gateway::with(config).await;
    gateway
        .create(link(
            "l",
            &format!(r#""link_meta":{{"notify_url":"{}"}}"#, own.url),
        ))
        .await
        .ok();
    gateway.simulator().pay("l", PaymentAttempt::new()).unwrap();
    gateway.idle().await;
    let counts = [&own, &mine, &links_only, &theirs].map(|receiver| receiver.arrivals().len());
    assert_eq!(
        counts,
        [2, 2, 1, 0],
        "the same address and version gets an event once"
    );
}

#[tokio::test]
async fn a_refused_webhook_is_retried_on_schedule_with_the_same_bytes() {
    let (gateway, receiver) = gateway_and_receiver(fast()).await;
    receiver.refuse(&[500, 302, 404]);
    gateway.create(link("l", "")).await.ok();
    let begun = Instant::now();
    gateway.cancel("l").await.ok();
    gateway.idle().await;
    let scaled = |seconds: u64| Duration::from_micros(seconds * 20);
    assert!(begun.elapsed() >= scaled(120 + 600 + 1800));
    let arrivals = receiver.arrivals();
    assert_eq!(
        arrivals
            .iter()
            .map(|arrival| arrival.header("x-webhook-attempt"))
            .collect::<Vec<_>>(),
        ["1", "2", "3", "4"]
    );
    assert!(
        arrivals
            .iter()
            .all(|arrival| arrival.body == arrivals[0].body && arrival.verifies(SECRET))
    );
    assert!(
        arrivals
            .iter()
            .all(|arrival| arrival.header("x-idempotency-key")
                == arrivals[0].header("x-idempotency-key"))
    );
    assert!(
        arrivals
            .iter()
            .all(|arrival| arrival.header("x-webhook-timestamp")
                == arrivals[0].header("x-webhook-timestamp"))
    );
    let delivery = &gateway.simulator().deliveries()[0];
    assert_eq!(delivery.state, WebhookDeliveryState::Delivered);
    assert_eq!(
        delivery
            .attempts
            .iter()
            .filter_map(|attempt| attempt.status)
            .collect::<Vec<_>>(),
        [500, 302, 404, 200]
    );
    assert_eq!(delivery.body.as_bytes(), arrivals[0].body);
    assert_eq!(
        delivery.headers["x-webhook-signature"],
        arrivals[0].header("x-webhook-signature")
    );
}

#[tokio::test]
async fn a_webhook_fails_after_all_retries_and_can_be_resent() {
    let (gateway, receiver) = gateway_and_receiver(fast()).await;
    receiver.refuse(&[500; 5]);
    gateway.create(link("l", "")).await.ok();
    gateway.cancel("l").await.ok();
    gateway.idle().await;
    let simulator = gateway.simulator();
    let delivery = simulator.deliveries().remove(0);
    assert_eq!(
        (delivery.state, delivery.attempts.len()),
        (WebhookDeliveryState::Failed, 4)
    );
    simulator.resend(delivery.id).unwrap();
    gateway.idle().await;
    assert_eq!(
        simulator.deliveries()[0].state,
        WebhookDeliveryState::Failed
    );
    simulator.resend(delivery.id).unwrap();
    gateway.idle().await;
    assert_eq!(
        simulator.deliveries()[0].state,
        WebhookDeliveryState::Delivered
    );
    let arrivals = receiver.arrivals();
    assert_eq!(
        (arrivals.len(), arrivals[5].header("x-webhook-attempt")),
        (6, "6")
    );
    assert_eq!(arrivals[5].body, arrivals[0].body);
    assert_eq!(simulator.resend(99).unwrap_err().status, 404);
}

#[tokio::test]
async fn connection_errors_are_recorded_without_details() {
    let config = SimulatorConfig::new()
        .with_retry_scale(RetryScale::NO_WAIT)
        .with_endpoint(Endpoint::new("http://127.0.0.1:9/secret-path"));
    let gateway = Gateway::with(config).await;
    gateway.create(link("l", "")).await.ok();
    gateway.cancel("l").await.ok();
    gateway.idle().await;
    let delivery = &gateway.simulator().deliveries()[0];
    assert_eq!(
        (delivery.state, delivery.attempts.len()),
        (WebhookDeliveryState::Failed, 4)
    );
    assert_eq!(delivery.attempts[0].error.as_deref(), Some("no connection"));
}

#[tokio::test]
async fn settings_drop_duplicate_and_wrongly_sign_webhooks() {
    let (gateway, receiver) = gateway_and_receiver(fast()).await;
    let simulator = gateway.simulator();
    for id in ["dropped", "doubled", "forged"] {
        gateway.create(link(id, "")).await.ok();
    }
    simulator.update_settings(|settings| settings.webhooks.drop = true);
    gateway.cancel("dropped").await.ok();
    gateway.idle().await;
    assert!(receiver.arrivals().is_empty());
    assert_eq!(
        simulator.deliveries()[0].state,
        WebhookDeliveryState::Dropped
    );

    simulator.update_settings(|settings| {
        settings.webhooks.drop = false;
        settings.webhooks.duplicate = true;
    });
    simulator.resend(1).unwrap();
    gateway.idle().await;
    assert_eq!(
        receiver.arrivals().len(),
        1,
        "what was dropped can still be sent"
    );
    gateway.cancel("doubled").await.ok();
    gateway.idle().await;
    let arrivals = receiver.arrivals();
    assert_eq!(arrivals.len(), 3);
    assert_eq!(arrivals[1].body, arrivals[2].body);
    assert_eq!(
        arrivals[1].header("x-webhook-signature"),
        arrivals[2].header("x-webhook-signature")
    );

    simulator.update_settings(|settings| {
        settings.webhooks.duplicate = false;
        settings.webhooks.wrong_signature = true;
    });
    gateway.cancel("forged").await.ok();
    gateway.idle().await;
    let arrivals = receiver.arrivals();
    assert!(!arrivals[3].verifies(SECRET) && arrivals[2].verifies(SECRET));
}

#[tokio::test]
async fn reordered_changes_arrive_in_reverse_order() {
    let (gateway, receiver) = gateway_and_receiver(fast()).await;
    gateway.create(instalment_link("l", "")).await.ok();
    let simulator = gateway.simulator();
    simulator.update_settings(|settings| {
        settings.webhooks.reorder = true;
        settings.webhooks.reorder_hold_ms = 20_000;
    });
    simulator
        .pay(
            "l",
            PaymentAttempt::new().with_amount("55".parse().unwrap()),
        )
        .unwrap();
    simulator.pay("l", PaymentAttempt::new()).unwrap();
    gateway.idle().await;
    let paid: Vec<_> = receiver
        .of_type("PAYMENT_LINK_EVENT")
        .iter()
        .map(|arrival| {
            arrival.json()["data"]["link_status"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(paid, ["PAID", "PARTIALLY_PAID"]);
    simulator.update_settings(|settings| settings.webhooks.reorder_hold_ms = 10);
    gateway.create(link("alone", "")).await.ok();
    gateway.cancel("alone").await.ok();
    gateway.idle().await;
    assert_eq!(receiver.arrivals().len(), 5, "nothing is held for ever");
}

#[tokio::test]
async fn a_setting_delays_the_first_attempt() {
    let (gateway, receiver) = gateway_and_receiver(fast()).await;
    gateway
        .simulator()
        .update_settings(|settings| settings.webhooks.delay_ms = 60);
    gateway.create(link("l", "")).await.ok();
    let begun = Instant::now();
    gateway.cancel("l").await.ok();
    gateway.idle().await;
    assert!(begun.elapsed() >= Duration::from_millis(60));
    assert_eq!(receiver.arrivals().len(), 1);
}

#[tokio::test]
async fn retries_can_have_a_fresh_timestamp_and_the_new_secret() {
    let (gateway, receiver) = gateway_and_receiver(fast()).await;
    let simulator = gateway.simulator();
    simulator.update_settings(|settings| settings.webhooks.fresh_timestamp_on_retry = true);
    gateway.create(link("l", "")).await.ok();
    gateway.cancel("l").await.ok();
    gateway.idle().await;
    simulator.advance_clock(Duration::from_mins(5));
    simulator
        .add_merchant(Merchant::new(crate::gateway::CLIENT, "rotated").with_secret(SECRET))
        .unwrap();
    simulator.resend(1).unwrap();
    gateway.idle().await;
    let arrivals = receiver.arrivals();
    assert_ne!(
        arrivals[0].header("x-webhook-timestamp"),
        arrivals[1].header("x-webhook-timestamp")
    );
    assert!(arrivals[0].verifies(SECRET) && arrivals[1].verifies("rotated"));
    gateway.get("/links/l").await.ok();
}

#[tokio::test]
async fn a_shutdown_cancels_scheduled_attempts() {
    let receiver = Receiver::start().await;
    receiver.refuse(&[500]);
    let gateway =
        Gateway::with(SimulatorConfig::new().with_endpoint(Endpoint::new(&receiver.url))).await;
    gateway.create(link("l", "")).await.ok();
    gateway.cancel("l").await.ok();
    let simulator = gateway.simulator().clone();
    let refused = simulator
        .wait_for_deliveries(|deliveries| deliveries[0].state == WebhookDeliveryState::Retrying);
    in_time("the first attempt is refused", refused).await;
    gateway.running.shutdown().await;
    assert_eq!(
        simulator.deliveries()[0].state,
        WebhookDeliveryState::Failed
    );
}

#[test]
fn deliveries_outside_a_runtime_fail_at_once() {
    let simulator = cashfree_simulator::Simulator::new(
        SimulatorConfig::new().with_endpoint(Endpoint::new("http://127.0.0.1:9/")),
    )
    .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        use tower::ServiceExt;
        let request = axum::http::Request::post("/pg/links")
            .header("x-client-id", crate::gateway::CLIENT)
            .header("x-client-secret", SECRET)
            .header("x-api-version", "2025-01-01")
            .header("content-type", "application/json")
            .body(axum::body::Body::from(link("l", "")))
            .unwrap();
        assert_eq!(
            simulator.router().oneshot(request).await.unwrap().status(),
            200
        );
    });
    simulator.pay("l", PaymentAttempt::new()).unwrap();
    assert!(
        simulator
            .deliveries()
            .iter()
            .all(|delivery| delivery.state == WebhookDeliveryState::Failed)
    );
    assert_eq!(simulator.deliveries().len(), 2);
}
