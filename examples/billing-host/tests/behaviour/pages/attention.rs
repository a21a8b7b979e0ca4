//! The list of things that have to be acted on, on the pages.

use serde_json::{Value, json};

use super::client::PageClient;
use crate::fixture::{Application, text};

#[tokio::test]
async fn an_open_dispute_is_above_the_invoices_and_on_its_own() {
    let app = Application::start().await;
    let invoice = app.seeded_invoice().await;
    app.payment_url(&invoice).await;
    let link = app.link(&invoice).await;
    app.simulator_post(&format!("/links/{link}/pay"), &json!({}))
        .await;
    let is_paid = |invoice: &Value| invoice["payment_status"] == "succeeded";
    let paid = app.invoice_until(&invoice, is_paid).await;
    let mut clerk = PageClient::signed_in(&app).await;
    assert_eq!(clerk.get("/").await.count("#attention"), 0);

    let path = format!("/payments/{}/disputes", text(&paid["payments"][0]["id"]));
    app.simulator_post(&path, &json!({})).await;
    let is_disputed = |invoice: &Value| invoice["disputes"][0]["id"].is_string();
    app.invoice_until(&invoice, is_disputed).await;
    let list = clerk.get("/").await;
    list.shows("Needs attention A payment is disputed , ₹200.12 . Respond by ");
    let link = list.attribute("section a", "href").unwrap();
    assert_eq!(link, format!("/invoices/{invoice}#disputes"));
    let page = clerk.get(&format!("/invoices/{invoice}")).await;
    page.shows("Awaits your response ₹200.12");
    assert_eq!(page.count("#disputes"), 1);
    app.running.shutdown().await;
}
