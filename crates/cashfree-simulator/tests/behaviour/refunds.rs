use std::sync::Arc;
use std::time::Duration;

use cashfree_simulator::{
    ApiFault, ApiFaultRule, ApiOperation, ManualClock, PaymentAttempt, PaymentStatus, RefundStatus,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::gateway::{Gateway, Reply, fast, link};
use crate::orders::order;

struct Shop {
    gateway: Gateway,
    clock: Arc<ManualClock>,
    order_id: String,
}

impl Shop {
    /// Starts a gateway with a link of 200.12 that is paid in full.
    async fn open() -> Self {
        let clock = Arc::new(ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap()));
        let gateway = Gateway::with(fast().with_clock(Arc::clone(&clock) as _)).await;
        gateway.create(link("l", "")).await.ok();
        let paid = gateway.simulator().pay("l", PaymentAttempt::new()).unwrap();
        Self {
            gateway,
            clock,
            order_id: paid.order_id,
        }
    }

    async fn refund(&self, body: &Value) -> Reply {
        let path = format!("/orders/{}/refunds", self.order_id);
        self.gateway.post(&path, body.to_string()).await
    }

    async fn fetch(&self, refund_id: &str) -> Value {
        let path = format!("/orders/{}/refunds/{refund_id}", self.order_id);
        self.gateway.get(&path).await.ok()
    }

    async fn in_newest(&self, method: Method, path: &str, body: &str) -> Reply {
        let (client, request) = self
            .gateway
            .request(method, path)
            .body(body.to_owned())
            .build_split();
        let mut request = request.unwrap();
        let headers = request.headers_mut();
        headers.insert("x-api-version", "2026-01-01".parse().unwrap());
        headers.insert("content-type", "application/json".parse().unwrap());
        let request = reqwest::RequestBuilder::from_parts(client, request);
        self.gateway.send(request).await.unwrap()
    }
}

/// Builds a refund request.
fn of(refund_id: &str, amount: &str) -> Value {
    let amount: Value = serde_json::from_str(amount).unwrap();
    json!({ "refund_id": refund_id, "refund_amount": amount })
}

#[tokio::test]
async fn a_pending_refund_succeeds_after_a_while() {
    let shop = Shop::open().await;
    let asked = json!({ "refund_id": "r_1", "refund_amount": 100.1, "refund_note": "goodwill",
        "refund_speed": "INSTANT" });
    let made = shop.refund(&asked).await.ok();
    for (field, value) in [
        ("refund_id", json!("r_1")),
        ("entity", json!("refund")),
        ("refund_status", json!("PENDING")),
        ("status_description", json!("In Progress")),
        ("refund_mode", json!("NORMAL")),
        ("processed_at", Value::Null),
        ("refund_splits", json!([])),
        ("refund_type", json!("MERCHANT_INITIATED")),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    assert_eq!(made["refund_speed"]["requested"], "INSTANT");
    assert_eq!(made["refund_speed"]["accepted"], "STANDARD");
    shop.clock.advance(Duration::from_millis(1999));
    assert_eq!(shop.fetch("r_1").await["refund_status"], "PENDING");
    shop.clock.advance(Duration::from_millis(1));
    let ended = shop.fetch("r_1").await;
    assert_eq!(ended["refund_status"], "SUCCESS");
    assert_eq!(ended["status_description"], "Refund processed successfully");
    assert!(ended["refund_arn"].is_string() && ended["processed_at"].is_string());
    let path = format!("/orders/{}/refunds", shop.order_id);
    assert_eq!(shop.gateway.get(&path).await.ok(), json!([ended]));
    let link = shop.gateway.get("/links/l").await.ok();
    assert_eq!(
        (&link["link_status"], &link["link_amount_paid"]),
        (&json!("PAID"), &json!(200.12))
    );
}

#[tokio::test]
async fn the_list_has_the_refunds_of_one_order_and_no_others() {
    let shop = Shop::open().await;
    let simulator = shop.gateway.simulator();
    simulator.update_settings(|settings| settings.refunds_stay_pending = true);
    let path = format!("/orders/{}/refunds", shop.order_id);
    assert_eq!(shop.gateway.get(&path).await.ok(), json!([]));
    shop.refund(&of("r_1", "1.0")).await.ok();
    shop.refund(&of("r_2", "2.0")).await.ok();
    shop.gateway.create(link("m", "")).await.ok();
    let other = simulator.pay("m", PaymentAttempt::new()).unwrap();
    let automatic = simulator.auto_refund(&other.cf_payment_id, None, "twice");
    automatic.unwrap();

    let ids = |list: &Value| -> Vec<Value> {
        let refunds = list.as_array().unwrap().iter();
        refunds.map(|refund| refund["refund_id"].clone()).collect()
    };
    let listed = shop.gateway.get(&path).await.ok();
    assert_eq!(ids(&listed), ["r_1", "r_2"]);
    assert!(
        listed[0]["cf_payment_id"].is_string() && listed[0]["order_id"] == json!(shop.order_id)
    );
    let held = simulator.refunds()[0].cf_refund_id.clone();
    for (outcome, status) in [
        (RefundStatus::OnHold, "ONHOLD"),
        (RefundStatus::Success, "SUCCESS"),
    ] {
        simulator.complete_refund(&held, outcome).unwrap();
        let listed = shop.gateway.get(&path).await.ok();
        assert_eq!(ids(&listed), ["r_1", "r_2"]);
        assert_eq!(listed[0]["refund_status"], status);
        assert_eq!(listed[0]["processed_at"].is_string(), status == "SUCCESS");
    }
    let of_other = format!("/orders/{}/refunds", other.order_id);
    let listed = shop.gateway.get(&of_other).await.ok();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["refund_type"], "PAYMENT_AUTO_REFUND");
    let unknown = shop.gateway.get("/orders/none/refunds").await;
    assert_eq!(
        (unknown.status, unknown.code().as_str()),
        (404, "order_not_found")
    );
}

