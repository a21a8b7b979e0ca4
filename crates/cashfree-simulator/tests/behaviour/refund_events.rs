//! Refund events, compared with published samples.

use cashfree_simulator::{EventType, RefundStatus, WebhookVersion};

use crate::gateway::Gateway;
use crate::settlement_dispute_events::{body, gateway, keys, latest, sample};

async fn refund(gateway: &Gateway, order_id: &str) {
    let body = r#"{"refund_id":"r_1","refund_amount":2,"refund_note":"Test",
        "refund_splits":[{"vendor_id":"v","amount":1}]}"#;
    gateway
        .post(&format!("/orders/{order_id}/refunds"), body)
        .await
        .ok();
}

#[tokio::test]
async fn a_refund_event_has_the_shape_of_its_version() {
    let (gateway, order_id, _) = gateway().await;
    refund(&gateway, &order_id).await;
    let refunds = gateway.simulator().refunds();
    assert!(
        gateway
            .simulator()
            .deliveries()
            .iter()
            .all(|d| d.event_type != EventType::RefundStatus)
    );
    let id = &refunds[0].cf_refund_id;
    gateway
        .simulator()
        .complete_refund(id, RefundStatus::Success)
        .unwrap();
    let deliveries = latest(&gateway, EventType::RefundStatus);
    for (delivery, version) in deliveries.iter().zip(WebhookVersion::ALL) {
        assert_eq!(delivery.version, version);
        let event = body(delivery);
        let refund = &event["data"]["refund"];
        assert!(refund["cf_refund_id"].is_i64() && refund["cf_payment_id"].is_i64());
        assert_eq!(
            (&refund["entity"], &refund["refund_status"]),
            (&"Refund".into(), &"SUCCESS".into())
        );
        assert!(
            delivery.body.contains(r#""refund_amount":2.00"#),
            "{}",
            delivery.body
        );
        assert_eq!(refund["refund_splits"][0]["merchantVendorId"], "v");
        assert_eq!(
            refund["refund_mode"].is_string(),
            version == WebhookVersion::V2022_09_01
        );
        assert_eq!(
            refund["processed_speed"].is_string(),
            version > WebhookVersion::V2022_09_01
        );
        let name = format!("refund_status.{version}.json");
        if matches!(
            version,
            WebhookVersion::V2023_08_01 | WebhookVersion::V2025_01_01
        ) && let Some(published) = sample(&name)
        {
            assert_eq!(keys(&event), keys(&published));
            assert_eq!(keys(&event["data"]), keys(&published["data"]), "{name}");
            assert_eq!(keys(refund), keys(&published["data"]["refund"]), "{name}");
        }
    }
}

#[tokio::test]
async fn the_newest_webhook_version_differs_only_by_its_header() {
    let (gateway, order_id, _) = gateway().await;
    refund(&gateway, &order_id).await;
    let id = gateway.simulator().refunds()[0].cf_refund_id.clone();
    let simulator = gateway.simulator();
    simulator
        .complete_refund(&id, RefundStatus::Success)
        .unwrap();
    for event in [EventType::RefundStatus, EventType::PaymentSuccess] {
        let deliveries = latest(&gateway, event);
        assert_eq!(deliveries[2].body, deliveries[3].body, "{event}");
        assert_eq!(deliveries[2].headers["x-webhook-version"], "2025-01-01");
        assert_eq!(deliveries[3].headers["x-webhook-version"], "2026-01-01");
        assert!(deliveries[3].headers.contains_key("x-idempotency-key"));
    }
}

#[tokio::test]
async fn only_successful_or_cancelled_refunds_send_events() {
    let (gateway, order_id, _) = gateway().await;
    refund(&gateway, &order_id).await;
    let simulator = gateway.simulator();
    let count = || {
        let all = simulator.deliveries();
        all.iter()
            .filter(|d| d.event_type == EventType::RefundStatus)
            .count()
    };
    let id = simulator.refunds()[0].cf_refund_id.clone();
    simulator
        .complete_refund(&id, RefundStatus::OnHold)
        .unwrap();
    simulator
        .complete_refund(&id, RefundStatus::Failed)
        .unwrap();
    assert_eq!(count(), 0);
    simulator.update_settings(|settings| settings.refund_failed_event = true);
    let again = r#"{"refund_id":"r_2","refund_amount":2}"#;
    gateway
        .post(&format!("/orders/{order_id}/refunds"), again)
        .await
        .ok();
    let id = simulator.refunds()[1].cf_refund_id.clone();
    simulator
        .complete_refund(&id, RefundStatus::Failed)
        .unwrap();
    assert_eq!(count(), WebhookVersion::ALL.len());
}

#[tokio::test]
async fn an_auto_refund_sends_events_when_it_starts_and_succeeds() {
    let (gateway, _, payment) = gateway().await;
    let refund = gateway
        .simulator()
        .auto_refund(&payment, None, "twice paid")
        .unwrap();
    let begun = body(&latest(&gateway, EventType::AutoRefundStatus)[0]);
    assert_eq!(begun["data"]["auto_refund"]["refund_status"], "INITIATED");
    let simulator = gateway.simulator();
    simulator
        .complete_refund(&refund.cf_refund_id, RefundStatus::Success)
        .unwrap();
    for delivery in latest(&gateway, EventType::AutoRefundStatus) {
        let event = body(&delivery);
        let fields = &event["data"]["auto_refund"];
        assert_eq!(
            (&fields["event"], &fields["refund_status"]),
            (&"AUTO-REFUND".into(), &"SUCCESS".into())
        );
        assert!(fields["cf_refund_id"].is_i64() && fields["cf_payment_id"].is_string());
        if let Some(published) = sample("auto_refund_status.2023-08-01.json") {
            assert_eq!(keys(fields), keys(&published["data"]["auto_refund"]));
        }
    }
}
