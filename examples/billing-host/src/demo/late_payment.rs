use std::error::Error;

use reqwest::Method;
use serde_json::{Value, json};

use super::client::Outsider;
use super::payment::{all_delivered, invoice, payment_url, webhooks};
use super::report::{Story, expect, list, money, number, standing, text};

/// A payer who began before the invoice was voided, and whose money arrives afterwards.
pub(super) async fn pay_after_voiding(
    outsider: &Outsider,
    story: &mut Story,
) -> Result<(), Box<dyn Error>> {
    story.chapter("money for an invoice that was voided")?;
    let made = invoice(outsider, 5_500, "SMS, 100 pieces").await?;
    let id = text(&made, "/id")?;
    payment_url(outsider, id).await?;
    let voided = outsider.post(&format!("/invoices/{id}/void"), None).await?;
    expect(
        list(&voided, "/still_payable")?.is_empty(),
        format!("still payable: {voided}"),
    )?;
    let known = outsider.invoice(id).await?;
    let link = text(&known, "/checkouts/0/reference")?;
    let at_gateway = outsider
        .control(Method::GET, &format!("/links/{link}"), None)
        .await?;
    let status = text(&at_gateway, "/link/status")?;
    expect(status == "CANCELLED", format!("the link is {status}"))?;
    story.line(&format!(
        "{} was asked for, then the invoice was voided: its link is {status}",
        money(&known, "amount_cents")?
    ))?;

    let late = json!({"late": true});
    let path = format!("/links/{link}/pay");
    let paid = outsider.control(Method::POST, &path, Some(&late)).await?;
    let booked = |invoice: &Value| {
        invoice["surplus_cents"].as_i64().is_some_and(|it| it > 0)
            && invoice["checkouts"][0]["state"] == "paid"
    };
    let what = "the late money is booked";
    let (invoice, took) = outsider.invoice_until(id, what, booked).await?;
    let settled = |all: &[Value]| all.len() >= 2 && all_delivered(all);
    let deliveries = outsider
        .deliveries_until(link, "its webhooks are delivered", settled)
        .await?;
    story.line(&format!(
        "the payer had begun before: the gateway takes {} after all",
        text(&paid, "/payment/amount")?
    ))?;
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
    let payment = list(&invoice, "/payments")?
        .first()
        .cloned()
        .unwrap_or_default();
    expect(
        payment["verdict"] == "late",
        format!("the payment is booked otherwise: {payment}"),
    )?;
    expect(
        money(&invoice, "surplus_cents")? == money(&invoice, "amount_cents")?
            && number(&invoice, "/amount_paid_cents")? == 0,
        "the late money is not all surplus",
    )?;
    story.line(&format!(
        "payment {}: {}, all of it surplus, to be refunded",
        text(&payment, "/id")?,
        text(&payment, "/verdict")?
    ))?;
    Ok(())
}