#[tokio::test]
async fn the_list_of_refunds_has_its_own_faults_and_rate_limit() {
    let shop = Shop::open().await;
    let simulator = shop.gateway.simulator();
    let path = format!("/orders/{}/refunds", shop.order_id);
    shop.refund(&of("r_1", "1.0")).await.ok();
    for (fault, status) in [
        (ApiFault::RateLimited, 429),
        (ApiFault::Error500, 500),
        (ApiFault::NotFound, 404),
        (ApiFault::Html502, 502),
    ] {
        simulator.inject_fault(ApiFaultRule::once(ApiOperation::ListRefunds, fault));
        // A single refund is another operation.
        shop.fetch("r_1").await;
        assert_eq!(shop.gateway.get(&path).await.status, status, "{fault}");
        assert_eq!(shop.gateway.get(&path).await.status, 200, "{fault}");
    }
    simulator.update_settings(|settings| {
        settings.rate_limit_per_minute = 6;
        settings.enforce_rate_limit = true;
    });
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(shop.gateway.get(&path).await.status);
    }
    assert!(statuses.ends_with(&[429, 429]), "{statuses:?}");
    shop.clock.advance(Duration::from_mins(1));
    let listed = shop.gateway.get(&path).await;
    assert_eq!(listed.header("x-ratelimit-remaining"), "5");
}

#[tokio::test]
async fn refunds_cannot_exceed_the_payment_or_reuse_an_id() {
    let shop = Shop::open().await;
    shop.refund(&of("r_1", "150.0")).await.ok();
    let too_much = shop.refund(&of("r_2", "50.13")).await;
    assert_eq!(
        (too_much.status, too_much.code().as_str()),
        (400, "refund_post_failed")
    );
    shop.refund(&of("r_2", "50.12")).await.ok();
    let nothing_left = shop.refund(&of("r_3", "0.01")).await;
    assert_eq!(nothing_left.code(), "refund_post_failed");
    let twice = shop.refund(&of("r_1", "1.0")).await;
    assert_eq!(twice.code(), "refund_id_invalid");
    assert_eq!(twice.json()["message"], "Duplicate Merchant Refund Id");
    let failed = &shop.gateway.simulator().refunds()[0].cf_refund_id;
    let simulator = shop.gateway.simulator();
    simulator
        .complete_refund(failed, RefundStatus::Failed)
        .unwrap();
    shop.refund(&of("r_3", "150.0")).await.ok();
    let ended = simulator
        .complete_refund(failed, RefundStatus::Success)
        .unwrap_err();
    assert_eq!((ended.status, ended.code), (409, "refund_ended"));
}

#[tokio::test]
async fn invalid_refunds_are_refused_with_the_right_code() {
    let shop = Shop::open().await;
    for (wrong, code) in [
        (json!({ "refund_id": "r_1" }), "refund_amount_missing"),
        (json!({ "refund_amount": 1 }), "refund_id_missing"),
        (of("r_1", "0.0"), "refund_amount_invalid"),
        (of("r_1", "1.001"), "refund_amount_invalid"),
        (of("r", "1.0"), "refund_id_invalid"),
        (of("r-1", "1.0"), "refund_id_invalid"),
        (
            json!({ "refund_id": "r_1", "refund_amount": 1, "refund_speed": "FAST" }),
            "refund_speed_invalid",
        ),
        (
            json!({ "refund_id": "r_1", "refund_amount": 1, "refund_note": "x" }),
            "refund_note_invalid",
        ),
    ] {
        let refused = shop.refund(&wrong).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code));
    }
    shop.gateway.post("/orders", order("unpaid", "")).await.ok();
    let unpaid = shop
        .gateway
        .post("/orders/unpaid/refunds", of("r_1", "1.0").to_string())
        .await;
    assert_eq!(
        (unpaid.status, unpaid.code().as_str()),
        (400, "order_id_not_paid")
    );
    let unknown = shop
        .gateway
        .get(&format!("/orders/{}/refunds/r_9", shop.order_id))
        .await;
    assert_eq!(
        (unknown.status, unknown.code().as_str()),
        (404, "refund_get_not_found")
    );
    shop.clock.advance(Duration::from_hours(24 * 184));
    assert_eq!(
        shop.refund(&of("r_1", "1.0")).await.code(),
        "refund_post_failed"
    );
}

