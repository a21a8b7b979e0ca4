use serde_json::{Value, json};

use crate::fixture::{Answer, Application, ORGANIZATION, connection_of, invoice_of, text};

#[tokio::test]
async fn the_answer_has_exactly_the_fields_of_lagos() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let answer = app.ask_payment_url(&invoice).await.with(200);
    let details = &answer["invoice_payment_details"];
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
    assert_eq!(answer, expected);
    assert!(
        url.starts_with(app.running.simulator_url().unwrap()),
        "{url}"
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn asked_again_and_by_many_at_once_it_is_the_same_page() {
    let app = Application::start().await;
    let invoice = app.new_invoice(123).await;
    let asks = (0..8).map(|_| app.payment_url(&invoice));
    let pages = futures_util::future::join_all(asks).await;
    let first = app.payment_url(&invoice).await;
    assert!(pages.iter().all(|page| *page == first), "{pages:?}");
    let links = app.watch("/links").await;
    assert_eq!(links["links"].as_array().unwrap().len(), 1);
    assert_eq!(links["links"][0]["amount"], "1.23");
    app.running.shutdown().await;
}

/// Refusals come in this order: each row lacks one thing more than the row below it.
#[tokio::test]
async fn refusals_come_in_lagos_order() {
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
    app.ask_payment_url("01890000-0000-7000-8000-000000000000")
        .await
        .is_problem(404, "not_found");

    app.post("/customers", &unlinked).await.with(201);
    let voided = text(&app.post("/invoices", &invoice_of("c", 100)).await.with(201)["id"]);
    app.act(&format!("/invoices/{voided}/void")).await.with(200);
    let open = text(&app.post("/invoices", &invoice_of("c", 100)).await.with(201)["id"]);

    let refused = async |invoice: &str, code: &str| {
        app.ask_payment_url(invoice).await.is_problem(422, code);
    };
    refused(&voided, "no_linked_payment_provider").await;
    refused(&open, "no_linked_payment_provider").await;
    // The connection does not exist yet, so that the customer cannot be linked to it.
    app.post("/customers", &linked).await.with(200);
    refused(&voided, "invalid_invoice_status_or_payment_status").await;
    refused(&open, "missing_payment_provider").await;
    let base_url = format!("{}/pg", app.running.simulator_url().unwrap());
    let settings = json!({"client_id": "TEST_SIMULATOR", "client_secret": "wrong-secret",
                          "environment": "sandbox", "base_url": base_url});
    app.post("/connections", &connection_of("late", &settings))
        .await
        .with(201);
    refused(&open, "missing_payment_provider_customer").await;
    app.post("/customers", &linked).await.with(200);
    // Everything is in place but the secret.
    let answer = app.ask_payment_url(&open).await;
    answer.is_problem(502, "provider_error");
    assert!(
        answer.json["provider_error"]["message"].is_string(),
        "{}",
        answer.text
    );
    assert!(
        answer.json["provider_error"]["error_code"].is_string(),
        "{}",
        answer.text
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn what_the_gateway_would_not_accept_is_named_before_it_is_asked() {
    let app = Application::start().await;
    let customer = json!({"organization_id": ORGANIZATION, "external_id": "no-phone",
                          "payment_provider": "cashfree", "payment_provider_code": "simulator"});
    app.post("/customers", &customer).await.with(201);
    let mut invoice = invoice_of("no-phone", 100);
    invoice["purpose"] = json!("x".repeat(501));
    let invoice = text(&app.post("/invoices", &invoice).await.with(201)["id"]);
    let answer = app.ask_payment_url(&invoice).await;
    answer.is_problem(422, "validation_errors");
    let mut fields = answer.fields();
    fields.sort();
    assert_eq!(fields, ["customer.phone: missing", "purpose: too_large"]);
    assert_eq!(app.watch("/links").await["links"], json!([]));
    app.running.shutdown().await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again_and_there_is_one_link() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let fault = json!({"operation": "create_link", "fault": "drop_after_commit", "times": 10});
    app.control("/faults", &fault).await;
    let answer = app.ask_payment_url(&invoice).await;
    let clear = format!("{}/_simulator/faults", app.running.simulator_url().unwrap());
    Answer::to(app.http.delete(clear)).await;
    // Whether the provider found the link itself or says to ask again: the next answer has it.
    if answer.status != 200 {
        answer.is_problem(503, "outcome_unknown");
        assert!(answer.headers.contains_key("retry-after"));
        assert!(
            answer.json["detail"]
                .as_str()
                .unwrap()
                .contains("try again")
        );
    }
    app.payment_url(&invoice).await;
    assert_eq!(
        app.watch("/links").await["links"].as_array().unwrap().len(),
        1
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_gateway_out_of_reach_is_503_with_the_time_to_wait() {
    let app = Application::start().await;
    let settings = json!({"client_id": "a", "client_secret": "b", "environment": "sandbox",
                          "base_url": "http://127.0.0.1:9/pg"});
    app.post("/connections", &connection_of("gone", &settings))
        .await
        .with(201);
    let customer = json!({"organization_id": ORGANIZATION, "external_id": "c", "phone": "9000000000",
                          "payment_provider": "cashfree", "payment_provider_code": "gone"});
    app.post("/customers", &customer).await.with(201);
    let invoice = text(&app.post("/invoices", &invoice_of("c", 100)).await.with(201)["id"]);
    let answer = app.ask_payment_url(&invoice).await;
    answer.is_problem(503, "provider_unavailable");
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(answer.json["provider_error"]["error_code"], "connection");
    let check = app
        .act("/connections/gone/check?organization_id=acme")
        .await;
    check.is_problem(503, "provider_unavailable");
    app.running.shutdown().await;
}
