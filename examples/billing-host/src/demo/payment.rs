use std::error::Error;

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::client::Outsider;
use super::payment_page::{Form, heading};
use super::report::{Story, Unexpected, expect, list, money, number, standing, text};
use super::{CUSTOMER, ORGANIZATION};

/// Makes an invoice.
pub(super) async fn invoice(
    outsider: &Outsider,
    amount_cents: i64,
    purpose: &str,
) -> Result<Value, Unexpected> {
    let invoice = json!({
        "organization_id": ORGANIZATION,
        "external_customer_id": CUSTOMER,
        "amount_cents": amount_cents,
        "currency": "INR",
        "purpose": purpose,
    });
    outsider.post("/invoices", Some(&invoice)).await
}

/// Asks where an invoice can be paid.
pub(super) async fn payment_url(outsider: &Outsider, id: &str) -> Result<String, Unexpected> {
    let answer = outsider
        .post(&format!("/invoices/{id}/payment_url"), None)
        .await?;
    text(&answer, "/invoice_payment_details/payment_url").map(str::to_owned)
}

/// The webhooks about a link in one line, each with its latest answer.
pub(super) fn webhooks(deliveries: &[Value]) -> String {
    let shown = deliveries.iter().map(|delivery| {
        let status = delivery["attempts"]
            .as_array()
            .and_then(|attempts| attempts.last());
        let status = status.map_or(&Value::Null, |attempt| &attempt["status"]);
        format!(
            "{} {status}",
            delivery["event_type"].as_str().unwrap_or_default()
        )
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Whether all webhooks were accepted.
pub(super) fn all_delivered(deliveries: &[Value]) -> bool {
    deliveries
        .iter()
        .all(|delivery| delivery["state"] == "delivered")
}

/// Asks for money, pays it on the gateway's page, and sees it arrive. Returns the invoice's id.
pub(super) async fn ask_and_pay(
    outsider: &Outsider,
    story: &mut Story,
) -> Result<String, Box<dyn Error>> {
    story.chapter("ask for money")?;
    let invoice = invoice(outsider, 20_012, "Plan Basic, November").await?;
    let id = text(&invoice, "/id")?.to_owned();
    story.line(&standing(&invoice)?)?;
    let url = payment_url(outsider, &id).await?;
    let again = payment_url(outsider, &id).await?;
    expect(
        url == again,
        format!("asked twice, two pages: {url} and {again}"),
    )?;
    let links = outsider.control(Method::GET, "/links", None).await?;
    let links = list(&links, "/links")?;
    expect(
        links.len() == 1,
        format!("there are {} links at the simulator", links.len()),
    )?;
    story.line(&format!("page {url}, asked for twice and the same"))?;
    story.line(&format!(
        "the simulator has {} link: {} of {}, {}",
        links.len(),
        text(&links[0], "/link_id")?,
        text(&links[0], "/amount")?,
        text(&links[0], "/status")?,
    ))?;

    story.chapter("the payer pays on the page")?;
    let page: Url = url.parse()?;
    let (status, html) = outsider.open(&url).await?;
    let form = Form::find(&page, &html, "pay");
    let form = form.ok_or_else(|| Unexpected::new(format!("no form on the page, {status}")))?;
    let back = outsider
        .submit(form.action.as_str(), form.encoded())
        .await?;
    story.line(&format!(
        "a form of {} fields, by {} from {}; then back to {back}",
        form.len(),
        form.value("method"),
        form.value("upi_id"),
    ))?;
    let is_paid = |invoice: &Value| invoice["payment_status"] == "succeeded";
    let (invoice, took) = outsider
        .invoice_until(&id, "the invoice is paid", is_paid)
        .await?;
    let link = text(&invoice, "/checkouts/0/reference")?;
    let settled = |deliveries: &[Value]| deliveries.len() >= 2 && all_delivered(deliveries);
    let deliveries = outsider
        .deliveries_until(link, "its webhooks are delivered", settled)
        .await?;
    story.line(&format!(
        "{} webhooks: {}",
        deliveries.len(),
        webhooks(&deliveries)
    ))?;
    story.line(&format!(
        "{} (seen after {} ms)",
        standing(&invoice)?,
        took.as_millis()
    ))?;
    let (_, html) = outsider.open(&back).await?;
    let told = heading(&html).unwrap_or_default();
    expect(told == "Thank you", format!("the payer is told {told:?}"))?;
    story.line(&format!("the payer is told: {told}"))?;
    let (paid, owed) = (
        money(&invoice, "amount_paid_cents")?,
        money(&invoice, "amount_cents")?,
    );
    expect(paid == owed, format!("{paid} of {owed} is paid"))?;
    expect(
        number(&invoice, "/surplus_cents")? == 0,
        "there is a surplus",
    )?;
    let payments = list(&invoice, "/payments")?;
    expect(
        payments.len() == 1,
        format!("{} payments are booked", payments.len()),
    )?;
    // A link event tells neither; which webhook comes first is the gateway's to choose.
    let details = match (
        text(&payments[0], "/method"),
        text(&payments[0], "/bank_reference"),
    ) {
        (Ok(method), Ok(reference)) => format!(" by {method}, bank reference {reference}"),
        _ => String::new(),
    };
    story.line(&format!(
        "payment {}{details}: {}",
        text(&payments[0], "/id")?,
        text(&payments[0], "/verdict")?,
    ))?;
    expect(
        payments[0]["verdict"] == "exact",
        "the payment is not booked as exact",
    )?;
    Ok(id)
}
