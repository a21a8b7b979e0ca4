//! The parts common to all deliveries, and the dispatch by type.

use payment_provider_core::{
    Event, EventKind, EventTarget, PaymentClaim, PaymentStatus, RefundClaim,
};
use payment_provider_http::json::{self, Nested, Raw, RepairedBody, Unreadable};
use payment_provider_http::json_fields;

use super::parts::{EventContent, Payload};
use super::{dispute_event, link_event, payment_event, refund_event, settlement_event};

/// Fields whose texts decide nothing about money: those of payers, merchants and banks, wherever
/// they are. A [description](crate::wire::described_link) only names the target, and only in its
/// documented form.
const HARMLESS: [&str; 18] = [
    "acquirer_data",
    "address",
    "bank",
    "card",
    "comments",
    "contact",
    "customer",
    "customer_details",
    "description",
    "email",
    "error_description",
    "evidence",
    "name",
    "notes",
    "reason_description",
    "upi",
    "vpa",
    "wallet",
];

json_fields! {
    struct Envelope<'a> {
        event: Raw<'a>,
        payload: Nested<Payload<'a>>,
        created_at: Raw<'a>,
    }
}

/// The types that are read. The type of a delivery selects the entity, whose own status decides.
/// See <https://razorpay.com/docs/webhooks/all/>.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Link,
    Payment,
    Refund,
    Dispute,
    Settlement,
}

impl Kind {
    fn of(gateway_type: &str) -> Option<Self> {
        Some(match gateway_type {
            "payment_link.paid"
            | "payment_link.partially_paid"
            | "payment_link.expired"
            | "payment_link.cancelled" => Self::Link,
            "payment.authorized" | "payment.captured" | "payment.failed" | "order.paid" => {
                Self::Payment
            }
            "refund.created" | "refund.processed" | "refund.failed" | "refund.speed_changed" => {
                Self::Refund
            }
            "payment.dispute.created"
            | "payment.dispute.won"
            | "payment.dispute.lost"
            | "payment.dispute.closed"
            | "payment.dispute.under_review"
            | "payment.dispute.action_required" => Self::Dispute,
            "settlement.processed" => Self::Settlement,
            _ => return None,
        })
    }
}

/// Reads the events of a verified body. A body that cannot be read yields one unreadable event.
///
/// A body with a damaged text, such as a payer's name that is not UTF-8, is read nevertheless. If the
/// text may decide about money, only claims by undamaged ids remain of its events.
pub(super) fn events(body: &[u8]) -> Vec<Event> {
    match json::body_in_place(body) {
        Ok(envelope) => content(&envelope),
        Err(what) => {
            repaired_events(body).unwrap_or_else(|| vec![unreadable("", EventTarget::none(), what)])
        }
    }
}

fn repaired_events(body: &[u8]) -> Option<Vec<Event>> {
    let repaired = RepairedBody::of(body)?;
    let events = content(&json::body_in_place(repaired.as_bytes()).ok()?);
    if !repaired.is_damaged_outside(&HARMLESS) {
        return Some(events);
    }
    let first = events.first()?.clone();
    if matches!(first.kind, EventKind::Unrecognised { .. }) {
        return Some(vec![first]);
    }
    let claims: Vec<Event> = events.into_iter().filter_map(claimed).collect();
    if !claims.is_empty() {
        tracing::warn!(first.gateway_type, "damaged webhook delivery");
        return Some(claims);
    }
    let what = Unreadable("undamaged text");
    let event = unreadable(&first.gateway_type, first.target, what);
    Some(vec![event.with_occurred_at(first.occurred_at)])
}

/// Reduces an event to a claim without an amount; `None` if it reports no money. The readers take no
/// id that is damaged.
fn claimed(mut event: Event) -> Option<Event> {
    event.kind = match event.kind {
        EventKind::Payment(payment) if payment.status == PaymentStatus::Succeeded => {
            EventKind::PaymentClaimed(PaymentClaim::from(payment).with_amount(None))
        }
        EventKind::PaymentClaimed(claim) => EventKind::PaymentClaimed(claim.with_amount(None)),
        EventKind::Refund(refund) => {
            EventKind::RefundClaimed(RefundClaim::from(refund).with_amount(None))
        }
        EventKind::RefundClaimed(claim) => EventKind::RefundClaimed(claim.with_amount(None)),
        _ => return None,
    };
    Some(event)
}

fn content(envelope: &Envelope<'_>) -> Vec<Event> {
    let gateway_type = match json::word("event", envelope.event) {
        Ok(gateway_type) => gateway_type,
        Err(what) => return vec![unreadable("", EventTarget::none(), what)],
    };
    let Some(kind) = Kind::of(&gateway_type) else {
        // The target stays empty: a host follows up on the target of an unrecognised event, and no
        // type that is ignored here is worth a call.
        tracing::debug!(%gateway_type, "webhook delivery of an unsupported type");
        let reason = "unsupported type".to_owned();
        let kind = EventKind::Unrecognised { reason };
        return vec![Event::new(gateway_type, EventTarget::none(), kind)];
    };
    let payload = match envelope.payload.required("payload") {
        Ok(payload) => payload,
        Err(what) => return vec![unreadable(&gateway_type, EventTarget::none(), what)],
    };
    // The envelope of a link event holds the time at which the link was created.
    let reported_at = (kind != Kind::Link)
        .then(|| envelope.created_at.or(payload.created_at))
        .flatten();
    let reported_at = json::unix_seconds(reported_at);
    let content = match kind {
        Kind::Link => link_event::read(payload),
        Kind::Payment => payment_event::read(payload),
        Kind::Refund => refund_event::read(payload),
        Kind::Dispute => dispute_event::read(payload, reported_at),
        Kind::Settlement => settlement_event::read(payload),
    };
    let EventContent { target, at, kinds } = content;
    let at = reported_at.or(at);
    match kinds {
        Ok(kinds) => {
            let targets = std::iter::repeat_n(target, kinds.len());
            let events = kinds.into_iter().zip(targets);
            events
                .map(|(kind, target)| Event::new(&*gateway_type, target, kind).with_occurred_at(at))
                .collect()
        }
        Err(what) => vec![unreadable(&gateway_type, target, what).with_occurred_at(at)],
    }
}

fn unreadable(gateway_type: &str, target: EventTarget, what: Unreadable) -> Event {
    let reason = what.to_string();
    tracing::warn!(gateway_type, reason, "unreadable webhook delivery");
    Event::new(gateway_type, target, EventKind::Unreadable { reason })
}
