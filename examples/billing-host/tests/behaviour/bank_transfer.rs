//! A gateway without an API: payers transfer money and the merchant's bookkeeping posts callbacks. It has no
//! status API and links cannot be cancelled.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Url;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::fixture::{ApiResponse, Application, invoice_json, text};

const SECRET: &str = "a-secret-of-the-bookkeeping";
const CUSTOMER: &str = "customer-9";

/// The merchant's bookkeeping.
struct Bookkeeping<'a> {
    app: &'a Application,
    webhook_url: String,
}

impl<'a> Bookkeeping<'a> {
    /// Creates a bank transfer connection and a customer who pays through it.
    async fn connect(app: &'a Application) -> Self {
        let connection = json!({
            "organization_id": "acme", "provider": "bank_transfer", "code": "bank",
            "name": "Our bank account", "settings": {
                "instructions_url": "https://merchant.example/pay?lang=en",
                "callback_secret": SECRET, "environment": "sandbox",
            },
        });
        let made = app
            .post("/connections", &connection)
            .await
            .expect_status(201);
        assert_eq!(made["secrets"], json!(["callback_secret"]));
        let check = app
            .post_empty("/connections/bank/check?organization_id=acme")
            .await;
        assert_eq!(check.expect_status(200)["usable"], true);
        let customer = json!({
            "organization_id": "acme", "external_id": CUSTOMER,
            "payment_provider": "bank_transfer", "payment_provider_code": "bank",
        });
        let customer = app.post("/customers", &customer).await.expect_status(201);
        assert_eq!(
            (&customer["linked"], &customer["needs"]),
            (&json!(true), &json!([]))
        );
        let webhook_url = text(&made["webhook_url"]);
        Self { app, webhook_url }
    }

    async fn invoice(&self, amount_cents: i64) -> String {
        let invoice = invoice_json(CUSTOMER, amount_cents);
        text(
            &self
                .app
                .post("/invoices", &invoice)
                .await
                .expect_status(201)["id"],
        )
    }

    async fn post(&self, callback: &Value, secret: &str) -> ApiResponse {
        let body = callback.to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let signature = HEXLOWER.encode(&mac.finalize().into_bytes());
        let request = self.app.http.post(&self.webhook_url).body(body);
        ApiResponse::of(request.header("x-callback-signature", signature)).await
    }

    /// Posts a signed callback about a transfer.
    async fn report(&self, kind: &str, id: &str, reference: &str, amount: &str) {
        let callback = json!({
            "type": kind, "id": id, "reference": reference, "amount": amount, "currency": "INR",
        });
        self.post(&callback, SECRET).await.expect_status(200);
    }
}

/// Returns the query parameters of a page.
fn parameters(page: &str) -> Vec<(String, String)> {
    Url::parse(page)
        .unwrap()
        .query_pairs()
        .into_owned()
        .collect()
}

fn totals(invoice: &Value) -> [i64; 3] {
    ["amount_due_cents", "amount_paid_cents", "surplus_cents"]
        .map(|field| invoice[field].as_i64().unwrap())
}

