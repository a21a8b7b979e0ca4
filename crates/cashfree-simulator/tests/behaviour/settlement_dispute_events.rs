//! Settlement and dispute events, compared with published samples.

use std::collections::BTreeSet;
use std::sync::Arc;

use cashfree_simulator::{
    DeliverySnapshot, DisputeStage, DisputeType, Endpoint, EventType, ManualClock, PaymentAttempt,
    SettlementStatus, WebhookVersion,
};
use reqwest::Method;
use serde_json::Value;
use test_support::reference_dir;

use crate::gateway::{Gateway, fast, link};

/// Starts a gateway with a paid link and an endpoint of each version. Webhooks are recorded, not sent.
pub(crate) async fn gateway() -> (Gateway, String, String) {
    let clock = Arc::new(ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap()));
    let mut config = fast().with_clock(clock);
    for version in WebhookVersion::ALL {
        config = config.with_endpoint(Endpoint::new("http://127.0.0.1:9/").with_version(version));
    }
    let gateway = Gateway::with(config).await;
    gateway
        .simulator()
        .update_settings(|settings| settings.webhooks.drop = true);
    gateway.create(link("l", "")).await.ok();
    let payment = gateway.simulator().pay("l", PaymentAttempt::new()).unwrap();
    (gateway, payment.order_id, payment.cf_payment_id)
}

/// Returns the latest deliveries of a type, one for each version, oldest version first.
pub(crate) fn latest(gateway: &Gateway, event: EventType) -> Vec<DeliverySnapshot> {
    let mut all = gateway.simulator().deliveries();
    all.retain(|delivery| delivery.event_type == event);
    let skipped = all.len() - WebhookVersion::ALL.len();
    all.split_off(skipped)
}

pub(crate) fn body(delivery: &DeliverySnapshot) -> Value {
    serde_json::from_str(&delivery.body).unwrap()
}

pub(crate) fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

/// Returns a published body. Without the environment variable it prints a notice and returns nothing.
pub(crate) fn sample(name: &str) -> Option<Value> {
    let folder = reference_dir(
        "CASHFREE_REFERENCE_DIR",
        &format!("{name} was not compared"),
    )?;
    let path = folder.join("webhooks").join(name);
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(serde_json::from_slice(&text).unwrap())
}

#[tokio::test]
async fn each_settlement_status_sends_an_event_and_can_be_fetched() {
    let (gateway, order_id, _) = gateway().await;
    let path = format!("/orders/{order_id}/settlements");
    assert_eq!(gateway.get(&path).await.code(), "settlement_get_not_found");
    for (status, event) in [
        (SettlementStatus::Initiated, EventType::SettlementInitiated),
        (SettlementStatus::Success, EventType::SettlementSuccess),
        (SettlementStatus::Reversed, EventType::SettlementReversed),
        (SettlementStatus::Failed, EventType::SettlementFailed),
    ] {
        let request = format!(r#"{{"status":"{status}"}}"#);
        let route = format!("/orders/{order_id}/settlement");
        let order = gateway.control(Method::POST, &route, request).await.ok();
        assert_eq!(order["order"]["settlement"], status.as_str());
        let delivery = &latest(&gateway, event)[0];
        let event = body(delivery);
        let settlement = &event["data"]["settlement"];
        assert_eq!(settlement["status"], status.as_str());
        assert_eq!(
            settlement["utr"].is_i64(),
            status == SettlementStatus::Success
        );
        assert_eq!(settlement["payment_from"], "2026-01-15 15:30:00");
        if let Some(published) = sample("settlement_success.json") {
            assert_eq!(keys(settlement), keys(&published["data"]["settlement"]));
        }
        let shown = gateway.get(&path).await.ok();
        assert_eq!(
            shown["transfer_utr"].is_string(),
            status == SettlementStatus::Success
        );
    }
}

#[tokio::test]
async fn each_dispute_stage_sends_an_event() {
    let (gateway, _, payment) = gateway().await;
    let raised = gateway
        .control(
            Method::POST,
            &format!("/payments/{payment}/disputes"),
            r#"{"type":"CHARGEBACK","amount":"50"}"#,
        )
        .await
        .ok();
    let id = raised["dispute"]["dispute_id"].as_str().unwrap();
    let created = body(&latest(&gateway, EventType::DisputeCreated)[0]);
    let dispute = &created["data"]["dispute"];
    assert_eq!(
        (&dispute["dispute_id"], &dispute["dispute_status"]),
        (&id.into(), &"CHARGEBACK_CREATED".into())
    );
    assert!(created["data"]["order_details"]["cf_payment_id"].is_i64());
    if let Some(published) = sample("dispute_created.2022-09-01.json") {
        assert_eq!(keys(dispute), keys(&published["data"]["dispute"]));
        let part = "order_details";
        assert_eq!(keys(&created["data"][part]), keys(&published["data"][part]));
    }
    let simulator = gateway.simulator();
    simulator
        .move_dispute(id, DisputeStage::UnderReview)
        .unwrap();
    let updated = body(&latest(&gateway, EventType::DisputeUpdated)[0]);
    assert_eq!(
        updated["data"]["dispute"]["dispute_status"],
        "CHARGEBACK_UNDER_REVIEW"
    );
    let won = r#"{"stage":"MERCHANT_WON"}"#;
    gateway
        .control(Method::POST, &format!("/disputes/{id}"), won)
        .await
        .ok();
    let closed = body(&latest(&gateway, EventType::DisputeClosed)[0]);
    assert_eq!(
        closed["data"]["dispute"]["dispute_status"],
        "CHARGEBACK_MERCHANT_WON"
    );
    let after = simulator
        .move_dispute(id, DisputeStage::UnderReview)
        .unwrap_err();
    assert_eq!((after.status, after.code), (409, "dispute_closed"));
    let much = simulator.raise_dispute(
        &payment,
        DisputeType::Dispute,
        Some("200.13".parse().unwrap()),
    );
    assert_eq!(much.unwrap_err().status, 400);
    assert_eq!(simulator.disputes().len(), 1);
}

#[tokio::test]
async fn a_ping_sends_the_test_event_to_any_endpoint() {
    let (gateway, ..) = gateway().await;
    let endpoint = Endpoint::new("http://127.0.0.1:9/").with_events([EventType::DisputeClosed]);
    let endpoint = gateway.simulator().add_endpoint(endpoint).unwrap();
    let tried = gateway
        .control(
            Method::POST,
            &format!("/endpoints/{}/ping", endpoint.id),
            "",
        )
        .await
        .ok();
    let sent: Value = serde_json::from_str(tried["delivery"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&sent["type"], &sent["data"]["test_object"]["test_key"]),
        (&"WEBHOOK".into(), &"test_value".into())
    );
    if let Some(reported) = sample("undocumented/test_ping.json") {
        assert_eq!(keys(&sent), keys(&reported));
    }
    assert_eq!(gateway.simulator().ping(999).unwrap_err().status, 404);
}
