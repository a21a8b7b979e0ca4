use jiff::Timestamp;
use payment_provider_core::{EventKind, EventTarget};
use payment_provider_http::json::{self, Nested, Raw, Unreadable};
use payment_provider_http::json_fields;
use serde::Deserialize;

use super::link_event::Link;
use crate::payments::Attempt;

/// The content of one delivery, or the field because of which it cannot be read.
pub(super) struct EventContent {
    pub(super) target: EventTarget,
    /// The time of the event, if the entity states one.
    pub(super) at: Option<Timestamp>,
    pub(super) kinds: Result<Vec<EventKind>, Unreadable>,
}

impl EventContent {
    pub(super) fn unreadable(what: Unreadable) -> Self {
        Self {
            target: EventTarget::none(),
            at: None,
            kinds: Err(what),
        }
    }
}

json_fields! {
    /// The parts of a delivery. Each holds its data in a member named `entity`. The parts that a paid
    /// link causes are read in one pass with the body.
    pub(super) struct Payload<'a> {
        pub(super) payment_link: Nested<LinkPart<'a>>,
        payment: Nested<PaymentPart<'a>>,
        pub(super) order: Nested<OrderPart<'a>>,
        pub(super) refund: Raw<'a>,
        pub(super) dispute: Raw<'a>,
        pub(super) settlement: Raw<'a>,
        /// The creation time, which one type has here and the others have at the top level.
        pub(super) created_at: Raw<'a>,
    }

    pub(super) struct LinkPart<'a> {
        pub(super) entity: Nested<Link<'a>>,
    }

    struct PaymentPart<'a> {
        entity: Nested<Attempt<'a>>,
    }

    pub(super) struct OrderPart<'a> {
        pub(super) entity: Nested<Order<'a>>,
    }

    /// The order of a payment.
    pub(super) struct Order<'a> {
        pub(super) receipt: Raw<'a>,
    }
}

impl<'a> Payload<'a> {
    /// Returns the payment; `None` if the part is absent or unreadable.
    pub(super) fn attempt(&self) -> Option<&Attempt<'a>> {
        self.payment.object()?.entity.object()
    }

    /// Returns the payment, or the name of the part.
    pub(super) fn required_attempt(&self) -> Result<&Attempt<'a>, Unreadable> {
        self.attempt().ok_or(Unreadable("payload.payment"))
    }

    /// Returns true if there is a part for a payment, readable or not.
    pub(super) const fn has_payment(&self) -> bool {
        !self.payment.is_absent()
    }
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    entity: Raw<'a>,
}

/// Reads the entity of a required part. The error names the part.
pub(super) fn entity<'a, T: Deserialize<'a>>(
    field: &'static str,
    part: Raw<'a>,
) -> Result<T, Unreadable> {
    let part: Part<'_> = json::object(field, part)?;
    json::object(field, part.entity)
}
