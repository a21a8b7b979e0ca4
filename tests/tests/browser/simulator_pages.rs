//! Every page of the simulator, on both screens.

use cross_crate_tests::{Asked, Browser, Screen, Scripts, Stage};
use serde_json::{Value, json};

use crate::look::inspect;

#[tokio::test]
async fn every_page_of_the_simulator_lets_everybody_in() {
    let Some(browser) = Browser::open(Scripts::On, Screen::Desktop).await else {
        return;
    };
    let stage = Stage::set_up().await;
    browser.go(stage.control.url()).await;
    browser.sees("There is no link yet.").await;
    inspect(&browser, "simulator-empty").await;

    let open = made(&stage, "open", json!({})).await;
    browser.go(&open).await;
    inspect(&browser, "payment-page").await;
    browser.pick("Card").await;
    browser.fill("Card number", "4111111111111111").await;
    browser.click("Pay ₹1,499.00").await;
    browser.sees("not one of the test card numbers").await;
    inspect(&browser, "payment-page-wrong").await;
    browser.click("Test cards").await;
    browser.click("5105105105105100").await;
    browser.click("Let the payment fail").await;
    browser.sees_heading("Payment failed").await;
    inspect(&browser, "payment-failed").await;

    let partly = made(
        &stage,
        "partly",
        json!({"link_partial_payments": true, "link_minimum_partial_amount": 100}),
    )
    .await;
    browser.go(&partly).await;
    browser.fill("Amount to pay now", "500").await;
    browser.click("Pay ₹500.00").await;
    browser.sees("Paid already ₹500.00").await;
    browser.sees_heading("Payment successful").await;
    inspect(&browser, "payment-successful").await;
    browser.click("Pay another instalment").await;
    inspect(&browser, "payment-page-partly").await;

    let paid = made(&stage, "paid", json!({})).await;
    stage.on_link("paid", "pay").await;
    let expired = made(&stage, "expired", json!({})).await;
    stage.on_link("expired", "expire").await;
    let cancelled = made(&stage, "cancelled", json!({})).await;
    ask(&stage, "/links/cancelled/cancel", &json!({})).await;
    for (name, url, heading) in [
        ("link-paid", &paid, "This link is paid"),
        ("link-expired", &expired, "This link has expired"),
        ("link-cancelled", &cancelled, "This link was cancelled"),
    ] {
        browser.go(url).await;
        browser.sees_heading(heading).await;
        inspect(&browser, name).await;
    }

    let asked = stage.ask_for("Hosting, March 2026", 149_900).await;
    let Asked { invoice, link, .. } = &asked;
    stage.on_link(link, "fail").await;
    stage.on_link(link, "pending").await;
    stage.on_link(link, "pay").await;
    stage.api.wait_for(invoice, "succeeded 149900 0").await;
    browser.go(stage.control.url()).await;
    browser.sees("delivered").await;
    inspect(&browser, "simulator-overview").await;
}

/// Creates a merchant's own link, which has no page after payment; returns its address.
async fn made(stage: &Stage, id: &str, more: Value) -> String {
    let mut link = json!({
        "link_id": id, "link_amount": 1499, "link_currency": "INR", "link_purpose": "Hosting, March 2026",
        "customer_details": {"customer_phone": "9000000000", "customer_name": "Asha Rao"},
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        link[name] = value.clone();
    }
    let made = ask(stage, "/links", &link).await;
    made["link_url"].as_str().expect("an address").to_owned()
}

/// Sends a merchant's request to the simulator.
async fn ask(stage: &Stage, path: &str, body: &Value) -> Value {
    let client = reqwest::Client::builder().no_proxy().build();
    let request = client
        .expect("an HTTP client")
        .post(format!("{}/pg{path}", stage.control.url()))
        .header("x-client-id", "TEST_SIMULATOR")
        .header("x-client-secret", Stage::SECRET)
        .header("x-api-version", "2025-01-01")
        .json(body);
    let answer = request.send().await.expect("an answer");
    let (status, answer) = (answer.status(), answer.text().await);
    let answer = answer.expect("a text");
    assert!(status.is_success(), "{path}: {answer}");
    serde_json::from_str(&answer).expect("JSON")
}
