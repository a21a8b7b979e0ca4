//! The invoice agrees with the payments at the gateway, whatever happens to the webhooks on their way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cross_crate_tests::{Api, Stage};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Client;
use serde_json::{Value, json};
use sha2::Sha256;
use test_support::until;

/// Sends a delivery again, with this body.
async fn deliver(delivery: &Value, url: &str, body: Vec<u8>) -> u16 {
    let mut request = Client::new().post(url).body(body);
    for (name, value) in delivery["headers"].as_object().expect("headers") {
        request = request.header(name, value.as_str().expect("a text"));
    }
    request.send().await.expect("an answer").status().as_u16()
}

fn body_of(delivery: &Value) -> Vec<u8> {
    delivery["body"]
        .as_str()
        .expect("a body")
        .as_bytes()
        .to_vec()
}

#[tokio::test]
async fn a_payment_is_posted_exactly_and_once_and_forgeries_change_nothing() {
    let stage = Stage::set_up().await;
    let invoice = stage.api.invoice(20_012).await;
    let url = stage.api.payment_url(&invoice).await;
    assert_eq!(stage.api.payment_url(&invoice).await, url);
    let link = stage.control.link_of(&url).await;
    stage
        .control
        .post(&format!("links/{link}/pay"), &json!({}))
        .await;
    stage.api.wait_for(&invoice, "succeeded 20012 0").await;
    let deliveries = stage.control.deliveries_of(&link, 2).await;
    // The second webhook reports no further money, but may add details of the payment.
    stage.api.wait_for_applied(2).await;
    let paid = stage.api.fetch(&invoice).await;
    assert_eq!(paid["amount_due_cents"], 0);
    assert_eq!(paid["payments"].as_array().map(Vec::len), Some(1));

    for delivery in &deliveries {
        let id = &delivery["id"];
        let path = format!("deliveries/{}/resend", id.to_string().replace('"', ""));
        for _ in 0..10 {
            stage.control.post(&path, &json!({})).await;
        }
    }
    let url = deliveries[0]["url"].as_str().expect("an address");
    let mut flipped = body_of(&deliveries[0]);
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    assert_eq!(deliver(&deliveries[0], url, flipped).await, 401);
    let elsewhere = url.replace("code=main", "code=another");
    assert_ne!(url, elsewhere);
    assert_eq!(
        deliver(&deliveries[0], &elsewhere, body_of(&deliveries[0])).await,
        404
    );
    assert_eq!(
        deliver(&deliveries[0], url, body_of(&deliveries[0])).await,
        200
    );

    assert_eq!(stage.api.totals(&invoice).await, "succeeded 20012 0");
    assert_eq!(
        stage.api.fetch(&invoice).await["payments"],
        paid["payments"]
    );
}

#[tokio::test]
async fn a_forged_success_signed_with_another_secret_posts_nothing() {
    let stage = Stage::set_up().await;
    let invoice = stage.api.invoice(20_012).await;
    let address = stage.api.payment_url(&invoice).await;
    let link = stage.control.link_of(&address).await;
    let body = json!({
        "data": {
            "order": {"order_id": "CFPay_x_y", "order_amount": 200.12, "order_currency": "INR",
                      "order_tags": {"link_id": link}},
            "payment": {"cf_payment_id": "1", "payment_status": "SUCCESS",
                        "payment_amount": 200.12, "payment_currency": "INR"},
        },
        "event_time": "2026-01-01T00:00:00+05:30", "type": "PAYMENT_SUCCESS_WEBHOOK",
    })
    .to_string();
    let timestamp = "1767225600000";
    let url = format!(
        "{}/webhooks/cashfree/{}?code=main",
        stage.api.url(),
        Api::ORGANIZATION
    );
    for (secret, status) in [("guessed", 401), (Stage::SECRET, 200)] {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
        mac.update(timestamp.as_bytes());
        mac.update(body.as_bytes());
        let request = Client::new()
            .post(&url)
            .header("x-webhook-timestamp", timestamp)
            .header(
                "x-webhook-signature",
                STANDARD.encode(mac.finalize().into_bytes()),
            )
            .body(body.clone());
        assert_eq!(
            request.send().await.expect("an answer").status().as_u16(),
            status
        );
    }
    // The second is genuine but very old: it is kept, checked with the gateway, and found to be untrue.
    stage
        .control
        .post(&format!("links/{link}/pay"), &json!({}))
        .await;
    stage.api.wait_for(&invoice, "succeeded 20012 0").await;
}

