//! Events as single lines, for tables of sample bodies.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::fmt::Display;

use jiff::Timestamp;
use payment_provider_core::{
    CheckoutSnapshot, Dispute, DisputeStage, Event, EventKind, EventTarget, Payment, PaymentClaim,
    Pii, Refund, RefundOrigin, Settlement,
};

/// Formats an event as `target: content`.
pub fn line(event: &Event) -> String {
    let what = match &event.kind {
        EventKind::Payment(payment) => of_payment(payment),
        EventKind::PaymentClaimed(claim) => of_claim(claim),
        EventKind::Refund(refund) => of_refund(refund),
        EventKind::Dispute(dispute) => of_dispute(dispute),
        EventKind::Settlement(settlement) => of_settlement(settlement),
        EventKind::Snapshot(snapshot) => of_snapshot(snapshot),
        EventKind::FetchNeeded => "fetch".to_owned(),
        EventKind::Ping => "ping".to_owned(),
        EventKind::Unrecognised { reason } => format!("unrecognised, {reason}"),
        other => format!("{other:?}"),
    };
    format!("{}: {what}", names(&event.target))
}

/// Formats all events of a delivery.
pub fn all(events: &[Event]) -> String {
    let lines: Vec<String> = events.iter().map(line).collect();
    lines.join(" + ")
}

fn names(target: &EventTarget) -> String {
    let parts: Vec<String> = [
        target.reference.as_ref().map(ToString::to_string),
        target.gateway_id.as_ref().map(ToString::to_string),
        target.order_id.as_ref().map(ToString::to_string),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        "-".to_owned()
    } else {
        parts.join(" ")
    }
}

fn maybe(word: &str, value: Option<impl Display>) -> String {
    value.map_or_else(String::new, |value| format!(" {word} {value}"))
}

fn text(value: Option<&Pii>) -> Option<&str> {
    value.map(Pii::expose)
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

fn of_payment(payment: &Payment) -> String {
    let failure = payment.failure.as_ref();
    [
        format!(
            "payment {} {} {}",
            payment.id,
            payment.status.as_str(),
            payment.amount
        ),
        maybe("charged", payment.charged),
        maybe("on", payment.order_id.as_ref()),
        maybe("by", payment.method.as_ref()),
        maybe("bank", payment.bank_reference.as_ref()),
        maybe("code", failure.and_then(|failure| failure.code.as_ref())),
        maybe("at", time(payment.paid_at)),
    ]
    .concat()
}

fn of_claim(claim: &PaymentClaim) -> String {
    format!("claim {} on {}", claim.amount, claim.order_id)
}

fn of_refund(refund: &Refund) -> String {
    let origin = refund.origin.as_ref().map(|origin| match origin {
        RefundOrigin::Merchant => "merchant",
        RefundOrigin::Automatic => "gateway",
        RefundOrigin::Unknown(word) => word,
        _ => "other",
    });
    [
        format!(
            "refund {} {} {}",
            refund.id,
            refund.status.as_str(),
            refund.amount
        ),
        maybe("named", refund.reference.as_ref()),
        maybe("of", refund.payment_id.as_ref()),
        maybe("on", refund.order_id.as_ref()),
        maybe("by", origin),
        maybe("bank", refund.bank_reference.as_ref()),
        maybe("since", text(refund.reason.as_ref())),
        maybe("but", text(refund.failure.as_ref())),
        maybe("at", time(refund.processed_at)),
    ]
    .concat()
}

fn of_dispute(dispute: &Dispute) -> String {
    [
        format!(
            "dispute {} {} {} {}",
            dispute.id,
            dispute.stage.as_ref().map_or("-", DisputeStage::as_str),
            dispute.status.as_str(),
            dispute.amount
        ),
        maybe("of", dispute.payment_id.as_ref()),
        maybe("on", dispute.order_id.as_ref()),
        maybe("code", dispute.reason_code.as_ref()),
        maybe("since", text(dispute.reason.as_ref())),
        maybe("until", time(dispute.respond_by)),
    ]
    .concat()
}

fn of_settlement(settlement: &Settlement) -> String {
    [
        format!(
            "settlement {} {} {}",
            settlement.id,
            settlement.status.as_str(),
            settlement.amount
        ),
        maybe("bank", settlement.bank_reference.as_ref()),
        maybe("at", time(settlement.settled_at)),
    ]
    .concat()
}

fn of_snapshot(snapshot: &CheckoutSnapshot) -> String {
    format!(
        "link {}, {} of {}",
        snapshot.status, snapshot.amount_paid, snapshot.amount
    )
}
