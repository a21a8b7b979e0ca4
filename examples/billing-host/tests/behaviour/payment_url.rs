use serde_json::{Value, json};

use crate::fixture::{ApiResponse, Application, ORGANIZATION, connection_json, invoice_json, text};

#[tokio::test]
async fn the_response_has_exactly_the_fields_of_lagos_api() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let response = app.request_payment_url(&invoice).await.expect_status(200);
    let details = &response["invoice_payment_details"];
    let (customer, url) = (
        text(&details["lago_customer_id"]),
        text(&details["payment_url"]),
    );
    let expected = json!({"invoice_payment_details": {
        "lago_customer_id": customer,
        "lago_invoice_id": invoice,
        "external_customer_id": "customer-1",
        "payment_provider": "cashfree",
        "payment_url": url,
    }});
    assert_eq!(response, expected);
    assert!(
        url.starts_with(app.running.simulator_url().unwrap()),
        "{url}"
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn concurrent_and_repeated_requests_return_the_same_url() {
    let app = Application::start().await;
    let invoice = app.new_invoice(123).await;
    let asks = (0..8).map(|_| app.payment_url(&invoice));
    let pages = futures_util::future::join_all(asks).await;
    let first = app.payment_url(&invoice).await;
    assert!(pages.iter().all(|page| *page == first), "{pages:?}");
    let links = app.simulator_get("/links").await;
    assert_eq!(links["links"].as_array().unwrap().len(), 1);
    assert_eq!(links["links"][0]["amount"], "1.23");
    app.running.shutdown().await;
}

/// Removes the reasons of refusal one after the other.
#[tokio::test]
async fn reasons_of_refusal_have_lagos_order() {
    let app = Application::start().await;
    let customer = |fields: Value| {
        let mut customer =
            json!({"organization_id": ORGANIZATION, "external_id": "c", "phone": "9000000000"});
        customer
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        customer
    };
    let unlinked = customer(json!({}));
    let linked = customer(json!({"payment_provider": "cashfree", "payment_provider_code": "late"}));
    app.request_payment_url("01890000-0000-7000-8000-000000000000")
        .await
        .expect_problem(404, "not_found");

    app.post("/customers", &unlinked).await.expect_status(201);
    let voided = text(
        &app.post("/invoices", &invoice_json("c", 100))
            .await
            .expect_status(201)["id"],
    );
    app.post_empty(&format!("/invoices/{voided}/void"))
        .await
        .expect_status(200);
    let open = text(
        &app.post("/invoices", &invoice_json("c", 100))
            .await
            .expect_status(201)["id"],
    );

    let refused = async |invoice: &str, code: &str| {
        app.request_payment_url(invoice)
            .await
            .expect_problem(422, code);
    };
    refused(&voided, "no_linked_payment_provider").await;
    refused(&open, "no_linked_payment_provider").await;
    // The connection does not exist yet, so the customer is not linked.
    app.post("/customers", &linked).await.expect_status(200);
    refused(&voided, "invalid_invoice_status_or_payment_status").await;
    refused(&open, "missing_payment_provider").await;
    let base_url = format!("{}/pg", app.running.simulator_url().unwrap());
    let settings = json!({"client_id": "TEST_SIMULATOR", "client_secret": "wrong-secret",
                          "environment": "sandbox", "base_url": base_url});
    app.post("/connections", &connection_json("late", &settings))
        .await
        .expect_status(201);
    refused(&open, "missing_payment_provider_customer").await;
    app.post("/customers", &linked).await.expect_status(200);
    // Everything is correct except the client secret. That is the connection's, so the request is not at fault.
    let response = app.request_payment_url(&open).await;
    response.expect_problem(502, "provider_error");
    assert!(
        response.json["provider_error"]["message"].is_string(),
        "{}",
        response.text
    );
    assert!(
        response.json["provider_error"]["error_code"].is_string(),
        "{}",
        response.text
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn data_that_the_gateway_would_reject_is_reported_without_a_request() {
    let app = Application::start().await;
    let customer = json!({"organization_id": ORGANIZATION, "external_id": "no-phone",
                          "payment_provider": "cashfree", "payment_provider_code": "simulator"});
    app.post("/customers", &customer).await.expect_status(201);
    let mut invoice = invoice_json("no-phone", 100);
    invoice["purpose"] = json!("x".repeat(501));
    let invoice = text(&app.post("/invoices", &invoice).await.expect_status(201)["id"]);
    let response = app.request_payment_url(&invoice).await;
    response.expect_problem(422, "validation_errors");
    let mut fields = response.invalid_fields();
    fields.sort();
    assert_eq!(fields, ["customer.phone: missing", "purpose: too_large"]);
    assert_eq!(app.simulator_get("/links").await["links"], json!([]));
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_lost_response_leads_to_one_link() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let fault = json!({"operation": "create_link", "fault": "drop_after_commit", "times": 10});
    app.simulator_post("/faults", &fault).await;
    let response = app.request_payment_url(&invoice).await;
    let clear = format!("{}/_simulator/faults", app.running.simulator_url().unwrap());
    ApiResponse::of(app.http.delete(clear)).await;
    // The provider either finds the link itself or reports an unknown outcome; then the next request finds
    // it.
    if response.status != 200 {
        response.expect_problem(503, "outcome_unknown");
        assert!(response.headers.contains_key("retry-after"));
        assert!(
            response.json["detail"]
                .as_str()
                .unwrap()
                .contains("try again")
        );
    }
    app.payment_url(&invoice).await;
    assert_eq!(
        app.simulator_get("/links").await["links"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn an_unreachable_gateway_is_reported_with_503_and_retry_after() {
    let app = Application::start().await;
    let settings = json!({"client_id": "a", "client_secret": "b", "environment": "sandbox",
                          "base_url": "http://127.0.0.1:9/pg"});
    app.post("/connections", &connection_json("gone", &settings))
        .await
        .expect_status(201);
    let customer = json!({"organization_id": ORGANIZATION, "external_id": "c", "phone": "9000000000",
                          "payment_provider": "cashfree", "payment_provider_code": "gone"});
    app.post("/customers", &customer).await.expect_status(201);
    let invoice = text(
        &app.post("/invoices", &invoice_json("c", 100))
            .await
            .expect_status(201)["id"],
    );
    let response = app.request_payment_url(&invoice).await;
    response.expect_problem(503, "provider_unavailable");
    assert!(response.headers.contains_key("retry-after"));
    assert_eq!(response.json["provider_error"]["error_code"], "connection");
    let check = app
        .post_empty("/connections/gone/check?organization_id=acme")
        .await;
    check.expect_problem(503, "provider_unavailable");
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_definite_refusal_of_the_gateway_is_the_clients_to_mend() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let fault = json!({"operation": "create_link", "fault": "error_400_stored"});
    app.simulator_post("/faults", &fault).await;
    let response = app.request_payment_url(&invoice).await;
    response.expect_problem(422, "provider_error");
    let error = &response.json["provider_error"];
    assert!(
        error["message"].is_string() && error["error_code"].is_string(),
        "{}",
        response.text
    );
    app.running.shutdown().await;
}