#[tokio::test]
async fn said_to_be_paid_with_less_is_not_paid_in_full() {
    let stage = Stage::set_up().await;
    stage
        .control
        .post("settings", &json!({"paid_status_on_partial": true}))
        .await;
    let invoice = stage.api.invoice(20_012).await;
    let url = stage.api.payment_url(&invoice).await;
    let link = stage.control.link_of(&url).await;
    stage
        .control
        .post(&format!("links/{link}/pay"), &json!({"amount": "55.00"}))
        .await;
    stage.api.wait_for(&invoice, "processing 5500 0").await;
    assert_eq!(stage.api.fetch(&invoice).await["amount_due_cents"], 14_512);
    let link = &stage.control.list("links").await[0];
    assert_eq!(link["status"], "PAID");
}

#[tokio::test]
async fn a_second_link_paid_is_surplus() {
    let stage = Stage::set_up().await;
    let invoice = stage.api.invoice(20_012).await;
    let first = stage
        .control
        .link_of(&stage.api.payment_url(&invoice).await)
        .await;
    stage
        .control
        .post(&format!("links/{first}/expire"), &json!({}))
        .await;
    stage.api.wait_for(&invoice, "failed 0 0").await;
    let second = stage
        .control
        .link_of(&stage.api.payment_url(&invoice).await)
        .await;
    assert_ne!(first, second);
    stage
        .control
        .post(&format!("links/{second}/pay"), &json!({}))
        .await;
    stage.api.wait_for(&invoice, "succeeded 20012 0").await;
    // A payment begun before the first link expired arrives after all.
    stage
        .control
        .post(&format!("links/{first}/pay"), &json!({"late": true}))
        .await;
    stage.api.wait_for(&invoice, "succeeded 20012 20012").await;
}

#[tokio::test]
async fn whatever_the_webhooks_do_the_invoice_is_paid_once() {
    let stage = Stage::set_up().await;
    let settings = [
        json!({"webhooks": {"duplicate": true}}),
        json!({"webhooks": {"reorder": true}}),
        json!({"webhooks": {"delay_ms": 200}}),
        json!({"transaction_id_unlike_payment_id": true}),
        json!({"paid_with_null_order": true}),
        json!({"payment_event_without_link_id": true}),
        json!({"webhooks": {"duplicate": true, "reorder": true},
               "transaction_id_unlike_payment_id": true, "payment_event_without_link_id": true}),
    ];
    let calm = json!({
        "webhooks": {"duplicate": false, "reorder": false, "delay_ms": 0},
        "transaction_id_unlike_payment_id": false, "paid_with_null_order": false,
        "payment_event_without_link_id": false,
    });
    for setting in settings {
        stage.control.post("settings", &calm).await;
        stage.control.post("settings", &setting).await;
        let invoice = stage.api.invoice(20_012).await;
        let url = stage.api.payment_url(&invoice).await;
        let link = stage.control.link_of(&url).await;
        stage
            .control
            .post(&format!("links/{link}/pay"), &json!({}))
            .await;
        stage.api.wait_for(&invoice, "succeeded 20012 0").await;
        let duplicates = setting["webhooks"]["duplicate"] == true;
        stage
            .control
            .deliveries_of(&link, if duplicates { 4 } else { 2 })
            .await;
        // All webhooks have arrived, in any order; still the invoice was paid once.
        stage.api.wait_for(&invoice, "succeeded 20012 0").await;
        let payments = &stage.api.fetch(&invoice).await["payments"];
        assert_eq!(
            payments.as_array().map(Vec::len),
            Some(1),
            "{setting}: {payments}"
        );
    }
}

#[tokio::test]
async fn a_webhook_signed_wrongly_at_first_is_repeated_by_the_gateway_and_not_lost() {
    let stage = Stage::set_up().await;
    let invoice = stage.api.invoice(20_012).await;
    let url = stage.api.payment_url(&invoice).await;
    let link = stage.control.link_of(&url).await;
    stage
        .control
        .post("settings", &json!({"webhooks": {"wrong_signature": true}}))
        .await;
    stage
        .control
        .post(&format!("links/{link}/pay"), &json!({}))
        .await;
    until(async || {
        let deliveries = stage.control.list("deliveries").await;
        let refused = |delivery: &Value| {
            delivery["attempts"]
                .as_array()
                .is_some_and(|attempts| !attempts.is_empty())
        };
        if deliveries.len() == 2 && deliveries.iter().all(refused) {
            Ok(())
        } else {
            Err(format!("not two refused webhooks: {deliveries:#?}"))
        }
    })
    .await;
    assert_eq!(stage.api.totals(&invoice).await, "pending 0 0");
    stage
        .control
        .post(
            "settings",
            &json!({"webhooks": {"wrong_signature": false, "fresh_timestamp_on_retry": true}}),
        )
        .await;
    for delivery in stage.control.list("deliveries").await {
        let path = format!(
            "deliveries/{}/resend",
            delivery["id"].to_string().replace('"', "")
        );
        stage.control.post(&path, &json!({})).await;
    }
    stage.api.wait_for(&invoice, "succeeded 20012 0").await;
}
