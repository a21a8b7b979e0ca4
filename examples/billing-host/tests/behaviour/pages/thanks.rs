//! The page that payers return to.

use serde_json::{Value, json};

use super::client::{Page, PageClient};
use crate::fixture::{Application, text};

/// Returns an invoice with a payment link, the link's id, and the page that its payer returns to.
async fn linked_invoice(app: &Application) -> (String, String, String) {
    let invoice = app.seeded_invoice().await;
    app.payment_url(&invoice).await;
    let link = app.link(&invoice).await;
    let thanks = format!("/thanks/{invoice}");
    (invoice, link, thanks)
}

fn has_attempt(invoice: &Value) -> bool {
    invoice["payments"]
        .as_array()
        .is_some_and(|all| !all.is_empty())
}

fn link_of(page: &Page, link_text: &str) -> Option<String> {
    let dom = page.dom();
    let links = scraper::Selector::parse("main a").unwrap();
    dom.select(&links)
        .find(|link| link.text().collect::<String>().contains(link_text))
        .and_then(|link| link.value().attr("href").map(str::to_owned))
}

#[tokio::test]
async fn a_payer_whose_payment_is_declined_learns_the_reason_and_can_try_again() {
    let app = Application::start().await;
    let (invoice, link, thanks) = linked_invoice(&app).await;
    let reason = json!({"reason": "<b>The account holds too little money"});
    app.simulator_post(&format!("/links/{link}/fail"), &reason)
        .await;
    app.invoice_until(&invoice, has_attempt).await;
    let mut payer = PageClient::new(&app);
    let page = payer.get(&thanks).await;
    page.shows("Payment not successful");
    page.shows("<b>The account holds too little money.");
    assert!(
        !page.text().contains("Not confirmed yet"),
        "{}",
        page.text()
    );
    assert_eq!(page.count("main b"), 0);
    assert_eq!(page.count("meta[http-equiv=refresh]"), 0);
    let again = link_of(&page, "Try again");
    assert_eq!(again, Some(app.payment_url(&invoice).await));
    // Reading the page creates nothing at the gateway.
    let links = app.simulator_get("/links").await;
    assert_eq!(links["links"].as_array().unwrap().len(), 1);
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_declined_payment_without_an_open_link_leads_to_no_closed_link() {
    let app = Application::start().await;
    let (invoice, link, thanks) = linked_invoice(&app).await;
    app.simulator_post(&format!("/links/{link}/fail"), &json!({}))
        .await;
    app.invoice_until(&invoice, has_attempt).await;
    app.simulator_post(&format!("/links/{link}/expire"), &json!({}))
        .await;
    let is_expired = |invoice: &Value| invoice["checkouts"][0]["state"] == "expired";
    app.invoice_until(&invoice, is_expired).await;
    let page = PageClient::new(&app).get(&thanks).await;
    page.shows("Payment not successful");
    page.shows("Ask the sender of the invoice for a new payment link.");
    assert_eq!(page.count("main a"), 0);
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_payer_who_paid_sees_a_receipt() {
    let app = Application::start().await;
    let (invoice, link, thanks) = linked_invoice(&app).await;
    app.simulator_post(&format!("/links/{link}/pay"), &json!({"method": "upi"}))
        .await;
    let is_paid = |invoice: &Value| invoice["payment_status"] == "succeeded";
    let paid = app.invoice_until(&invoice, is_paid).await;
    let page = PageClient::new(&app).get(&thanks).await;
    page.shows("Amount ₹200.12 Date ");
    page.shows(&format!("Purpose {}", text(&paid["purpose"])));
    page.shows(&format!("Invoice {invoice}"));
    let id = text(&paid["payments"][0]["id"]);
    page.shows(&format!("Payment {id} Reference {link} Method UPI"));
    assert_eq!(page.count("meta[http-equiv=refresh]"), 0);
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_payer_who_paid_a_part_sees_what_remains() {
    let app = Application::start().await;
    let setting = json!({"paid_status_on_partial": true});
    app.simulator_post("/settings", &setting).await;
    let (invoice, link, thanks) = linked_invoice(&app).await;
    app.simulator_post(&format!("/links/{link}/pay"), &json!({"amount": "150.00"}))
        .await;
    let is_partly_paid = |invoice: &Value| invoice["amount_paid_cents"] == 15_000;
    app.invoice_until(&invoice, is_partly_paid).await;
    let mut payer = PageClient::new(&app);
    let page = payer.get(&thanks).await;
    page.shows("We have received ₹150.00 of ₹200.12");
    page.shows("₹50.12 remains to be paid.");
    page.shows("Ask the sender of the invoice for a new payment link.");
    let rest = app.payment_url(&invoice).await;
    let page = payer.get(&thanks).await;
    assert_eq!(link_of(&page, "Pay ₹50.12"), Some(rest));
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_payment_that_is_not_confirmed_is_looked_for_again_a_few_times_without_scripts() {
    let app = Application::start().await;
    let (_, _, thanks) = linked_invoice(&app).await;
    let mut payer = PageClient::new(&app);
    let mut path = format!("{thanks}?status=PAID");
    for count in 1..=6 {
        let page = payer.get(&path).await;
        page.shows("Not confirmed yet");
        page.shows("is being confirmed");
        // The parser has scripts, so the content of the element is text.
        path = format!("{thanks}?check={count}");
        let refresh = format!("<meta http-equiv=\"refresh\" content=\"5; url={path}\">");
        assert!(page.html.contains(&refresh), "{}", page.html);
    }
    let last = payer.get(&path).await;
    assert!(!last.html.contains("http-equiv"), "{}", last.html);
    app.running.shutdown().await;
}
