//! The callback that the merchant's bookkeeping posts about a transfer.

use payment_provider_core::*;
use serde_json::Value;

/// Reads a body that was signed. Nothing is lost: a type that is not known is kept as unrecognised,
/// and what may report money but cannot be read completely is a claim or unreadable.
pub(crate) fn read(body: &[u8]) -> Event {
    let callback: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |field: &str| callback[field].as_str().unwrap_or_default();
    let reference = CheckoutReference::new(text("reference")).ok();
    Event::new(
        text("type"),
        EventTarget::none().with_reference(reference),
        kind(text),
    )
}

fn kind<'a>(text: impl Fn(&str) -> &'a str) -> EventKind {
    let id = text("id");
    let amount = amount(text("amount"), text("currency"));
    let read = match text("type") {
        "" => None,
        "transfer.received" => received(id, amount),
        "transfer.failed" => payment(id, PaymentStatus::Failed, amount),
        "transfer.returned" => returned(id, amount),
        _ => {
            let reason = "the type is not known".to_owned();
            return EventKind::Unrecognised { reason };
        }
    };
    let reason = "the type, the id, the amount or the currency cannot be read".to_owned();
    read.unwrap_or(EventKind::Unreadable { reason })
}

/// Without its amount, the money that has come is only claimed.
fn received(id: &str, amount: Option<Money>) -> Option<EventKind> {
    let claim = || {
        let claim = PaymentClaim::of_payment(PaymentId::new(id).ok()?);
        Some(EventKind::PaymentClaimed(claim))
    };
    payment(id, PaymentStatus::Succeeded, amount).or_else(claim)
}

fn payment(id: &str, status: PaymentStatus, amount: Option<Money>) -> Option<EventKind> {
    let payment = Payment::new(PaymentId::new(id).ok()?, status, amount?);
    Some(EventKind::Payment(payment))
}

/// That the money had come stays true. It goes back once at most: one id serves for both.
fn returned(id: &str, amount: Option<Money>) -> Option<EventKind> {
    let payment_id = Some(PaymentId::new(id).ok()?);
    let id = RefundId::new(id).ok()?;
    Some(match amount {
        Some(amount) => {
            let mut refund = Refund::new(id, RefundStatus::Succeeded, amount);
            refund.payment_id = payment_id;
            EventKind::Refund(refund)
        }
        None => EventKind::RefundClaimed(RefundClaim::of_refund(id).with_payment_id(payment_id)),
    })
}

fn amount(amount: &str, currency: &str) -> Option<Money> {
    let amount = Money::from_decimal(amount, currency.parse().ok()?).ok()?;
    amount.is_positive().then_some(amount)
}
