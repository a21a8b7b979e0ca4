//! Events as single lines, for tables of sample bodies.

use std::fmt::Display;

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::{
    CheckoutSnapshot, Dispute, DisputeStage, Event, EventKind, EventTarget, Payment, PaymentClaim,
    Pii, Refund, RefundClaim, RefundOrigin, Settlement,
};

/// Formats an event as `target: content`.
pub fn line(event: &Event) -> String {
    let content = match &event.kind {
        EventKind::Payment(payment) => payment_content(payment),
        EventKind::PaymentClaimed(claim) => claim_content(claim),
        EventKind::Refund(refund) => refund_content(refund),
        EventKind::RefundClaimed(claim) => refund_claim_content(claim),
        EventKind::Dispute(dispute) => dispute_content(dispute),
        EventKind::Settlement(settlement) => settlement_content(settlement),
        EventKind::Snapshot(snapshot) => snapshot_content(snapshot),
        EventKind::FetchNeeded => "fetch".to_owned(),
        EventKind::Ping => "ping".to_owned(),
        EventKind::Unrecognised { reason } => format!("unrecognised, {reason}"),
        EventKind::Unreadable { reason } => format!("unreadable, {reason}"),
        other => format!("{other:?}"),
    };
    format!("{}: {content}", target_names(&event.target))
}

/// Formats all events of a delivery, joined by `+`.
pub fn all(events: &[Event]) -> String {
    let lines: Vec<String> = events.iter().map(line).collect();
    lines.join(" + ")
}

fn target_names(target: &EventTarget) -> String {
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

fn optional(label: &str, value: Option<impl Display>) -> String {
    value.map_or_else(String::new, |value| format!(" {label} {value}"))
}

fn text(value: Option<&Pii>) -> Option<&str> {
    value.map(Pii::expose)
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

fn payment_content(payment: &Payment) -> String {
    let failure = payment.failure.as_ref();
    [
        format!(
            "payment {} {} {}",
            payment.id,
            payment.status.as_str(),
            payment.amount
        ),
        optional("charged", payment.charged),
        optional("on", payment.order_id.as_ref()),
        optional("by", payment.method.as_ref()),
        optional("bank", payment.bank_reference.as_ref()),
        optional("code", failure.and_then(|failure| failure.code.as_ref())),
        optional("at", time(payment.paid_at)),
    ]
    .concat()
}

fn claim_content(claim: &PaymentClaim) -> String {
    let amount = claim.amount.map(|amount| amount.to_string());
    let ids = [
        claim.order_id.as_ref().map(ToString::to_string),
        claim.payment_id.as_ref().map(|id| format!("payment {id}")),
    ];
    let ids: Vec<String> = ids.into_iter().flatten().collect();
    let amount = amount.as_deref().unwrap_or("an amount");
    format!("claim {amount} on {}", ids.join(", "))
}

fn refund_claim_content(claim: &RefundClaim) -> String {
    let amount = claim.amount.map(|amount| format!("of {amount}"));
    let parts = [
        claim.id.as_ref().map(ToString::to_string),
        claim.reference.as_ref().map(|id| format!("as {id}")),
        claim
            .payment_id
            .as_ref()
            .map(|id| format!("of payment {id}")),
        amount,
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("refund claim {}", parts.join(" "))
}

fn refund_content(refund: &Refund) -> String {
    let origin = refund.origin.as_ref().map(|origin| match origin {
        RefundOrigin::Merchant => "merchant",
        RefundOrigin::Automatic => "gateway",
        RefundOrigin::Unknown(value) => value,
        _ => "other",
    });
    [
        format!(
            "refund {} {} {}",
            refund.id,
            refund.status.as_str(),
            refund.amount
        ),
        optional("named", refund.reference.as_ref()),
        optional("of", refund.payment_id.as_ref()),
        optional("on", refund.order_id.as_ref()),
        optional("by", origin),
        optional("bank", refund.bank_reference.as_ref()),
        optional("since", text(refund.reason.as_ref())),
        optional("but", text(refund.failure.as_ref())),
        optional("at", time(refund.processed_at)),
    ]
    .concat()
}

fn dispute_content(dispute: &Dispute) -> String {
    [
        format!(
            "dispute {} {} {} {}",
            dispute.id,
            dispute.stage.as_ref().map_or("-", DisputeStage::as_str),
            dispute.status.as_str(),
            dispute.amount
        ),
        optional("of", dispute.payment_id.as_ref()),
        optional("on", dispute.order_id.as_ref()),
        optional("code", dispute.reason_code.as_ref()),
        optional("since", text(dispute.reason.as_ref())),
        optional("until", time(dispute.respond_by)),
    ]
    .concat()
}

fn settlement_content(settlement: &Settlement) -> String {
    [
        format!(
            "settlement {} {} {}",
            settlement.id,
            settlement.status.as_str(),
            settlement.amount
        ),
        optional("bank", settlement.bank_reference.as_ref()),
        optional("at", time(settlement.settled_at)),
    ]
    .concat()
}

fn snapshot_content(snapshot: &CheckoutSnapshot) -> String {
    format!(
        "link {}, {} of {}",
        snapshot.status, snapshot.amount_paid, snapshot.amount
    )
}
