//! Pages of lists, and the headers of their responses.

use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{ApiResponse, Application, connection_json, text};

/// Walks through all pages of a list and returns the named field of each item, page by page.
async fn walk(app: &Application, path: &str, list: &str, field: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = String::new();
    loop {
        let page = app.get(&format!("{path}{next}")).await.expect_status(200);
        let items = page[list].as_array().unwrap().iter();
        pages.push(items.map(|item| text(&item[field])).collect());
        match &page["next"] {
            Value::Null => return pages,
            cursor => next = format!("&after={}", text(cursor)),
        }
    }
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let app = Application::start().await;
    let invoices = app.get("/invoices").await.expect_status(200);
    assert_eq!(invoices["next"], Value::Null);
    let seeded = invoices["invoices"].as_array().unwrap().iter();
    let seeded: Vec<_> = seeded.map(|it| text(&it["id"])).collect();
    for path in [
        "/invoices?limit=2",
        "/invoices?organization_id=acme&limit=2",
    ] {
        let pages = walk(&app, path, "invoices", "id").await;
        assert_eq!(pages, [&seeded[..2], &seeded[2..]], "{path}");
    }
    let pages = walk(&app, "/invoices?limit=3", "invoices", "id").await;
    assert_eq!(pages, [&seeded[..]], "no empty page follows");

    let settings = json!({"client_id": "A", "client_secret": "b", "environment": "sandbox"});
    for code in ["a", "z"] {
        let connection = connection_json(code, &settings);
        app.post("/connections", &connection)
            .await
            .expect_status(201);
    }
    for path in [
        "/connections?limit=2",
        "/connections?organization_id=acme&limit=2",
    ] {
        let pages = walk(&app, path, "connections", "code").await;
        assert_eq!(pages, [vec!["a", "simulator"], vec!["z"]], "{path}");
    }

    let invoice = app.seeded_invoice().await;
    app.payment_url(&invoice).await;
    let link = app.link(&invoice).await;
    app.simulator_post(&format!("/links/{link}/pay"), &json!({}))
        .await;
    app.invoice_until(&invoice, |it| it["payment_status"] == "succeeded")
        .await;
    let deliveries = "/connections/simulator/deliveries?organization_id=acme";
    let all = test_support::until(async || {
        let all = walk(&app, deliveries, "deliveries", "key").await;
        if all[0].len() == 2 {
            Ok(all)
        } else {
            Err(format!("{all:?}"))
        }
    })
    .await;
    let pages = walk(&app, &format!("{deliveries}&limit=1"), "deliveries", "key").await;
    assert_eq!(pages, [&all[0][..1], &all[0][1..]]);
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_page_that_does_not_exist_is_refused_and_the_parameter_named() {
    let app = Application::start().await;
    for list in [
        "/invoices?",
        "/connections?",
        "/connections/simulator/deliveries?organization_id=acme&",
    ] {
        for (query, field) in [
            ("limit=501", "limit: too_large"),
            ("limit=4294967295", "limit: too_large"),
            ("limit=99999999999999999999", "limit: too_large"),
            ("limit=0", "limit: invalid"),
            ("limit=-1", "limit: invalid"),
            ("limit=", "limit: invalid"),
            ("limit=1.0", "limit: invalid"),
            ("after=%00", "after: invalid"),
            ("after=", "after: invalid"),
        ] {
            let response = app.get(&format!("{list}{query}")).await;
            response.expect_problem(422, "validation_errors");
            assert_eq!(response.invalid_fields(), [field], "{list}{query}");
        }
        app.get(&format!("{list}limit=500"))
            .await
            .expect_status(200);
    }
    app.running.shutdown().await;
}

#[tokio::test]
async fn responses_of_the_api_are_neither_stored_nor_sniffed() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    let without_key = app
        .http
        .get(format!("{}/api/v1/invoices", app.running.url()));
    for response in [
        app.get("/invoices").await,
        app.get("/connections").await,
        app.get("/invoices/1").await,
        app.get("/nothing").await,
        app.request_payment_url(&invoice).await,
        ApiResponse::of(app.request(Method::DELETE, "/invoices")).await,
        ApiResponse::of(without_key).await,
    ] {
        let header = |name: &str| response.headers[name].to_str().unwrap();
        assert_eq!(header("cache-control"), "no-store", "{}", response.text);
        assert_eq!(header("x-content-type-options"), "nosniff");
    }
    app.running.shutdown().await;
}
