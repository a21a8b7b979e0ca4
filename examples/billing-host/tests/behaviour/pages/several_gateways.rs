use reqwest::StatusCode;
use serde_json::json;

use super::client::PageClient;
use crate::fixture::{Application, invoice_json, text};

const NEW: &str = "/new-connection/bank_transfer";

#[tokio::test]
async fn every_gateway_is_offered_by_its_name() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let choice = clerk.get("/new-connection").await;
    choice.shows("Choose a gateway.");
    let registry = billing_host::gateways(billing_host::GatewayAddresses::Official).unwrap();
    assert!(registry.iter().count() > 1);
    for gateway in registry.iter().map(|factory| factory.descriptor()) {
        choice.shows(&gateway.display_name);
        let form = clerk.get(&format!("/new-connection/{}", gateway.id)).await;
        assert_eq!(form.status, StatusCode::OK);
        for field in gateway.settings.fields() {
            let control = format!("[name=\"settings.{}\"]", field.name);
            assert!(form.count(&control) > 0, "{} of {}", field.name, gateway.id);
        }
    }
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_gateway_without_cancellation_can_be_used_on_the_pages() {
    let app = Application::start().await;
    let mut clerk = PageClient::signed_in(&app).await;
    let mut fields = vec![
        ("organization_id", "acme"),
        ("code", "bank"),
        ("name", "Our bank account"),
        ("settings.instructions_url", "http://merchant.example/pay"),
        ("settings.callback_secret", "short"),
        ("settings.environment", "production"),
    ];
    let refused = clerk.submit(NEW, NEW, &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.count(".error"), 2, "{}", refused.text());
    refused.shows("must be https");
    refused.shows("must be at least 16 characters");
    fields[3].1 = "https://merchant.example/pay";
    fields[4].1 = "a-secret-of-the-bookkeeping";
    let added = clerk.submit(NEW, NEW, &fields).await;
    assert_eq!(
        added.location.as_deref(),
        Some("/connections/acme/bank?new")
    );
    let path = "/connections/acme/bank";
    let checked = clerk
        .submit(path, "/connections/acme/bank/check", &[])
        .await;
    checked.shows("Credentials accepted");
    checked.shows("Your bookkeeping posts a signed callback there");

    let customer = json!({
        "organization_id": "acme", "external_id": "customer-9",
        "payment_provider": "bank_transfer", "payment_provider_code": "bank",
    });
    app.post("/customers", &customer).await.expect_status(201);
    let invoice = app
        .post("/invoices", &invoice_json("customer-9", 5_500))
        .await;
    let path = format!("/invoices/{}", text(&invoice.expect_status(201)["id"]));
    let asked = clerk
        .submit(&path, &format!("{path}/payment-link"), &[])
        .await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text());
    let page = clerk.get(&path).await;
    let link = page.attribute("#payment-url", "value").unwrap();
    assert!(
        link.starts_with("https://merchant.example/pay?reference="),
        "{link}"
    );
    let voided = clerk.submit(&path, &format!("{path}/void"), &[]).await;
    voided.shows("These payment links could not be cancelled and can still be paid");
    voided.shows("The gateway cannot cancel");
    voided.shows("it can be paid until it expires");
    app.running.shutdown().await;
}
