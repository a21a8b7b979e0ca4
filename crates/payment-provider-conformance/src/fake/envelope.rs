//! The format of a delivery's body.

use bytes::Bytes;
use payment_provider_core::{Event, EventKind, EventTarget};
use serde::{Deserialize, Serialize};

/// Type of a delivery about one payment attempt.
pub(super) const PAYMENT: &str = "payment.updated";
/// Type of a delivery about a checkout, with the payment that changed it.
pub(super) const CHECKOUT: &str = "checkout.updated";
/// Type of a delivery about one refund.
pub(super) const REFUND: &str = "refund.updated";
/// Type of a test delivery.
pub(super) const PING: &str = "ping";
/// Type of a delivery with events chosen by a test.
pub(super) const CUSTOM: &str = "custom";

const KNOWN: [&str; 5] = [PAYMENT, CHECKOUT, REFUND, PING, CUSTOM];

/// The content of a body.
#[derive(Serialize, Deserialize)]
pub(super) struct Envelope {
    /// Unique id of the delivery.
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) gateway_type: String,
    pub(super) target: EventTarget,
    pub(super) events: Vec<Event>,
}

impl Envelope {
    pub(super) fn into_bytes(self) -> Bytes {
        let written = serde_json::to_vec(&self);
        Bytes::from(written.expect("events can be serialized as JSON"))
    }
}

/// Returns the events of a verified body. A body that cannot be parsed is kept as unreadable.
pub(super) fn events(body: &[u8]) -> Vec<Event> {
    let Ok(envelope) = serde_json::from_slice::<Envelope>(body) else {
        let reason = "the body is not an envelope".to_owned();
        let kind = EventKind::Unreadable { reason };
        return vec![Event::new("", EventTarget::none(), kind)];
    };
    let Envelope {
        gateway_type,
        target,
        events,
        ..
    } = envelope;
    if KNOWN.contains(&gateway_type.as_str()) {
        events
    } else {
        let reason = "the type is not known".to_owned();
        let kind = EventKind::Unrecognised { reason };
        vec![Event::new(gateway_type, target, kind)]
    }
}
