//! The parts common to all deliveries, and the dispatch by type.

use payment_provider_core::{
    Event, EventKind, EventTarget, PaymentClaim, PaymentStatus, RefundClaim,
};
use payment_provider_http::json_fields;
use serde::Deserialize;

use super::content::EventContent;
use super::data::Data;
use super::{
    charges_event, dispute_event, link_event, payment_event, refund_event, settlement_event,
    version,
};
use crate::wire::{self, Nested, Raw, RepairedBody, Unreadable};

/// Fields whose text decides nothing: names and addresses of people, notes, and the details of
/// payment methods. A delivery in which only these are damaged is read.
const FREE_TEXT: [&str; 20] = [
    "cf_dispute_remarks",
    "customer_details",
    "dispute_evidence",
    "error_description",
    "error_description_raw",
    "link_meta",
    "link_notes",
    "link_purpose",
    "order_note",
    "payment_gateway_details",
    "payment_message",
    "payment_method",
    "payment_offers",
    "preferred_evidence",
    "reason_description",
    "refund_note",
    "refund_reason",
    "remarks",
    "status_description",
    "terminal_details",
];

json_fields! {
    struct Envelope<'a> {
        kind as "type": Raw<'a>,
        event_time: Raw<'a>,
        version: Raw<'a>,
        data: Nested<Data<'a>>,
    }
}

/// The content of the rarer deliveries, of which each type reads its own fields.
#[derive(Deserialize)]
struct RareDelivery<'a> {
    #[serde(borrow, default)]
    data: Raw<'a>,
}

#[derive(Deserialize)]
struct TestDelivery<'a> {
    #[serde(borrow, default)]
    test_object: Raw<'a>,
}

/// Reads the events of a verified body. A body that cannot be read yields one unreadable event.
pub(super) fn events(body: &[u8]) -> Vec<Event> {
    match wire::body_in_place(body) {
        Ok(envelope) => of_envelope(&envelope, body),
        Err(what) => of_damaged(body, what),
    }
}

/// Reads the events of a body that is not JSON. If the cause is a damaged text that decides nothing,
/// they count. Otherwise money is only claimed, by ids that are intact, and of other events only the
/// target counts.
fn of_damaged(body: &[u8], what: Unreadable) -> Vec<Event> {
    let repaired = RepairedBody::of(body);
    let envelope = repaired
        .as_ref()
        .and_then(|repaired| wire::body_in_place(repaired.as_bytes()).ok());
    let (Some(repaired), Some(envelope)) = (&repaired, envelope) else {
        return vec![unreadable("", EventTarget::none(), what)];
    };
    let mut events = of_envelope(&envelope, repaired.as_bytes());
    if repaired.is_damaged_outside(&FREE_TEXT) {
        // The claim of a link event comes before its snapshot.
        events.truncate(1);
        for event in &mut events {
            let kind = std::mem::replace(&mut event.kind, EventKind::FetchNeeded);
            event.kind = without_amount(kind, &event.gateway_type, what);
        }
    }
    events
}

/// Returns what is left of an event of a damaged body. A claim makes a host wait until the gateway lists
/// the money, after an unreadable event it asks only once.
fn without_amount(kind: EventKind, gateway_type: &str, what: Unreadable) -> EventKind {
    let claim = match kind {
        EventKind::Payment(payment) if payment.status == PaymentStatus::Succeeded => {
            EventKind::PaymentClaimed(PaymentClaim::from(payment).with_amount(None))
        }
        EventKind::PaymentClaimed(claim) => EventKind::PaymentClaimed(claim.with_amount(None)),
        EventKind::Refund(refund) => {
            EventKind::RefundClaimed(RefundClaim::from(refund).with_amount(None))
        }
        EventKind::RefundClaimed(claim) => EventKind::RefundClaimed(claim.with_amount(None)),
        already @ (EventKind::Unrecognised { .. } | EventKind::Unreadable { .. }) => {
            return already;
        }
        _ => return unreadable_kind(gateway_type, what),
    };
    tracing::warn!(
        gateway_type,
        "money in a damaged webhook delivery is only claimed"
    );
    claim
}

