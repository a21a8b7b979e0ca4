use std::error::Error;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::client::Outsider;
use super::report::{Story, Unexpected, expect, list, number, standing, text};

/// Has the gateway send a webhook again that it has sent before.
pub(super) async fn duplicate(
    outsider: &Outsider,
    story: &mut Story,
    invoice: &str,
) -> Result<(), Box<dyn Error>> {
    story.chapter("the same webhook once more")?;
    let before = outsider.invoice(invoice).await?;
    let (link, delivery) = a_delivery(outsider, &before).await?;
    let id = number(&delivery, "/id")?;
    let sent_before = list(&delivery, "/attempts")?.len();
    outsider
        .control(Method::POST, &format!("/deliveries/{id}/resend"), None)
        .await?;
    let of_it = |deliveries: &[Value]| deliveries.iter().find(|it| it["id"] == id).cloned();
    let answered = |deliveries: &[Value]| {
        let attempts = of_it(deliveries).map(|it| it["attempts"].as_array().map_or(0, Vec::len));
        attempts.is_some_and(|attempts| attempts > sent_before)
    };
    let what = "the repeated webhook is answered";
    let deliveries = outsider.deliveries_until(&link, what, answered).await?;
    let delivery = of_it(&deliveries).unwrap_or_default();
    let status = number(&delivery, &format!("/attempts/{sent_before}/status"))?;
    expect(
        status == 200,
        format!("the repeated webhook was answered {status}"),
    )?;

    let noted = |invoice: &Value| duplicates(invoice) > duplicates(&before);
    let (after, _) = outsider
        .invoice_until(invoice, "the repetition is noted", noted)
        .await?;
    story.line(&format!(
        "{} again: answered {status}",
        text(&delivery, "/event_type")?
    ))?;
    unchanged(story, &before, &after)?;
    let last = list(&after, "/history")?
        .last()
        .cloned()
        .unwrap_or_default();
    story.line(&format!(
        "noted as {}: {}",
        text(&last, "/kind")?,
        text(&last, "/detail")?
    ))?;
    Ok(())
}

/// Sends a webhook of which one bit was changed on the way.
pub(super) async fn forged(
    outsider: &Outsider,
    story: &mut Story,
    invoice: &str,
) -> Result<(), Box<dyn Error>> {
    story.chapter("a forged webhook")?;
    let before = outsider.invoice(invoice).await?;
    let (_, delivery) = a_delivery(outsider, &before).await?;
    let mut body = text(&delivery, "/body")?.as_bytes().to_vec();
    let middle = body.len() / 2;
    if let Some(byte) = body.get_mut(middle) {
        *byte ^= 1;
    }
    let url = text(&delivery, "/url")?;
    let (status, answer) = outsider.deliver(url, &delivery["headers"], body).await?;
    let refused = status == StatusCode::UNAUTHORIZED;
    expect(refused, format!("the forged webhook was answered {status}"))?;
    let answer: Value = serde_json::from_str(&answer)?;
    story.line(&format!(
        "{} with one bit changed: answered {}, {}",
        text(&delivery, "/event_type")?,
        status.as_u16(),
        text(&answer, "/detail")?
    ))?;
    let after = outsider.invoice(invoice).await?;
    unchanged(story, &before, &after)?;
    Ok(())
}

/// That the money is as it was. Details may be added meanwhile: the two webhooks of a payment do not
/// tell the same of it.
fn unchanged(story: &Story, before: &Value, after: &Value) -> Result<(), Box<dyn Error>> {
    for field in ["payment_status", "amount_paid_cents", "surplus_cents"] {
        let (was, is) = (&before[field], &after[field]);
        expect(
            was == is,
            format!("{field} of the invoice was {was} and is {is}"),
        )?;
    }
    let (was, is) = (payments_of(before)?, payments_of(after)?);
    expect(
        was == is,
        format!("the payments of the invoice were {was:?} and are {is:?}"),
    )?;
    let payments = is.len();
    story.line(&format!(
        "{}, payments {payments}: as before",
        standing(after)?
    ))?;
    Ok(())
}

/// Of each payment of an invoice: its id, what became of it, and what it brought.
fn payments_of(invoice: &Value) -> Result<Vec<[Value; 4]>, Unexpected> {
    let payments = list(invoice, "/payments")?;
    let kept = ["id", "status", "amount_cents", "verdict"];
    Ok(payments
        .iter()
        .map(|payment| kept.map(|field| payment[field].clone()))
        .collect())
}

fn duplicates(invoice: &Value) -> usize {
    let history = invoice["history"].as_array();
    let noted = history
        .into_iter()
        .flatten()
        .filter(|it| it["kind"] == "duplicate_ignored");
    noted.count()
}

/// The link of an invoice, and the webhook that told of its payment.
async fn a_delivery(outsider: &Outsider, invoice: &Value) -> Result<(String, Value), Unexpected> {
    let link = text(invoice, "/checkouts/0/reference")?;
    let of_payment = |delivery: &&Value| delivery["event_type"] == "PAYMENT_SUCCESS_WEBHOOK";
    let there = |deliveries: &[Value]| deliveries.iter().any(|it| of_payment(&it));
    let deliveries = outsider
        .deliveries_until(link, "there is a webhook", there)
        .await?;
    let delivery = deliveries.iter().find(of_payment).cloned();
    Ok((link.to_owned(), delivery.unwrap_or_default()))
}
