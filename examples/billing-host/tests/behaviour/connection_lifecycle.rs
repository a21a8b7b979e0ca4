//! Customers who pay through another connection, connections that go, and the key that seals.

use std::fs;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Answer, Application, ORGANIZATION, connection_of};
use billing_host::{DatabaseLocation, Options};

async fn connect(app: &Application, code: &str) {
    let base_url = format!("{}/pg", app.running.simulator_url().unwrap());
    let settings = json!({"client_id": "TEST_SIMULATOR", "client_secret": "x",
                          "environment": "sandbox", "base_url": base_url});
    app.post("/connections", &connection_of(code, &settings))
        .await
        .with(201);
}

fn customer(code: Option<&str>) -> Value {
    let mut customer = json!({"organization_id": ORGANIZATION, "external_id": "customer-1",
                              "phone": "9000000000"});
    if let Some(code) = code {
        customer["payment_provider"] = json!("cashfree");
        customer["payment_provider_code"] = json!(code);
    }
    customer
}

async fn delete(app: &Application, code: &str) -> Answer {
    let path = format!("/connections/{code}?organization_id={ORGANIZATION}");
    Answer::to(app.request(Method::DELETE, &path)).await
}

#[tokio::test]
async fn a_customer_who_goes_elsewhere_leaves_nothing_payable_behind() {
    let app = Application::start().await;
    connect(&app, "second").await;
    let id = app.new_invoice(10_000).await;
    app.payment_url(&id).await;
    let moved = app.post("/customers", &customer(Some("second"))).await;
    let moved = moved.with(200);
    assert_eq!(moved["linked"], true);
    assert_eq!(moved["still_payable"], json!([]));
    assert_eq!(moved["unbooked"], json!([]));
    assert_eq!(app.invoice(&id).await["checkouts"][0]["state"], "cancelled");

    // The account behind the second connection does not exist at the gateway, so nothing can be
    // asked for there, and what was asked for is named.
    app.ask_payment_url(&id).await;
    let gone = app.post("/customers", &customer(None)).await.with(200);
    assert_eq!(gone["linked"], false);
    assert!(gone["still_payable"].is_array());
    app.ask_payment_url(&id)
        .await
        .is_problem(422, "no_linked_payment_provider");
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_connection_in_use_is_not_deleted_and_an_unused_one_is() {
    let app = Application::start().await;
    connect(&app, "second").await;
    app.post("/customers", &customer(Some("second")))
        .await
        .with(200);
    let refused = delete(&app, "second").await;
    refused.is_problem(409, "connection_in_use");
    assert!(
        refused.text.contains("linked customers: 1"),
        "{}",
        refused.text
    );
    app.post("/customers", &customer(None)).await.with(200);
    assert_eq!(delete(&app, "second").await.status, StatusCode::NO_CONTENT);
    delete(&app, "second").await.is_problem(404, "not_found");
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_sealing_key_is_replaced_by_a_line_in_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keys");
    let options = || Options {
        database: DatabaseLocation::File(directory.path().join("billing.db")),
        key_file: Some(file.clone()),
        ..Options::default()
    };
    let app = Application::with(options()).await;
    connect(&app, "second").await;
    app.running.shutdown().await;
    let former = fs::read_to_string(&file).unwrap();
    let current = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    fs::write(&file, format!("{current}\n{former}")).unwrap();

    let app = Application::with(options()).await;
    let done = app.act("/sealing-key/reseal").await.with(200);
    assert_eq!(done["unopened"], json!([]));
    // The seeded connection was given the simulator's new address, and so the new key, at the start.
    assert_eq!(
        (&done["resealed"], &done["current"]),
        (&json!(1), &json!(1))
    );
    app.running.shutdown().await;

    fs::write(&file, current).unwrap();
    let app = Application::with(options()).await;
    let done = app.act("/sealing-key/reseal").await.with(200);
    assert_eq!(
        (&done["resealed"], &done["unopened"]),
        (&json!(0), &json!([]))
    );
    app.running.shutdown().await;
}
