//! The content of one delivery.

use payment_provider_core::{EventKind, EventTarget};

use crate::wire::Unreadable;

/// The content of one delivery, or the field because of which it cannot be read.
pub(super) struct EventContent {
    pub(super) target: EventTarget,
    pub(super) kinds: Result<Vec<EventKind>, Unreadable>,
}
