//! The parts common to all deliveries, and the dispatch by type.

use payment_provider_core::{Event, EventKind, EventTarget};
use payment_provider_http::json::{self, Raw, Unreadable};
use serde::Deserialize;

use super::parts::{EventContent, Payload};
use super::{dispute_event, link_event, payment_event, refund_event, settlement_event};

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    event: Raw<'a>,
    #[serde(borrow, default)]
    payload: Raw<'a>,
    #[serde(borrow, default)]
    created_at: Raw<'a>,
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

/// Reads the events of a verified body. A body that cannot be read yields one unrecognised event.
pub(super) fn events(body: &[u8]) -> Vec<Event> {
    let envelope: Envelope<'_> = match json::body(body) {
        Ok(envelope) => envelope,
        Err(what) => return vec![unreadable("", EventTarget::none(), what)],
    };
    let gateway_type = match json::word("event", envelope.event) {
        Ok(gateway_type) => gateway_type,
        Err(what) => return vec![unreadable("", EventTarget::none(), what)],
    };
    let Some(kind) = Kind::of(&gateway_type) else {
        // The target stays empty: a host follows up on the target of an unrecognised event, and no
        // type that is ignored here is worth a call.
        tracing::debug!(gateway_type, "webhook delivery of an unsupported type");
        let reason = "unsupported type".to_owned();
        let kind = EventKind::Unrecognised { reason };
        return vec![Event::new(gateway_type, EventTarget::none(), kind)];
    };
    let payload: Payload<'_> = match json::object("payload", envelope.payload) {
        Ok(payload) => payload,
        Err(what) => return vec![unreadable(&gateway_type, EventTarget::none(), what)],
    };
    // The envelope of a link event holds the time at which the link was created.
    let reported_at = (kind != Kind::Link)
        .then(|| envelope.created_at.or(payload.created_at))
        .flatten();
    let reported_at = json::unix_seconds(reported_at);
    let content = match kind {
        Kind::Link => link_event::read(&payload),
        Kind::Payment => payment_event::read(&payload),
        Kind::Refund => refund_event::read(&payload),
        Kind::Dispute => dispute_event::read(&payload, reported_at),
        Kind::Settlement => settlement_event::read(&payload),
    };
    let EventContent { target, at, kinds } = content;
    let at = reported_at.or(at);
    match kinds {
        Ok(kinds) => kinds
            .into_iter()
            .map(|kind| Event::new(&gateway_type, target.clone(), kind).with_occurred_at(at))
            .collect(),
        Err(what) => vec![unreadable(&gateway_type, target, what).with_occurred_at(at)],
    }
}

fn unreadable(gateway_type: &str, target: EventTarget, what: Unreadable) -> Event {
    let reason = what.to_string();
    tracing::warn!(gateway_type, reason, "unreadable webhook delivery");
    Event::new(gateway_type, target, EventKind::Unrecognised { reason })
}
