//! The list of things to act on: disputes, refunds and webhooks that could not be applied.

use serde_json::{Value, json};

use crate::fixture::{Application, text};

/// Returns a paid invoice and the id of its payment.
async fn paid_invoice(app: &Application) -> (String, String) {
    let invoice = app.seeded_invoice().await;
    app.payment_url(&invoice).await;
    let link = app.link(&invoice).await;
    app.simulator_post(&format!("/links/{link}/pay"), &json!({}))
        .await;
    let is_paid = |invoice: &Value| invoice["payment_status"] == "succeeded";
    let paid = app.invoice_until(&invoice, is_paid).await;
    let payment = text(&paid["payments"][0]["id"]);
    (invoice, payment)
}

#[tokio::test]
async fn a_dispute_is_listed_with_its_deadline_until_it_is_decided() {
    let app = Application::start().await;
    let (invoice, payment) = paid_invoice(&app).await;
    let none = app.get("/attention").await.expect_status(200);
    let nothing = json!({
        "disputes": [], "refunds": [], "parked_deliveries": [], "failing_cancels": [],
    });
    assert_eq!(none, nothing);

    let path = format!("/payments/{payment}/disputes");
    app.simulator_post(&path, &json!({"type": "CHARGEBACK"}))
        .await;
    let is_disputed = |invoice: &Value| invoice["disputes"][0]["id"].is_string();
    let disputed = app.invoice_until(&invoice, is_disputed).await;
    let dispute = &disputed["disputes"][0];
    assert_eq!(dispute["payment_id"], payment);
    assert_eq!(dispute["status"], "open");
    assert_eq!(dispute["amount_cents"], 20_012);
    assert!(dispute["respond_by"].is_string(), "{dispute}");
    let listed = app.get("/attention?organization_id=acme").await;
    let listed = listed.expect_status(200)["disputes"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["invoice_id"], invoice);
    assert_eq!(listed[0]["organization_id"], "acme");
    assert_eq!(listed[0]["respond_by"], dispute["respond_by"]);
    let other = app.get("/attention?organization_id=another").await;
    assert_eq!(other.expect_status(200), nothing);

    let path = format!("/disputes/{}", text(&dispute["id"]));
    app.simulator_post(&path, &json!({"stage": "MERCHANT_WON"}))
        .await;
    let is_won = |invoice: &Value| invoice["disputes"][0]["status"] == "won";
    app.invoice_until(&invoice, is_won).await;
    assert_eq!(app.get("/attention").await.expect_status(200), nothing);
    app.running.shutdown().await;
}
