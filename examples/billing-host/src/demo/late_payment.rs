use std::error::Error;

use reqwest::Method;
use serde_json::{Value, json};

use super::client::DemoClient;
use super::json::{list, money, number, text};
use super::payment::{create_invoice, payment_url, report_payment};
use super::report::{Report, expect};

/// Voids an invoice and then completes a payment that began before.
pub(super) async fn pay_after_void(
    client: &DemoClient,
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    report.step("Receive a payment for a voided invoice")?;
    let created = create_invoice(client, 5_500, "SMS, 100 pieces").await?;
    let id = text(&created, "/id")?;
    payment_url(client, id).await?;
    let voided = client.post(&format!("/invoices/{id}/void"), None).await?;
    expect(
        list(&voided, "/still_payable")?.is_empty(),
        format!("a link is still payable: {voided}"),
    )?;
    let invoice = client.invoice(id).await?;
    let link = text(&invoice, "/checkouts/0/reference")?;
    let at_gateway = client
        .control(Method::GET, &format!("/links/{link}"), None)
        .await?;
    let status = text(&at_gateway, "/link/status")?;
    expect(
        status == "CANCELLED",
        format!("the status of the link is {status}"),
    )?;
    report.line(&format!(
        "the invoice over {} is voided; its payment link is {status}",
        money(&invoice, "amount_cents")?
    ))?;

    let late = json!({"late": true});
    let path = format!("/links/{link}/pay");
    let paid = client.control(Method::POST, &path, Some(&late)).await?;
    report.line(&format!(
        "a payment of {} that began before the cancellation succeeds",
        text(&paid, "/payment/amount")?
    ))?;
    let recorded = |invoice: &Value| {
        invoice["surplus_cents"].as_i64().is_some_and(|it| it > 0)
            && invoice["checkouts"][0]["state"] == "paid"
    };
    let (invoice, elapsed) = client
        .invoice_until(id, "the late payment is recorded", recorded)
        .await?;
    report_payment(client, report, link, &invoice, elapsed).await?;
    let payment = list(&invoice, "/payments")?
        .first()
        .cloned()
        .unwrap_or_default();
    expect(
        payment["verdict"] == "late",
        format!("the payment is not recorded as late: {payment}"),
    )?;
    expect(
        money(&invoice, "surplus_cents")? == money(&invoice, "amount_cents")?
            && number(&invoice, "/amount_paid_cents")? == 0,
        "the late payment is not recorded as overpaid",
    )?;
    report.line(&format!(
        "payment {}: {}, overpaid in full, to be refunded",
        text(&payment, "/id")?,
        text(&payment, "/verdict")?
    ))?;
    Ok(())
}