#[tokio::test]
async fn a_repeated_refund_request_gets_the_stored_response() {
    let shop = Shop::open().await;
    let path = format!("/orders/{}/refunds", shop.order_id);
    let ask = |body: Value| {
        let request = shop.gateway.request(Method::POST, &path);
        shop.gateway.send(
            request
                .header("x-idempotency-key", "k")
                .body(body.to_string()),
        )
    };
    let first = ask(of("r_1", "5.0")).await.unwrap();
    let again = ask(of("r_1", "5.0")).await.unwrap();
    assert_eq!(
        (first.status, first.text),
        (again.status, again.text.clone())
    );
    assert_eq!(again.header("x-idempotency-replayed"), "true");
    assert_eq!(ask(of("r_1", "6.0")).await.unwrap().status, 422);
    assert_eq!(shop.gateway.simulator().refunds().len(), 1);
}

#[tokio::test]
async fn the_newest_version_cancels_refunds_and_reads_outcomes_from_notes() {
    let shop = Shop::open().await;
    shop.gateway
        .simulator()
        .update_settings(|settings| settings.refunds_stay_pending = true);
    let refunds = format!("/orders/{}/refunds", shop.order_id);
    for (note, status) in [
        ("SUCCESS", "SUCCESS"),
        ("FAILED", "FAILED"),
        ("ACTIVE", "PENDING"),
    ] {
        let body = json!({ "refund_amount": 1, "refund_note": note }).to_string();
        let made = shop.in_newest(Method::POST, &refunds, &body).await.ok();
        assert_eq!(
            made["refund_status"], "PENDING",
            "however it ends, it begins like this"
        );
        let path = format!("{refunds}/{}", made["refund_id"].as_str().unwrap());
        assert_eq!(shop.gateway.get(&path).await.ok()["refund_status"], status);
    }
    shop.refund(&of("r_1", "5.0")).await.ok();
    let cancel = r#"{"refund_status":"CANCELLED","remarks":"a mistake"}"#;
    let one = format!("{refunds}/r_1");
    let cancelled = shop.in_newest(Method::PUT, &one, cancel).await.ok();
    assert_eq!(cancelled["refund_status"], "CANCELLED");
    let again = shop.in_newest(Method::PUT, &one, cancel).await;
    assert_eq!(
        (again.status, again.code().as_str()),
        (400, "refund_invalid")
    );
    let request = shop.gateway.request(Method::PUT, &one);
    let old = request
        .header("content-type", "application/json")
        .body(cancel);
    assert_eq!(shop.gateway.send(old).await.unwrap().status, 400);
}

#[tokio::test]
async fn the_control_api_completes_refunds_and_starts_auto_refunds() {
    let shop = Shop::open().await;
    let gateway = &shop.gateway;
    shop.refund(&of("r_1", "5.0")).await.ok();
    let refunds = gateway.control(Method::GET, "/refunds", "").await.ok();
    let id = refunds["refunds"][0]["cf_refund_id"].as_str().unwrap();
    let path = format!("/refunds/{id}/settle");
    for (outcome, status) in [("ONHOLD", 200), ("SUCCESS", 200), ("FAILED", 409)] {
        let body = json!({ "outcome": outcome }).to_string();
        assert_eq!(
            gateway.control(Method::POST, &path, body).await.status,
            status
        );
    }
    let pending = json!({ "outcome": "LOST" }).to_string();
    assert_eq!(
        gateway.control(Method::POST, &path, pending).await.status,
        400
    );
    let payment = gateway.simulator().orders()[0].payments[0]
        .cf_payment_id
        .clone();
    let auto = format!("/payments/{payment}/auto-refund");
    let made = gateway.control(Method::POST, &auto, "").await;
    assert_eq!(made.status, 400, "five are gone already: {}", made.text);
    let made = gateway
        .control(Method::POST, &auto, r#"{"amount":"195.12"}"#)
        .await
        .ok();
    assert_eq!(made["refund"]["type"], "PAYMENT_AUTO_REFUND");
    assert_eq!(
        shop.refund(&of("r_2", "0.01")).await.code(),
        "refund_post_failed"
    );
    let unpaid =
        gateway
            .simulator()
            .attempt_order("nobody", PaymentAttempt::new(), PaymentStatus::Success);
    assert_eq!(unpaid.unwrap_err().status, 404);
}

#[tokio::test]
async fn a_refund_lowers_the_paid_amount_only_if_the_setting_is_on() {
    let shop = Shop::open().await;
    shop.gateway
        .simulator()
        .update_settings(|settings| settings.refund_lowers_amount_paid = true);
    shop.refund(&of("r_1", "100.0")).await.ok();
    shop.clock.advance(Duration::from_secs(2));
    let link = shop.gateway.get("/links/l").await.ok();
    assert_eq!(
        (&link["link_status"], &link["link_amount_paid"]),
        (&json!("PAID"), &json!(100.12))
    );
}
