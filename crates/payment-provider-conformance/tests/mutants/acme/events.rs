//! What a delivery says.

use payment_provider_core::{
    CheckoutReference, CheckoutSnapshot, Event, EventKind, EventTarget, Payment, PaymentStatus,
};
use serde_json::Value;

use super::payments::payment;
use super::response;
use crate::flaw::{Flaw, Profile};

/// Why a delivery cannot be read.
pub(super) enum Unread {
    /// It is of a type that nobody knows.
    Type,
    /// It is not in the form of a delivery.
    Body,
}

impl Unread {
    /// What is kept of it.
    pub(super) fn event(&self) -> Event {
        let reason = match self {
            Self::Type => "a type of event that is not known",
            Self::Body => "a body that is not in the form of a delivery",
        };
        let reason = reason.to_owned();
        Event::new(
            "unread",
            EventTarget::none(),
            EventKind::Unrecognised { reason },
        )
    }
}

/// Reads a delivery in the form that it says it has, or in the one that is insisted on.
pub(super) fn read(
    body: &[u8],
    form: Option<&str>,
    profile: Profile,
) -> Result<Vec<Event>, Unread> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Unread::Body)?;
    let form = match form {
        Some("1") => Some(1),
        Some("2") => Some(2),
        _ => body["form"].as_i64(),
    };
    let word = body["type"].as_str().ok_or(Unread::Body)?;
    let (about, _) = word.split_once('.').ok_or(Unread::Body)?;
    match (form, about) {
        (Some(1), "payment") => Ok(vec![told(&body, &body, word, profile)?]),
        (Some(2), "payment") => Ok(vec![told(&body, &body["payment"], word, profile)?]),
        (Some(2), "checkout") => {
            let snapshot = snapshot(&body, word, profile)?;
            Ok(vec![
                told(&body, &body["payment"], word, profile)?,
                snapshot,
            ])
        }
        _ => Err(Unread::Type),
    }
}

fn told(body: &Value, document: &Value, word: &str, profile: Profile) -> Result<Event, Unread> {
    let mut payment = payment(document, profile).ok_or(Unread::Body)?;
    let reference = document["reference"].as_str().unwrap_or_default();
    spoil(&mut payment, reference, word, profile);
    let mut target = EventTarget::none().with_reference(CheckoutReference::new(reference).ok());
    if profile.has(Flaw::NamesNoCheckout) {
        target = EventTarget::none();
    }
    Ok(event(body, word, target, EventKind::Payment(payment)))
}

fn snapshot(body: &Value, word: &str, profile: Profile) -> Result<Event, Unread> {
    let checkout = response::checkout(&body["checkout"], profile).ok_or(Unread::Body)?;
    let target = EventTarget::none()
        .with_reference(Some(checkout.reference))
        .with_gateway_id(checkout.gateway_id);
    let kind = CheckoutSnapshot::new(checkout.status, checkout.amount, checkout.amount_paid);
    Ok(event(body, word, target, EventKind::Snapshot(kind)))
}

fn event(body: &Value, word: &str, target: EventTarget, kind: EventKind) -> Event {
    let at = body["at"].as_str();
    let at = at.and_then(|at| at.parse().ok());
    Event::new(word, target, kind)
        .with_gateway_version(body["form"].as_i64().map(|form| form.to_string()))
        .with_occurred_at(at)
}

/// What an mutant makes of a payment.
fn spoil(payment: &mut Payment, reference: &str, word: &str, profile: Profile) {
    if profile.has(Flaw::FailedDeliveryIsSuccess) {
        payment.status = PaymentStatus::Succeeded;
    }
    if profile.has(Flaw::DedupKeyPerCheckout) {
        payment.id = reference.parse().unwrap_or_else(|_| payment.id.clone());
    }
    if profile.has(Flaw::DedupKeyPerEventType) && word.starts_with("checkout") {
        let other = format!("{}-{word}", payment.id);
        payment.id = other.parse().unwrap_or_else(|_| payment.id.clone());
    }
}