#[tokio::test]
async fn a_transfer_pays_its_invoice_and_a_second_one_is_overpaid() {
    let app = Application::start().await;
    let bookkeeping = Bookkeeping::connect(&app).await;
    let invoice = bookkeeping.invoice(20_012).await;
    let page = app.payment_url(&invoice).await;
    assert!(
        page.starts_with("https://merchant.example/pay?lang=en&reference="),
        "{page}"
    );
    let reference = app.link(&invoice).await;
    let parameters = parameters(&page);
    let named = |name: &str| {
        let found = parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap()
    };
    assert_eq!(
        (named("reference"), named("amount"), named("currency")),
        (reference.as_str(), "200.12", "INR")
    );
    let ends = text(&app.invoice(&invoice).await["checkouts"][0]["expires_at"]);
    // The last whole day before the page expires.
    assert!(named("last_day") < &ends[..10], "{page}, {ends}");
    assert_eq!(app.payment_url(&invoice).await, page);

    // A callback with another signature is refused.
    let forged = json!({"type": "transfer.received", "id": "T-1", "reference": reference,
                        "amount": "200.12", "currency": "INR"});
    assert_eq!(
        bookkeeping
            .post(&forged, "another-callback-secret")
            .await
            .status,
        401
    );
    bookkeeping
        .report("transfer.failed", "T-0", &reference, "200.12")
        .await;
    let failed = |invoice: &Value| invoice["payments"][0]["status"] == "failed";
    let unpaid = app.invoice_until(&invoice, failed).await;
    assert_eq!(totals(&unpaid), [20_012, 0, 0]);

    for _ in 0..2 {
        bookkeeping
            .report("transfer.received", "T-1", &reference, "200.12")
            .await;
    }
    let paid = |invoice: &Value| invoice["payment_status"] == "succeeded";
    let shown = app.invoice_until(&invoice, paid).await;
    assert_eq!(totals(&shown), [0, 20_012, 0]);
    assert_eq!(shown["payments"][1]["verdict"], "exact");
    app.request_payment_url(&invoice)
        .await
        .expect_problem(422, "invalid_invoice_status_or_payment_status");

    // The same amount again, and then its return.
    bookkeeping
        .report("transfer.received", "T-2", &reference, "200.12")
        .await;
    let over = |invoice: &Value| invoice["surplus_cents"] == 20_012;
    let shown = app.invoice_until(&invoice, over).await;
    assert_eq!(totals(&shown), [0, 20_012, 20_012]);
    assert_eq!(shown["payments"][2]["verdict"], "duplicate");
    bookkeeping
        .report("transfer.returned", "T-2", &reference, "200.12")
        .await;
    let returned = |invoice: &Value| {
        let history = invoice["history"].as_array().unwrap();
        history
            .iter()
            .any(|entry| entry["detail"] == "refund T-2 of INR 200.12: succeeded")
    };
    app.invoice_until(&invoice, returned).await;
    app.running.shutdown().await;
}

#[tokio::test]
async fn overpaid_and_partial_transfers_are_allocated() {
    let app = Application::start().await;
    let bookkeeping = Bookkeeping::connect(&app).await;
    let more = bookkeeping.invoice(10_000).await;
    app.payment_url(&more).await;
    bookkeeping
        .report("transfer.received", "T-1", &app.link(&more).await, "150.50")
        .await;
    let recorded = |invoice: &Value| invoice["amount_paid_cents"] != 0;
    let shown = app.invoice_until(&more, recorded).await;
    assert_eq!(totals(&shown), [0, 10_000, 5_050]);
    assert_eq!(shown["payment_status"], "succeeded");

    let less = bookkeeping.invoice(10_000).await;
    app.payment_url(&less).await;
    bookkeeping
        .report("transfer.received", "T-2", &app.link(&less).await, "60")
        .await;
    let shown = app.invoice_until(&less, recorded).await;
    assert_eq!(totals(&shown), [4_000, 6_000, 0]);
    assert_eq!(shown["payments"][0]["verdict"], "amount_mismatch");
    // The page still asks for the full amount, and it cannot be cancelled.
    app.request_payment_url(&less)
        .await
        .expect_problem(409, "earlier_page_still_payable");
    bookkeeping
        .report("transfer.received", "T-3", &app.link(&less).await, "40.00")
        .await;
    let paid = |invoice: &Value| invoice["payment_status"] == "succeeded";
    let shown = app.invoice_until(&less, paid).await;
    assert_eq!(totals(&shown), [0, 10_000, 0]);
    app.running.shutdown().await;
}

#[tokio::test]
async fn voiding_reports_the_open_page_and_a_late_transfer_is_overpaid() {
    let app = Application::start().await;
    let bookkeeping = Bookkeeping::connect(&app).await;
    let invoice = bookkeeping.invoice(5_500).await;
    app.payment_url(&invoice).await;
    let reference = app.link(&invoice).await;
    let path = format!("/invoices/{invoice}/void");
    for _ in 0..2 {
        let voided = app.post_empty(&path).await.expect_status(200);
        assert_eq!(
            (&voided["status"], &voided["unbooked"]),
            (&json!("voided"), &json!([]))
        );
        assert_eq!(voided["still_payable"].as_array().unwrap().len(), 1);
        let left = &voided["still_payable"][0];
        assert_eq!(left["reference"], json!(reference));
        let reason = text(&left["reason"]);
        assert!(reason.contains("can still be paid"), "{reason}");
    }
    app.request_payment_url(&invoice)
        .await
        .expect_problem(422, "invalid_invoice_status_or_payment_status");
    bookkeeping
        .report("transfer.received", "T-1", &reference, "55.00")
        .await;
    let late = |invoice: &Value| invoice["surplus_cents"] == 5_500;
    let shown = app.invoice_until(&invoice, late).await;
    assert_eq!(totals(&shown), [0, 0, 5_500]);
    assert_eq!(shown["payments"][0]["verdict"], "late");
    app.running.shutdown().await;
}
