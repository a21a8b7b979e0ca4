use std::error::Error;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::client::DemoClient;
use super::json::{invoice_line, list, money, number, text};
use super::payment_page::{Form, heading};
use super::report::{DemoError, Report, expect};
use super::{CUSTOMER, ORGANIZATION};

/// Creates an invoice.
pub(super) async fn create_invoice(
    client: &DemoClient,
    amount_cents: i64,
    purpose: &str,
) -> Result<Value, DemoError> {
    let invoice = json!({
        "organization_id": ORGANIZATION,
        "external_customer_id": CUSTOMER,
        "amount_cents": amount_cents,
        "currency": "INR",
        "purpose": purpose,
    });
    client.post("/invoices", Some(&invoice)).await
}

/// Returns the payment URL of an invoice.
pub(super) async fn payment_url(client: &DemoClient, id: &str) -> Result<String, DemoError> {
    let response = client
        .post(&format!("/invoices/{id}/payment_url"), None)
        .await?;
    text(&response, "/invoice_payment_details/payment_url").map(str::to_owned)
}

/// Reports the webhooks of a paid link, once both are accepted, and the invoice.
pub(super) async fn report_payment(
    client: &DemoClient,
    report: &Report,
    link: &str,
    invoice: &Value,
    elapsed: Duration,
) -> Result<(), Box<dyn Error>> {
    let accepted = |deliveries: &[Value]| {
        deliveries.len() >= 2 && deliveries.iter().all(|it| it["state"] == "delivered")
    };
    let deliveries = client
        .deliveries_until(link, "both webhooks are accepted", accepted)
        .await?;
    let webhooks: Vec<_> = deliveries.iter().map(webhook_line).collect();
    report.line(&format!(
        "{} webhooks: {}",
        webhooks.len(),
        webhooks.join(", ")
    ))?;
    report.line(&format!(
        "{} (after {} ms)",
        invoice_line(invoice)?,
        elapsed.as_millis()
    ))?;
    Ok(())
}

/// Returns the event type of a webhook and the status of its latest attempt.
fn webhook_line(delivery: &Value) -> String {
    let attempts = delivery["attempts"].as_array();
    let latest = attempts.and_then(|attempts| attempts.last());
    let status = latest.map_or(&Value::Null, |attempt| &attempt["status"]);
    let event_type = delivery["event_type"].as_str().unwrap_or_default();
    format!("{event_type} {status}")
}

/// Requests a payment URL, pays on the page and waits until the invoice is paid. Returns the invoice's id.
pub(super) async fn request_and_pay(
    client: &DemoClient,
    report: &mut Report,
) -> Result<String, Box<dyn Error>> {
    report.step("Request a payment URL")?;
    let invoice = create_invoice(client, 20_012, "Plan Basic, November").await?;
    let id = text(&invoice, "/id")?.to_owned();
    report.line(&invoice_line(&invoice)?)?;
    let url = payment_url(client, &id).await?;
    let again = payment_url(client, &id).await?;
    expect(
        url == again,
        format!("two requests returned two URLs: {url} and {again}"),
    )?;
    let links = client.control(Method::GET, "/links", None).await?;
    let links = list(&links, "/links")?;
    expect(
        links.len() == 1,
        format!("the simulator has {} links", links.len()),
    )?;
    report.line(&format!("two requests returned the same URL: {url}"))?;
    report.line(&format!(
        "the simulator has {} link: {}, amount {}, status {}",
        links.len(),
        text(&links[0], "/link_id")?,
        text(&links[0], "/amount")?,
        text(&links[0], "/status")?,
    ))?;

    report.step("Pay on the payment page")?;
    let return_url = submit_payment_form(client, report, &url).await?;
    let is_paid = |invoice: &Value| invoice["payment_status"] == "succeeded";
    let (invoice, elapsed) = client
        .invoice_until(&id, "the invoice is paid", is_paid)
        .await?;
    let link = text(&invoice, "/checkouts/0/reference")?;
    report_payment(client, report, link, &invoice, elapsed).await?;
    let (_, html) = client.open(&return_url).await?;
    let shown = heading(&html).unwrap_or_default();
    expect(
        shown == "Thank you",
        format!("the return page shows {shown:?}"),
    )?;
    report.line(&format!("the return page shows: {shown}"))?;
    check_paid_exactly(report, &invoice)?;
    Ok(id)
}

/// Submits the form of a payment page and returns the URL that it redirects to.
async fn submit_payment_form(
    client: &DemoClient,
    report: &Report,
    url: &str,
) -> Result<String, Box<dyn Error>> {
    let page: Url = url.parse()?;
    let (status, html) = client.open(url).await?;
    let form = Form::find(&page, &html, "pay");
    let form =
        form.ok_or_else(|| DemoError::new(format!("the page has no form, status {status}")))?;
    let return_url = client.submit(form.action.as_str(), form.encoded()).await?;
    report.line(&format!(
        "form with {} fields submitted, method {}, payer {}; redirected to {return_url}",
        form.len(),
        form.value("method"),
        form.value("upi_id"),
    ))?;
    Ok(return_url)
}

/// Checks that the invoice is paid by one payment and not overpaid.
fn check_paid_exactly(report: &Report, invoice: &Value) -> Result<(), Box<dyn Error>> {
    let (paid, amount) = (
        money(invoice, "amount_paid_cents")?,
        money(invoice, "amount_cents")?,
    );
    expect(paid == amount, format!("{paid} of {amount} is paid"))?;
    expect(
        number(invoice, "/surplus_cents")? == 0,
        "the invoice is overpaid",
    )?;
    let payments = list(invoice, "/payments")?;
    expect(
        payments.len() == 1,
        format!("{} payments are recorded", payments.len()),
    )?;
    // A link event contains neither, and the gateway chooses which webhook comes first.
    let details = match (
        text(&payments[0], "/method"),
        text(&payments[0], "/bank_reference"),
    ) {
        (Ok(method), Ok(reference)) => format!(" by {method}, bank reference {reference}"),
        _ => String::new(),
    };
    report.line(&format!(
        "payment {}{details}: {}",
        text(&payments[0], "/id")?,
        text(&payments[0], "/verdict")?,
    ))?;
    expect(
        payments[0]["verdict"] == "exact",
        "the payment is not recorded as exact",
    )?;
    Ok(())
}
