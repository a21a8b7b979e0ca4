//! Parsing of deliveries.

use payment_provider_core::{
    CheckoutReference, CheckoutSnapshot, Event, EventKind, EventTarget, OrderId, Payment,
    PaymentClaim, PaymentId, PaymentStatus,
};
use serde_json::Value;

use super::payments::payment;
use super::response;
use crate::flaw::{Flaw, Profile};

/// The reason why a delivery cannot be parsed.
pub(super) enum ParseError {
    /// The event type is unknown.
    Type,
    /// The body is not a delivery.
    Body,
}

impl ParseError {
    /// Returns the event that is kept.
    pub(super) fn event(&self) -> Event {
        let kind = match self {
            Self::Type => EventKind::Unrecognised {
                reason: "unknown event type".to_owned(),
            },
            Self::Body => EventKind::Unreadable {
                reason: "the body is not a delivery".to_owned(),
            },
        };
        Event::new("unrecognised", EventTarget::none(), kind)
    }
}

/// Parses a delivery in the payload version of its body, or in `version` if it is given.
pub(super) fn read(
    body: &[u8],
    version: Option<&str>,
    profile: Profile,
) -> Result<Vec<Event>, ParseError> {
    let body: Value = serde_json::from_slice(body).map_err(|_| ParseError::Body)?;
    let version = match version {
        Some("1") => Some(1),
        Some("2") => Some(2),
        _ => body["version"].as_i64(),
    };
    let event_type = body["type"].as_str().ok_or(ParseError::Body)?;
    let (about, _) = event_type.split_once('.').ok_or(ParseError::Body)?;
    match (version, about) {
        (Some(1), "payment") => Ok(vec![payment_event(&body, &body, event_type, profile)?]),
        (Some(2), "payment") => Ok(vec![payment_event(
            &body,
            &body["payment"],
            event_type,
            profile,
        )?]),
        (Some(2), "checkout") => {
            let snapshot = snapshot(&body, event_type, profile)?;
            let payment = payment_event(&body, &body["payment"], event_type, profile)?;
            let claim = claim(&payment, profile);
            Ok([payment, snapshot].into_iter().chain(claim).collect())
        }
        _ => Err(ParseError::Type),
    }
}

fn payment_event(
    body: &Value,
    document: &Value,
    event_type: &str,
    profile: Profile,
) -> Result<Event, ParseError> {
    let mut payment = payment(document, profile).ok_or(ParseError::Body)?;
    let reference = document["reference"].as_str().unwrap_or_default();
    apply_flaws(&mut payment, reference, event_type, profile);
    let mut target = EventTarget::none().with_reference(CheckoutReference::new(reference).ok());
    if profile.has(Flaw::NamesNoCheckout) {
        target = EventTarget::none();
    }
    Ok(event(body, event_type, target, EventKind::Payment(payment)))
}

fn snapshot(body: &Value, event_type: &str, profile: Profile) -> Result<Event, ParseError> {
    let checkout = response::checkout(&body["checkout"], profile).ok_or(ParseError::Body)?;
    let target = EventTarget::none()
        .with_reference(Some(checkout.reference))
        .with_gateway_id(checkout.gateway_id);
    let kind = CheckoutSnapshot::new(checkout.status, checkout.amount, checkout.amount_paid);
    Ok(event(body, event_type, target, EventKind::Snapshot(kind)))
}

fn event(body: &Value, event_type: &str, target: EventTarget, kind: EventKind) -> Event {
    let at = body["at"].as_str();
    let at = at.and_then(|at| at.parse().ok());
    Event::new(event_type, target, kind)
        .with_gateway_version(body["version"].as_i64().map(|version| version.to_string()))
        .with_occurred_at(at)
}

/// Returns the claim that a mutant adds to a delivery about a checkout.
fn claim(payment_event: &Event, profile: Profile) -> Option<Event> {
    let EventKind::Payment(payment) = &payment_event.kind else {
        return None;
    };
    let succeeded = payment.status == PaymentStatus::Succeeded;
    let of_order = |order: &str, amount| {
        let order = OrderId::new(order).ok()?;
        Some(PaymentClaim::of_order(order, amount))
    };
    let claim = if profile.has(Flaw::ClaimsFailedAttempt) && !succeeded {
        of_order("ord_1", payment.amount)?
    } else if profile.has(Flaw::ClaimsTwiceTheAmount) && succeeded {
        of_order("ord_1", payment.amount.checked_add(payment.amount).ok()?)?
    } else if profile.has(Flaw::ClaimsOtherOrder) && succeeded {
        of_order("ord_2", payment.amount)?
    } else if profile.has(Flaw::ClaimsNeitherPaymentNorOrder) && succeeded {
        of_order("ord_1", payment.amount)?.with_order_id(None)
    } else if profile.has(Flaw::ClaimsOtherPayment) && succeeded {
        PaymentClaim::of_payment(PaymentId::new("pay_of_another_payer").ok()?)
    } else {
        return None;
    };
    let mut event = payment_event.clone();
    event.kind = EventKind::PaymentClaimed(claim);
    Some(event)
}

/// Replaces every payment by a claim.
pub(super) fn claim_payments(events: &mut [Event]) {
    for event in events {
        if let EventKind::Payment(payment) = &event.kind
            && let Ok(order_id) = OrderId::new("ord_1")
        {
            event.kind =
                EventKind::PaymentClaimed(PaymentClaim::of_order(order_id, payment.amount));
        }
    }
}

/// Applies the flaws of mutants to a payment.
fn apply_flaws(payment: &mut Payment, reference: &str, event_type: &str, profile: Profile) {
    if profile.has(Flaw::FailedDeliveryIsSuccess) {
        payment.status = PaymentStatus::Succeeded;
    }
    if profile.has(Flaw::ClaimsOtherOrder) {
        payment.order_id = OrderId::new("ord_1").ok();
    }
    if profile.has(Flaw::DedupKeyPerCheckout) {
        payment.id = reference.parse().unwrap_or_else(|_| payment.id.clone());
    }
    if profile.has(Flaw::DedupKeyPerEventType) && event_type.starts_with("checkout") {
        let other = format!("{}-{event_type}", payment.id);
        payment.id = other.parse().unwrap_or_else(|_| payment.id.clone());
    }
}