fn of_envelope(envelope: &Envelope<'_>, body: &[u8]) -> Vec<Event> {
    let gateway_type = match wire::word("type", envelope.kind) {
        Ok(gateway_type) => gateway_type,
        Err(what) => return vec![unreadable("", EventTarget::none(), what)],
    };
    let occurred_at = wire::with_offset(envelope.event_time);
    let version = wire::stated(envelope.version).and_then(version::from_body);
    let mut events = read(&gateway_type, &envelope.data, body);
    for event in &mut events {
        event.occurred_at = occurred_at;
        event.gateway_version.clone_from(&version);
    }
    events
}

fn read(gateway_type: &str, data: &Nested<Data<'_>>, body: &[u8]) -> Vec<Event> {
    let content = match gateway_type {
        "PAYMENT_LINK_EVENT" => link_event::read(data),
        "PAYMENT_SUCCESS_WEBHOOK" | "PAYMENT_FAILED_WEBHOOK" | "PAYMENT_USER_DROPPED_WEBHOOK" => {
            payment_event::read(data)
        }
        _ => {
            let delivery: Option<RareDelivery<'_>> = wire::body(body).ok();
            match rare(gateway_type, delivery.and_then(|delivery| delivery.data)) {
                Some(content) => content,
                None => return vec![unsupported(gateway_type)],
            }
        }
    };
    let EventContent { target, kinds } = content;
    match kinds {
        Ok(kinds) => with_target(gateway_type, target, kinds),
        Err(what) => vec![unreadable(gateway_type, target, what)],
    }
}

fn with_target(gateway_type: &str, target: EventTarget, kinds: Vec<EventKind>) -> Vec<Event> {
    let count = kinds.len();
    let targets = std::iter::repeat_n(target, count);
    let events = kinds.into_iter().zip(targets);
    events
        .map(|(kind, target)| Event::new(gateway_type, target, kind))
        .collect()
}

/// Reads a delivery of a type that is not caused by each payment; `None` if the type is not
/// supported.
fn rare(gateway_type: &str, data: Raw<'_>) -> Option<EventContent> {
    Some(match gateway_type {
        "REFUND_STATUS_WEBHOOK" => refund_event::read(data),
        "AUTO_REFUND_STATUS_WEBHOOK" => refund_event::read_automatic(data),
        "DISPUTE_CREATED" | "DISPUTE_UPDATED" | "DISPUTE_CLOSED" => dispute_event::read(data),
        "SETTLEMENT_INITIATED"
        | "SETTLEMENT_SUCCESS"
        | "SETTLEMENT_FAILED"
        | "SETTLEMENT_REVERSED" => settlement_event::read(data),
        "PAYMENT_CHARGES_WEBHOOK" => charges_event::read(data),
        "WEBHOOK" => ping(data),
        _ => return None,
    })
}

/// The target stays empty: a host follows up on the target of an unrecognised event, and no type that
/// is ignored here is worth a call.
fn unsupported(gateway_type: &str) -> Event {
    tracing::debug!(gateway_type, "webhook delivery of an unsupported type");
    let reason = "unsupported type".to_owned();
    let kind = EventKind::Unrecognised { reason };
    Event::new(gateway_type, EventTarget::none(), kind)
}

/// Reads the delivery with which the dashboard tests an address.
fn ping(data: Raw<'_>) -> EventContent {
    let test: Option<TestDelivery<'_>> = wire::optional_object(data);
    let given = test.is_some_and(|test| test.test_object.is_some());
    EventContent {
        target: EventTarget::none(),
        kinds: if given {
            Ok(vec![EventKind::Ping])
        } else {
            Err(Unreadable("data.test_object"))
        },
    }
}

fn unreadable(gateway_type: &str, target: EventTarget, what: Unreadable) -> Event {
    Event::new(gateway_type, target, unreadable_kind(gateway_type, what))
}

fn unreadable_kind(gateway_type: &str, what: Unreadable) -> EventKind {
    let reason = what.to_string();
    tracing::warn!(gateway_type, reason, "unreadable webhook delivery");
    EventKind::Unreadable { reason }
}
