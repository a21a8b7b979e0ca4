use serde_json::{Value, json};
use test_support::{FrozenTime, until};

use crate::fixture::{ApiResponse, Application, text};

fn is_paid(invoice: &Value) -> bool {
    invoice["payment_status"] == "succeeded"
}

/// Time stands still between the payment and the invoice that shows it, so each step must wake the next.
#[tokio::test]
async fn a_payment_is_posted_exactly_and_without_delay() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    app.payment_url(&invoice).await;
    let link = app.link(&invoice).await;
    let frozen = FrozenTime::start();
    app.simulator_post(&format!("/links/{link}/pay"), &json!({"method": "upi"}))
        .await;
    let paid = app.invoice_until(&invoice, is_paid).await;
    drop(frozen);
    assert_eq!(paid["amount_cents"], 20_012);
    assert_eq!(paid["amount_paid_cents"], 20_012);
    assert_eq!(paid["amount_due_cents"], 0);
    assert_eq!(paid["surplus_cents"], 0);
    let payments = paid["payments"].as_array().unwrap();
    assert_eq!(payments.len(), 1);
    assert_eq!(
        (&payments[0]["verdict"], &payments[0]["credited_cents"]),
        (&json!("exact"), &json!(20_012))
    );

    app.request_payment_url(&invoice)
        .await
        .expect_problem(422, "invalid_invoice_status_or_payment_status");
    app.post_empty(&format!("/invoices/{invoice}/void"))
        .await
        .expect_problem(409, "invoice_paid");
    app.running.shutdown().await;
}

#[tokio::test]
async fn the_webhooks_of_a_connection_are_listed_newest_first() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    app.payment_url(&invoice).await;
    let link = app.link(&invoice).await;
    app.simulator_post(&format!("/links/{link}/pay"), &json!({}))
        .await;
    let listed = async |limit: &str| {
        let path = format!("/connections/simulator/deliveries?organization_id=acme{limit}");
        let response = app.get(&path).await.expect_status(200);
        response["deliveries"].as_array().unwrap().clone()
    };
    let applied = |delivery: &Value| delivery["state"] == "applied";
    let all = until(async || {
        let all = listed("").await;
        if all.len() == 2 && all.iter().all(applied) {
            Ok(all)
        } else {
            Err(format!("{all:#?}"))
        }
    })
    .await;
    for delivery in &all {
        assert_eq!(delivery["copies"], 1);
        assert_eq!(delivery["error"], Value::Null);
        let subjects = delivery["subjects"].as_array().unwrap();
        assert!(subjects.contains(&json!(link)), "{subjects:?}");
    }
    assert_eq!(listed("&limit=1").await, all[..1]);
    app.get("/connections/gone/deliveries?organization_id=acme")
        .await
        .expect_problem(404, "not_found");
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_failed_payment_is_listed_and_the_invoice_stays_payable() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let page = app.payment_url(&invoice).await;
    let link = app.link(&invoice).await;
    app.simulator_post(&format!("/links/{link}/fail"), &json!({}))
        .await;
    let attempted = |invoice: &Value| !invoice["payments"].as_array().unwrap().is_empty();
    let shown = app.invoice_until(&invoice, attempted).await;
    assert_eq!(shown["payment_status"], "pending");
    assert_eq!(shown["payments"][0]["status"], "failed");
    assert_eq!(shown["payments"][0]["verdict"], Value::Null);
    assert_eq!(app.payment_url(&invoice).await, page);
    app.simulator_post(&format!("/links/{link}/pay"), &json!({}))
        .await;
    let paid = app.invoice_until(&invoice, is_paid).await;
    assert_eq!(paid["amount_paid_cents"], 20_012);
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_payment_for_a_voided_invoice_is_late_and_overpaid() {
    let app = Application::start().await;
    let invoice = app.new_invoice(5_500).await;
    app.payment_url(&invoice).await;
    let link = app.link(&invoice).await;
    let voided = app
        .post_empty(&format!("/invoices/{invoice}/void"))
        .await
        .expect_status(200);
    assert_eq!(
        (&voided["status"], &voided["still_payable"]),
        (&json!("voided"), &json!([]))
    );
    assert_eq!(
        app.simulator_get(&format!("/links/{link}")).await["link"]["status"],
        "CANCELLED"
    );
    let again = app
        .post_empty(&format!("/invoices/{invoice}/void"))
        .await
        .expect_status(200);
    assert_eq!(again["voided_at"], voided["voided_at"]);
    app.request_payment_url(&invoice)
        .await
        .expect_problem(422, "invalid_invoice_status_or_payment_status");

    app.simulator_post(&format!("/links/{link}/pay"), &json!({"late": true}))
        .await;
    let recorded = |invoice: &Value| invoice["surplus_cents"] == 5_500;
    let late = app.invoice_until(&invoice, recorded).await;
    assert_eq!(late["amount_paid_cents"], 0);
    assert_eq!(late["amount_due_cents"], 0);
    assert_eq!(late["payments"][0]["verdict"], "late");
    assert_eq!(late["payments"][0]["surplus_cents"], 5_500);
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_refund_is_listed_and_the_invoice_stays_paid() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    app.payment_url(&invoice).await;
    let link = app.link(&invoice).await;
    app.simulator_post(&format!("/links/{link}/pay"), &json!({}))
        .await;
    let paid = app.invoice_until(&invoice, is_paid).await;
    assert_eq!(paid["refunded_cents"], 0);
    let payment = &paid["payments"][0]["id"];
    let path = format!("/payments/{}/auto-refund", text(payment));
    app.simulator_post(&path, &json!({"amount": "55.12"})).await;
    let begun = |invoice: &Value| invoice["refunds"][0]["id"].is_string();
    let begun = app.invoice_until(&invoice, begun).await;
    assert_eq!(begun["refunded_cents"], 0);
    let path = format!("/refunds/{}/settle", text(&begun["refunds"][0]["id"]));
    app.simulator_post(&path, &json!({"outcome": "SUCCESS"}))
        .await;
    let is_refunded = |invoice: &Value| invoice["refunded_cents"] == 5_512;
    let shown = app.invoice_until(&invoice, is_refunded).await;
    assert_eq!(shown["refunds"].as_array().unwrap().len(), 1);
    assert_eq!(&shown["refunds"][0]["payment_id"], payment);
    assert_eq!(shown["refunds"][0]["status"], "succeeded");
    assert_eq!(shown["payment_status"], "succeeded");
    assert_eq!(shown["amount_paid_cents"], 20_012);
    app.running.shutdown().await;
}

