//! Customers who change their connection, deletion of connections, and rotation of the encryption key.

use std::fs;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{ApiResponse, Application, ORGANIZATION, connection_json};
use billing_host::{DatabaseLocation, Options};

async fn connect(app: &Application, code: &str) {
    let base_url = format!("{}/pg", app.running.simulator_url().unwrap());
    let settings = json!({"client_id": "TEST_SIMULATOR", "client_secret": "x",
                          "environment": "sandbox", "base_url": base_url});
    app.post("/connections", &connection_json(code, &settings))
        .await
        .expect_status(201);
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

async fn delete(app: &Application, code: &str) -> ApiResponse {
    let path = format!("/connections/{code}?organization_id={ORGANIZATION}");
    ApiResponse::of(app.request(Method::DELETE, &path)).await
}

#[tokio::test]
async fn changing_the_connection_of_a_customer_cancels_their_open_links() {
    let app = Application::start().await;
    connect(&app, "second").await;
    let id = app.new_invoice(10_000).await;
    app.payment_url(&id).await;
    let relinked = app.post("/customers", &customer(Some("second"))).await;
    let relinked = relinked.expect_status(200);
    assert_eq!(relinked["linked"], true);
    assert_eq!(relinked["still_payable"], json!([]));
    assert_eq!(relinked["unbooked"], json!([]));
    assert_eq!(app.invoice(&id).await["checkouts"][0]["state"], "cancelled");

    // The gateway rejects the credentials of the second connection, so no link can be created there.
    app.request_payment_url(&id).await;
    let unlinked = app
        .post("/customers", &customer(None))
        .await
        .expect_status(200);
    assert_eq!(unlinked["linked"], false);
    assert!(unlinked["still_payable"].is_array());
    app.request_payment_url(&id)
        .await
        .expect_problem(422, "no_linked_payment_provider");
    app.running.shutdown().await;
}

#[tokio::test]
async fn only_an_unused_connection_is_deleted() {
    let app = Application::start().await;
    connect(&app, "second").await;
    app.post("/customers", &customer(Some("second")))
        .await
        .expect_status(200);
    let refused = delete(&app, "second").await;
    refused.expect_problem(409, "connection_in_use");
    assert!(
        refused.text.contains("linked customers: 1"),
        "{}",
        refused.text
    );
    app.post("/customers", &customer(None))
        .await
        .expect_status(200);
    assert_eq!(delete(&app, "second").await.status, StatusCode::NO_CONTENT);
    delete(&app, "second")
        .await
        .expect_problem(404, "not_found");
    app.running.shutdown().await;
}

#[tokio::test]
async fn an_encryption_key_is_rotated_by_a_new_first_line_in_its_file() {
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
    let report = app
        .post_empty("/sealing-key/reseal")
        .await
        .expect_status(200);
    assert_eq!(report["unopened"], json!([]));
    // The start updated the seeded connection with the simulator's new URL, which encrypted it with the
    // new key.
    assert_eq!(
        (&report["resealed"], &report["current"]),
        (&json!(1), &json!(1))
    );
    app.running.shutdown().await;

    fs::write(&file, current).unwrap();
    let app = Application::with(options()).await;
    let report = app
        .post_empty("/sealing-key/reseal")
        .await
        .expect_status(200);
    assert_eq!(
        (&report["resealed"], &report["unopened"]),
        (&json!(0), &json!([]))
    );
    app.running.shutdown().await;
}
