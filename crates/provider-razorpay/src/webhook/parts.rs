use jiff::Timestamp;
use payment_provider_core::{EventKind, EventTarget};
use payment_provider_http::json::{self, Raw, Unreadable};
use serde::Deserialize;

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

/// The parts of a delivery. Each holds its data in a member named `entity`.
#[derive(Default, Deserialize)]
pub(super) struct Payload<'a> {
    #[serde(borrow, default)]
    pub(super) payment_link: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) payment: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) order: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) refund: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) dispute: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) settlement: Raw<'a>,
    /// The creation time, which one type has here and the others have at the top level.
    #[serde(borrow, default)]
    pub(super) created_at: Raw<'a>,
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

/// Reads the entity of an optional part; `None` if it is absent or unreadable.
pub(super) fn optional_entity<'a, T: Deserialize<'a>>(part: Raw<'a>) -> Option<T> {
    let part: Part<'_> = json::optional_object(part)?;
    json::optional_object(part.entity)
}
