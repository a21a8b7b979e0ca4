use serde_json::{Value, json};

use crate::fixture::{Application, invoice_json};

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

#[tokio::test]
async fn each_invalid_field_of_an_invoice_is_reported() {
    let app = Application::start().await;
    let good = || invoice_json("customer-1", 100);
    for (field, value, code) in [
        ("amount_cents", json!(0), "too_small"),
        ("amount_cents", json!(-1), "too_small"),
        ("amount_cents", json!("100"), "invalid"),
        ("amount_cents", json!(1.5), "invalid"),
        ("amount_cents", json!(true), "invalid"),
        ("amount_cents", json!([100]), "invalid"),
        ("amount_cents", json!({"amount": 100}), "invalid"),
        ("amount_cents", json!(null), "missing"),
        ("currency", json!("inr"), "invalid"),
        ("currency", json!("XXX"), "invalid"),
        ("currency", json!(""), "invalid"),
        ("currency", json!(356), "invalid"),
        ("currency", json!(null), "missing"),
        ("purpose", json!(""), "too_small"),
        ("purpose", json!(" \t"), "too_small"),
        ("purpose", json!("a\u{0}b"), "invalid"),
        ("purpose", json!("x".repeat(1001)), "too_large"),
        ("purpose", json!(5), "invalid"),
        ("organization_id", json!("a b"), "invalid"),
        ("organization_id", json!("x".repeat(129)), "invalid"),
        ("organization_id", json!(["acme"]), "invalid"),
        ("external_customer_id", json!("nobody"), "unknown"),
        ("external_customer_id", json!(""), "invalid"),
        ("external_customer_id", json!({}), "invalid"),
        ("extra", json!(1), "unknown"),
    ] {
        let response = app
            .post("/invoices", &with(good(), field, value.clone()))
            .await;
        response.expect_problem(422, "validation_errors");
        assert_eq!(
            response.invalid_fields(),
            [format!("{field}: {code}")],
            "{value}"
        );
    }
    let other_organization = with(good(), "organization_id", json!("other"));
    let response = app.post("/invoices", &other_organization).await;
    assert_eq!(response.invalid_fields(), ["external_customer_id: unknown"]);
    app.running.shutdown().await;
}

#[tokio::test]
async fn an_amount_must_be_written_with_digits_only() {
    let app = Application::start().await;
    let body = |amount: &str| {
        let amount = format!("\"amount_cents\": {amount}");
        invoice_json("customer-1", 7)
            .to_string()
            .replace("\"amount_cents\":7", &amount)
    };
    for (amount, code) in [
        ("1e3", "invalid"),
        ("1E+3", "invalid"),
        ("100.0", "invalid"),
        ("1e999", "invalid"),
        ("0.1", "invalid"),
        ("-0", "too_small"),
        ("9223372036854775808", "too_large"),
        ("99999999999999999999999999999999", "too_large"),
        ("-9223372036854775809", "too_small"),
    ] {
        let response = app.post_text("/invoices", body(amount)).await;
        response.expect_problem(422, "validation_errors");
        assert_eq!(
            response.invalid_fields(),
            [format!("amount_cents: {code}")],
            "{amount}"
        );
    }
    for amount in ["1", "9223372036854775807"] {
        let response = app
            .post_text("/invoices", body(amount))
            .await
            .expect_status(201);
        assert_eq!(response["amount_cents"].to_string(), amount);
        assert_eq!(response["amount_due_cents"].to_string(), amount);
    }
    app.running.shutdown().await;
}

#[tokio::test]
async fn all_invalid_fields_are_reported_together() {
    let app = Application::start().await;
    let nothing = app.post("/invoices", &json!({})).await;
    let expected = [
        "organization_id: missing",
        "external_customer_id: missing",
        "amount_cents: missing",
        "currency: missing",
        "purpose: missing",
    ];
    assert_eq!(nothing.invalid_fields(), expected);
    let nothing = app.post("/connections", &json!({})).await;
    let expected = [
        "organization_id: missing",
        "provider: missing",
        "code: missing",
        "name: missing",
        "settings: missing",
    ];
    assert_eq!(nothing.invalid_fields(), expected);
    let wrong = json!({"external_id": 1, "name": 2, "email": "", "phone": [], "adress": "x",
                       "payment_provider": "strype"});
    let expected = [
        "adress: unknown",
        "organization_id: missing",
        "external_id: invalid",
        "name: invalid",
        "email: too_small",
        "phone: invalid",
        "payment_provider_code: missing",
        "payment_provider: unsupported",
    ];
    assert_eq!(
        app.post("/customers", &wrong).await.invalid_fields(),
        expected
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn bodies_other_than_a_json_object_are_refused() {
    let app = Application::start().await;
    let deep = "[".repeat(60_000);
    for path in ["/connections", "/customers", "/invoices"] {
        for body in [
            "",
            " ",
            "{",
            "{\"a\"",
            "{]",
            "{\"a\":1}}",
            "{\"a\":1} x",
            "{a:1}",
            "nul",
            "\u{feff}{}",
            "{\"organization_id\":\"\\ud800",
            "{'a':1}",
            &deep,
        ] {
            let response = app.post_text(path, body.to_owned()).await;
            response.expect_problem(400, "malformed_json");
        }
        app.post_text(path, &b"{\"\xff\":1}"[..])
            .await
            .expect_problem(400, "malformed_json");
        for body in ["null", "true", "17", "\"text\"", "[]", "[{}]"] {
            app.post_text(path, body)
                .await
                .expect_problem(422, "validation_errors");
        }
    }
    let twice = "{\"amount_cents\":1,\"amount_cents\":2}";
    let response = app.post_text("/invoices", twice).await;
    assert!(
        response
            .invalid_fields()
            .contains(&"amount_cents: invalid".to_owned()),
        "{}",
        response.text
    );
    let half = "{\"purpose\":\"\\ud800\"}";
    let response = app.post_text("/invoices", half).await;
    assert!(
        response
            .invalid_fields()
            .contains(&"purpose: invalid".to_owned()),
        "{}",
        response.text
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn invalid_query_parameters_are_reported() {
    let app = Application::start().await;
    for (path, fields) in [
        (
            "/invoices?organization_id=",
            vec!["organization_id: invalid"],
        ),
        (
            "/invoices?organization_id=a%20b",
            vec!["organization_id: invalid"],
        ),
        (
            "/invoices?organization_id=a&organization_id=b",
            vec!["organization_id: invalid"],
        ),
        (
            "/connections?page=2&organization_id=%00",
            vec!["page: unknown", "organization_id: invalid"],
        ),
        (
            "/connections/simulator/deliveries?limit=0&organization_id=a&limit=1",
            vec!["limit: invalid", "limit: invalid"],
        ),
        (
            "/connections/simulator/deliveries?limit=10",
            vec!["organization_id: missing"],
        ),
    ] {
        let response = app.get(path).await;
        response.expect_problem(422, "validation_errors");
        assert_eq!(response.invalid_fields(), fields, "{path}");
    }
    let response = app.post_empty("/connections/simulator/check").await;
    assert_eq!(response.invalid_fields(), ["organization_id: missing"]);
    app.running.shutdown().await;
}
