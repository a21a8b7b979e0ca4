//! The callback that the merchant's bookkeeping posts about a transfer.

use payment_provider_core::*;
use serde_json::Value;

/// Reads a body that was signed. What cannot be read is kept: money may be behind it.
pub(crate) fn read(body: &[u8]) -> Event {
    let callback: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |field: &str| callback[field].as_str().unwrap_or_default();
    let reference = CheckoutReference::new(text("reference")).ok();
    let reason = "its type is not known, or its id, amount or currency cannot be read".to_owned();
    let kind = stated(text).unwrap_or(EventKind::Unrecognised { reason });
    Event::new(
        text("type"),
        EventTarget::none().with_reference(reference),
        kind,
    )
}

fn stated<'a>(text: impl Fn(&str) -> &'a str) -> Option<EventKind> {
    let id = PaymentId::new(text("id")).ok()?;
    let amount = Money::from_decimal(text("amount"), text("currency").parse().ok()?).ok()?;
    let status = match text("type") {
        _ if !amount.is_positive() => return None,
        "transfer.received" => PaymentStatus::Succeeded,
        "transfer.failed" => PaymentStatus::Failed,
        // That the money had come stays true. It goes back once at most: one id serves for both.
        "transfer.returned" => {
            let mut refund =
                Refund::new(id.as_str().parse().ok()?, RefundStatus::Succeeded, amount);
            refund.payment_id = Some(id);
            return Some(EventKind::Refund(refund));
        }
        _ => return None,
    };
    Some(EventKind::Payment(Payment::new(id, status, amount)))
}