#[tokio::test]
async fn an_invoice_voided_during_checkout_creation_cannot_be_paid() {
    let app = Application::start().await;
    let invoice = app.new_invoice(5_500).await;
    let delay = json!({"operation": "create_link", "fault": "delay", "delay_ms": 200});
    app.simulator_post("/faults", &delay).await;
    // The gateway has the link, and its response cannot arrive before the invoice is voided.
    let frozen = FrozenTime::start();
    let void = async {
        app.wait_for_faults().await;
        let voided = app.post_empty(&format!("/invoices/{invoice}/void")).await;
        drop(frozen);
        voided
    };
    let (asked, voided) = tokio::join!(app.request_payment_url(&invoice), void);
    asked.expect_problem(422, "invalid_invoice_status_or_payment_status");
    assert_eq!(voided.expect_status(200)["still_payable"], json!([]));
    let links = app.simulator_get("/links").await;
    assert_eq!(links["links"][0]["status"], "CANCELLED");
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_duplicate_changes_nothing_and_a_forged_webhook_is_refused() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    app.payment_url(&invoice).await;
    let link = app.link(&invoice).await;
    app.simulator_post(&format!("/links/{link}/pay"), &json!({}))
        .await;
    app.invoice_until(&invoice, is_paid).await;

    let deliveries = app.simulator_get("/deliveries").await;
    let delivery = deliveries["deliveries"][0].clone();
    let send = async |body: String| {
        let mut request = app.http.post(delivery["url"].as_str().unwrap()).body(body);
        for (name, value) in delivery["headers"].as_object().unwrap() {
            request = request.header(name, value.as_str().unwrap());
        }
        ApiResponse::of(request).await
    };
    let body = delivery["body"].as_str().unwrap();
    assert_eq!(send(body.to_owned()).await.status, 200);
    let forged = send(body.replacen("200.12", "900.12", 1)).await;
    assert_eq!(forged.status, 401, "{}", forged.text);
    let recorded = |invoice: &Value| {
        let history = invoice["history"].as_array().unwrap();
        history
            .iter()
            .any(|entry| entry["kind"] == "duplicate_ignored")
    };
    let after = app.invoice_until(&invoice, recorded).await;
    assert_eq!(after["amount_paid_cents"], 20_012);
    assert_eq!(after["surplus_cents"], 0);
    assert_eq!(after["payments"].as_array().unwrap().len(), 1);
    app.running.shutdown().await;
}
