//! Crashes while the gateway reports refunds.

use cross_crate_tests::Stage;
use serde_json::{Value, json};

use crate::scene::{ACCOUNT, PAID, Scene, list};

/// The amount of the merchant's first refund, as the gateway writes it.
const BEFORE: &str = "50.00";
/// The amount of the second refund, made by the merchant or by the gateway itself.
const THEN: &str = "30.12";
const BEFORE_CENTS: i64 = 5_000;
const ALL_CENTS: i64 = 8_012;

/// The order and the payment of a paid link that a refund is about.
struct Bought {
    order: String,
    payment: String,
}

impl Bought {
    async fn on(scene: &Scene, url: &str) -> Self {
        let link = scene.control.link_of(url).await;
        let shown = scene.control.get(&format!("links/{link}")).await;
        let orders = list(&shown["link"], "orders");
        let paid = |order: &&Value| order["status"] == "PAID";
        let order = orders.iter().find(paid).expect("a paid order");
        let text = |value: &Value| value.to_string().replace('"', "");
        Self {
            order: text(&order["order_id"]),
            payment: text(&order["payments"][0]["cf_payment_id"]),
        }
    }

    /// Makes the merchant request a refund from the gateway.
    async fn give_back(&self, scene: &Scene, amount: &str) {
        let refund = format!("refund{}", rand::random::<u32>());
        let sent = reqwest::Client::new()
            .post(format!(
                "{}/pg/orders/{}/refunds",
                scene.gate.url(),
                self.order
            ))
            .header("x-client-id", ACCOUNT)
            .header("x-client-secret", Stage::SECRET)
            .header("x-api-version", "2025-01-01")
            .header("content-type", "application/json")
            .body(format!(
                r#"{{"refund_id": "{refund}", "refund_amount": {amount}}}"#
            ))
            .send();
        let answer = sent.await.expect("an answer");
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap_or_default()
        );
    }

    /// Makes the gateway start a refund by itself, and report that it has begun.
    async fn give_back_by_itself(&self, scene: &Scene, amount: &str) {
        let path = format!("payments/{}/auto-refund", self.payment);
        scene.control.post(&path, &json!({"amount": amount})).await;
    }

    /// Completes the refund that is in progress.
    async fn arrive(&self, scene: &Scene) {
        let refunds = scene.control.list("refunds").await;
        let under_way = |refund: &&Value| {
            refund["order_id"] == self.order.as_str() && refund["status"] == "PENDING"
        };
        let refund = refunds.iter().find(under_way).expect("a refund");
        let number = refund["cf_refund_id"].to_string().replace('"', "");
        let path = format!("refunds/{number}/settle");
        let outcome = json!({"outcome": "SUCCESS"});
        scene.control.post(&path, &outcome).await;
    }
}

/// Completes the second of two refunds: one that was never reported before, or one that the gateway had announced.
pub(crate) async fn given_back(scene: &mut Scene, point: &str) {
    let pending = json!({"refunds_stay_pending": true});
    scene.control.post("settings", &pending).await;
    for by_itself in [false, true] {
        let invoice = scene.invoice(&format!("{point}-{by_itself}")).await;
        let url = scene.ask(&invoice).await;
        scene.on_link(&url, "pay").await;
        scene.expect(&invoice, &PAID).await;
        let bought = Bought::on(scene, &url).await;
        bought.give_back(scene, BEFORE).await;
        bought.arrive(scene).await;
        let before = |shown: &Value| shown["refunded_cents"] == BEFORE_CENTS;
        scene.wait_until(&invoice, before).await;
        if by_itself {
            bought.give_back_by_itself(scene, THEN).await;
            let both_reported = |shown: &Value| list(shown, "refunds").len() == 2;
            scene.wait_until(&invoice, both_reported).await;
        } else {
            bought.give_back(scene, THEN).await;
        }
        scene.rest().await;
        scene.arm(point);
        bought.arrive(scene).await;
        scene.dies(point).await;
        let all = |shown: &Value| shown["refunded_cents"] == ALL_CENTS;
        scene.wait_until(&invoice, all).await;
        for webhook in scene.webhooks_of(&url).await {
            scene.send_again(&webhook).await;
        }
        scene.expect(&invoice, &PAID).await;
        let shown = scene.api.fetch(&invoice.id).await;
        assert!(all(&shown), "{shown:#}");
        let refunds = list(&shown, "refunds");
        assert_eq!(refunds.len(), 2, "{shown:#}");
        assert!(refunds.iter().all(|refund| refund["status"] == "succeeded"));
        let lines = list(&shown, "history").iter();
        let gone = lines.filter(|line| line["detail"].as_str().is_some_and(is_of_arrival));
        assert_eq!(gone.count(), 2, "{shown:#}");
    }
}

/// Completes a refund that is reported only outside the acceptance window, so that the gateway's list is asked for.
pub(crate) async fn reported_late(scene: &mut Scene, point: &str) {
    let pending = json!({"refunds_stay_pending": true});
    scene.control.post("settings", &pending).await;
    let invoice = scene.invoice(point).await;
    let url = scene.ask(&invoice).await;
    scene.on_link(&url, "pay").await;
    scene.expect(&invoice, &PAID).await;
    let bought = Bought::on(scene, &url).await;
    bought.give_back(scene, BEFORE).await;
    scene.rest().await;
    let late = json!({"fault": "old_timestamp", "event": "REFUND_STATUS_WEBHOOK"});
    scene.webhook_fault(late).await;
    scene.arm(point);
    bought.arrive(scene).await;
    scene.dies(point).await;
    let before = |shown: &Value| shown["refunded_cents"] == BEFORE_CENTS;
    scene.wait_until(&invoice, before).await;
    scene.expect(&invoice, &PAID).await;
}

fn is_of_arrival(detail: &str) -> bool {
    detail.starts_with("refund ") && detail.ends_with(": succeeded")
}
