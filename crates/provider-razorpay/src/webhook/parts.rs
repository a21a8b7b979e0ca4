use jiff::Timestamp;
use payment_provider_core::{EventKind, EventTarget};
use payment_provider_http::json::{self, Raw, Unreadable};
use serde::Deserialize;

/// What one delivery says, or why it says nothing that can be used.
pub(super) struct News {
    pub(super) target: EventTarget,
    /// When it happened, where the entity itself says so.
    pub(super) at: Option<Timestamp>,
    pub(super) kinds: Result<Vec<EventKind>, Unreadable>,
}

impl News {
    pub(super) fn unread(what: Unreadable) -> Self {
        Self {
            target: EventTarget::none(),
            at: None,
            kinds: Err(what),
        }
    }
}

/// What a delivery holds, each in a member `entity` of its own.
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
    /// One type has here what others have at the top.
    #[serde(borrow, default)]
    pub(super) created_at: Raw<'a>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    entity: Raw<'a>,
}

/// The entity of a part, or the name of the part that has none.
pub(super) fn entity<'a, T: Deserialize<'a>>(
    field: &'static str,
    part: Raw<'a>,
) -> Result<T, Unreadable> {
    let part: Part<'_> = json::object(field, part)?;
    json::object(field, part.entity)
}

/// The entity of a part, if there is such a part and it can be read.
pub(super) fn optional_entity<'a, T: Deserialize<'a>>(part: Raw<'a>) -> Option<T> {
    let part: Part<'_> = json::optional_object(part)?;
    json::optional_object(part.entity)
}
