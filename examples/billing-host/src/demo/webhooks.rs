use std::error::Error;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::client::DemoClient;
use super::json::{invoice_line, list, number, text};
use super::report::{DemoError, Report, expect};

/// Makes the gateway deliver a webhook a second time.
pub(super) async fn duplicate(
    client: &DemoClient,
    report: &mut Report,
    invoice: &str,
) -> Result<(), Box<dyn Error>> {
    report.step("Deliver a webhook again")?;
    let before = client.invoice(invoice).await?;
    let (link, delivery) = payment_webhook(client, &before).await?;
    let id = number(&delivery, "/id")?;
    let attempts_before = list(&delivery, "/attempts")?.len();
    client
        .control(Method::POST, &format!("/deliveries/{id}/resend"), None)
        .await?;
    let find = |deliveries: &[Value]| deliveries.iter().find(|it| it["id"] == id).cloned();
    let is_answered = |deliveries: &[Value]| {
        let attempts = find(deliveries).map(|it| it["attempts"].as_array().map_or(0, Vec::len));
        attempts.is_some_and(|attempts| attempts > attempts_before)
    };
    let deliveries = client
        .deliveries_until(&link, "the repeated webhook is answered", is_answered)
        .await?;
    let delivery = find(&deliveries).unwrap_or_default();
    let status = number(&delivery, &format!("/attempts/{attempts_before}/status"))?;
    expect(
        status == 200,
        format!("the repeated webhook was answered {status}"),
    )?;

    let is_recorded = |invoice: &Value| duplicates(invoice) > duplicates(&before);
    let (after, _) = client
        .invoice_until(invoice, "the duplicate is recorded", is_recorded)
        .await?;
    report.line(&format!(
        "{} delivered again: answered {status}",
        text(&delivery, "/event_type")?
    ))?;
    expect_unchanged(report, &before, &after)?;
    let last = list(&after, "/history")?
        .last()
        .cloned()
        .unwrap_or_default();
    report.line(&format!(
        "recorded as {}: {}",
        text(&last, "/kind")?,
        text(&last, "/detail")?
    ))?;
    Ok(())
}

/// Delivers a webhook with one changed bit.
pub(super) async fn forged(
    client: &DemoClient,
    report: &mut Report,
    invoice: &str,
) -> Result<(), Box<dyn Error>> {
    report.step("Deliver a forged webhook")?;
    let before = client.invoice(invoice).await?;
    let (_, delivery) = payment_webhook(client, &before).await?;
    let mut body = text(&delivery, "/body")?.as_bytes().to_vec();
    let middle = body.len() / 2;
    if let Some(byte) = body.get_mut(middle) {
        *byte ^= 1;
    }
    let url = text(&delivery, "/url")?;
    let (status, response) = client.deliver(url, &delivery["headers"], body).await?;
    expect(
        status == StatusCode::UNAUTHORIZED,
        format!("the forged webhook was answered {status}"),
    )?;
    let response: Value = serde_json::from_str(&response)?;
    report.line(&format!(
        "{} with one changed bit: answered {}, {}",
        text(&delivery, "/event_type")?,
        status.as_u16(),
        text(&response, "/detail")?
    ))?;
    let after = client.invoice(invoice).await?;
    expect_unchanged(report, &before, &after)?;
    Ok(())
}

/// Checks that the amounts and payments of an invoice are unchanged. Other details of a payment may be
/// added meanwhile, since its two webhooks contain different ones.
fn expect_unchanged(report: &Report, before: &Value, after: &Value) -> Result<(), Box<dyn Error>> {
    for field in ["payment_status", "amount_paid_cents", "surplus_cents"] {
        let (was, is) = (&before[field], &after[field]);
        expect(
            was == is,
            format!("{field} of the invoice changed from {was} to {is}"),
        )?;
    }
    let (was, is) = (payments(before)?, payments(after)?);
    expect(
        was == is,
        format!("the payments of the invoice changed from {was:?} to {is:?}"),
    )?;
    let count = is.len();
    report.line(&format!(
        "unchanged: {}, payments {count}",
        invoice_line(after)?
    ))?;
    Ok(())
}

/// Returns id, status, amount and allocation of each payment of an invoice.
fn payments(invoice: &Value) -> Result<Vec<[Value; 4]>, DemoError> {
    let payments = list(invoice, "/payments")?;
    let compared = ["id", "status", "amount_cents", "verdict"];
    Ok(payments
        .iter()
        .map(|payment| compared.map(|field| payment[field].clone()))
        .collect())
}

/// Counts the duplicates in the history of an invoice.
fn duplicates(invoice: &Value) -> usize {
    let history = invoice["history"].as_array().into_iter().flatten();
    history
        .filter(|entry| entry["kind"] == "duplicate_ignored")
        .count()
}

/// Returns the link of a paid invoice and the webhook of its payment.
async fn payment_webhook(
    client: &DemoClient,
    invoice: &Value,
) -> Result<(String, Value), DemoError> {
    let link = text(invoice, "/checkouts/0/reference")?;
    let is_payment = |delivery: &&Value| delivery["event_type"] == "PAYMENT_SUCCESS_WEBHOOK";
    let exists = |deliveries: &[Value]| deliveries.iter().any(|it| is_payment(&it));
    let deliveries = client
        .deliveries_until(link, "the webhook of the payment exists", exists)
        .await?;
    let delivery = deliveries.iter().find(is_payment).cloned();
    Ok((link.to_owned(), delivery.unwrap_or_default()))
}
