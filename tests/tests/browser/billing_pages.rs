//! Every page of the billing application, on both screens.

use cross_crate_tests::{Api, Asked, Browser, Screen, Scripts, Stage};
use serde_json::json;

use crate::desk::Desk;
use crate::look::inspect;

#[tokio::test]
async fn every_page_of_the_billing_application_lets_everybody_in() {
    let Some(desk) = Desk::open(Scripts::On, Screen::Desktop).await else {
        return;
    };
    let browser = &desk.browser;
    browser.sees_heading("Sign in").await;
    inspect(browser, "sign-in").await;
    desk.sign_in().await;
    inspect(browser, "invoices-none").await;
    let (api, proxy) = (&desk.stage.api, &desk.stage.proxy);
    api.set_up(&proxy.url(), Stage::SECRET).await;
    let invoices = Invoices::make(&desk.stage).await;

    for (name, path, text) in [
        ("invoices", "/", "Live updates on"),
        ("invoice-link", &invoices.open, "Payment link created"),
        ("invoice-paid", &invoices.paid, "Payment recorded"),
        ("invoice-surplus", &invoices.surplus, "is overpaid"),
        ("invoice-voided", &invoices.voided, "The invoice is voided"),
        ("invoice-void", &invoices.void, "Void this invoice?"),
        ("invoice-new", "/invoices/new", "Shown to the payer."),
        ("customers", "/customers", "Not yet"),
        ("customer", "/customers/new", "Your own id"),
        ("connections", "/connections", "Main account"),
        ("connection", "/connections/acme/main", "Deliveries"),
        (
            "settings",
            "/connections/acme/main/settings",
            "Save settings",
        ),
        ("thanks-paid", &invoices.thanks_paid, "We have received"),
        ("thanks-declined", &invoices.thanks_open, "Try again"),
        ("thanks-waiting", &invoices.thanks_new, "Not confirmed yet"),
    ] {
        browser.go(&format!("{}{path}", api.url())).await;
        browser.sees(text).await;
        inspect(browser, name).await;
    }
    refused_forms(browser, api).await;
}

/// Opens forms with an invalid input, and the page of a connection that was checked.
async fn refused_forms(browser: &Browser, api: &Api) {
    browser.go(&format!("{}/invoices/new", api.url())).await;
    browser.fill("Amount", "1e3").await;
    browser.fill("Currency", "rupees").await;
    browser.click("Create invoice").await;
    browser.sees("Customer must be chosen").await;
    inspect(browser, "invoice-new-wrong").await;

    browser.go(&format!("{}/new-connection", api.url())).await;
    inspect(browser, "connection-choose").await;
    browser.click("Cashfree Payments").await;
    browser.fill("Client secret", "typed-before").await;
    browser.fill("Gateway address", "ftp://nowhere").await;
    browser.click("Add connection").await;
    browser.sees("Your entry is kept").await;
    inspect(browser, "connection-new-wrong").await;

    let connection = format!("{}/connections/acme/main", api.url());
    browser.go(&connection).await;
    browser.click("Check connection").await;
    browser.sees("Credentials accepted").await;
    inspect(browser, "connection-checked").await;
}

/// The paths of invoices in different states.
struct Invoices {
    open: String,
    paid: String,
    surplus: String,
    voided: String,
    void: String,
    thanks_paid: String,
    thanks_open: String,
    thanks_new: String,
}

impl Invoices {
    /// Creates one invoice in each state, with two customers.
    async fn make(stage: &Stage) -> Self {
        let api = &stage.api;
        let customer = json!({
            "organization_id": Api::ORGANIZATION, "external_id": "customer-2", "name": "Vikram Shah",
            "payment_provider": "cashfree", "payment_provider_code": "main",
        });
        api.expect("/api/v1/customers", &customer, 201).await;

        api.invoice_for("Website, first draft", 2_500_000).await;
        // Amounts that fill a line of a phone.
        let large = stage.ask_for("Data centre", 12_345_678_900).await;
        stage.on_link(&large.link, "pay").await;
        let voided = stage.ask_for("Training, cancelled", 300_000).await.invoice;
        let path = format!("/api/v1/invoices/{voided}/void");
        api.expect(&path, &json!({}), 200).await;

        let expired = stage.ask_for("Logo", 450_000).await;
        stage.on_link(&expired.link, "expire").await;

        let Asked {
            invoice: surplus,
            link,
            ..
        } = stage.ask_for("Support, 10 hours", 1_180_050).await;
        let pending = stage.on_link(&link, "pending").await;
        stage.on_link(&link, "pay").await;
        let payment = pending["payment"]["cf_payment_id"].to_string();
        let path = format!("payments/{}/settle", payment.replace('"', ""));
        stage
            .control
            .post(&path, &json!({"outcome": "SUCCESS"}))
            .await;

        let Asked {
            invoice: paid,
            link,
            ..
        } = stage.ask_for("Domain renewal", 149_900).await;
        stage.on_link(&link, "fail").await;
        // The payments are reported one after the other, in the order of payment.
        stage.control.deliveries_of(&link, 1).await;
        stage.on_link(&link, "pay").await;
        let Asked {
            invoice: open,
            link,
            ..
        } = stage.ask_for("Hosting, March 2026", 149_900).await;
        stage.on_link(&link, "fail").await;
        let new = stage.ask_for("Hosting, April 2026", 149_900).await.invoice;

        api.wait_for(&surplus, "succeeded 1180050 1180050").await;
        api.wait_for(&paid, "succeeded 149900 0").await;
        let page = |invoice: &str| format!("/invoices/{invoice}");
        Self {
            thanks_paid: format!("/thanks/{paid}"),
            thanks_open: format!("/thanks/{open}"),
            thanks_new: format!("/thanks/{new}"),
            void: format!("/invoices/{open}/void"),
            open: page(&open),
            paid: page(&paid),
            surplus: page(&surplus),
            voided: page(&voided),
        }
    }
}
