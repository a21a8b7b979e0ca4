use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::fixture::{ApiResponse, Application, invoice_json};

#[tokio::test]
async fn requests_without_the_exact_token_are_refused() {
    let app = Application::start().await;
    let url = format!("{}/api/v1/invoices", app.running.url());
    let key = app.running.api_key();
    let wrong = format!("Bearer {}x", &key[..key.len() - 1]);
    let longer = format!("Bearer {key}x");
    let basic = format!("Basic {key}");
    for credential in ["", "Bearer", "Bearer ", &wrong, &longer, &basic, key] {
        let mut request = app.http.get(&url);
        if !credential.is_empty() {
            request = request.header("authorization", credential);
        }
        let response = ApiResponse::of(request).await;
        response.expect_problem(401, "unauthorized");
        assert_eq!(response.headers["www-authenticate"], "Bearer");
        assert!(!response.text.contains(key));
    }
    let twice = app.http.get(&url).bearer_auth(key).bearer_auth(key);
    ApiResponse::of(twice)
        .await
        .expect_problem(401, "unauthorized");
    let lower_case = app
        .http
        .get(&url)
        .header("authorization", format!("bearer {key}"));
    assert_eq!(ApiResponse::of(lower_case).await.status, StatusCode::OK);
    app.running.shutdown().await;
}

#[tokio::test]
async fn health_needs_no_token() {
    let app = Application::start().await;
    let response = ApiResponse::of(app.http.get(format!("{}/healthz", app.running.url()))).await;
    assert_eq!(response.expect_status(200), json!({"status": "ok"}));
    app.running.shutdown().await;
}

#[tokio::test]
async fn unknown_paths_methods_and_ids_are_reported() {
    let app = Application::start().await;
    for path in ["/nothing", "/invoices/1/2/3", "/connections/simulator/x"] {
        app.get(path).await.expect_problem(404, "unknown_route");
    }
    ApiResponse::of(app.http.get(format!("{}/nothing", app.running.url())))
        .await
        .expect_problem(404, "unknown_route");
    for (method, path, allowed) in [
        (Method::DELETE, "/invoices", "GET,HEAD,POST"),
        (Method::GET, "/customers", "POST"),
        (Method::PUT, "/connections", "GET,HEAD,POST"),
        (Method::GET, "/invoices/1/payment_url", "POST"),
        (Method::PATCH, "/invoices/1", "GET,HEAD"),
        (Method::GET, "/connections/simulator", "DELETE"),
    ] {
        let response = ApiResponse::of(app.request(method, path)).await;
        response.expect_problem(405, "method_not_allowed");
        assert_eq!(response.headers["allow"], allowed, "{path}");
    }
    let health = app.http.post(format!("{}/healthz", app.running.url()));
    ApiResponse::of(health)
        .await
        .expect_problem(405, "method_not_allowed");
    for path in [
        "/invoices/1",
        "/invoices/%FF",
        "/invoices/%00",
        "/invoices/..%2F",
    ] {
        app.get(path).await.expect_problem(404, "not_found");
    }
    for path in [
        "/invoices/1/void",
        "/invoices/1/payment_url",
        "/invoices/%FF/void",
    ] {
        app.post_empty(path).await.expect_problem(404, "not_found");
    }
    for path in ["/connections/other", "/connections/%20", "/connections/%FF"] {
        let path = format!("{path}/check?organization_id=acme");
        app.post_empty(&path).await.expect_problem(404, "not_found");
    }
    app.running.shutdown().await;
}

#[tokio::test]
async fn bodies_of_another_content_type_or_size_are_refused() {
    let app = Application::start().await;
    let invoice = invoice_json("customer-1", 100).to_string();
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonp"),
    ] {
        let mut request = app.request(Method::POST, "/invoices").body(invoice.clone());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        ApiResponse::of(request)
            .await
            .expect_problem(415, "unsupported_media_type");
    }
    let with_charset = app.request(Method::POST, "/invoices").body(invoice.clone());
    let with_charset = with_charset.header("content-type", "Application/JSON; charset=utf-8");
    assert_eq!(
        ApiResponse::of(with_charset).await.status,
        StatusCode::CREATED
    );

    let mut large = invoice.clone();
    large.push_str(&" ".repeat(64 * 1024 - large.len()));
    assert_eq!(
        app.post_text("/invoices", large.clone()).await.status,
        StatusCode::CREATED
    );
    large.push(' ');
    app.post_text("/invoices", large)
        .await
        .expect_problem(413, "body_too_large");
    app.running.shutdown().await;
}
