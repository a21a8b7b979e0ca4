//! `refund.created`, `.processed`, `.failed` and `.speed_changed`:
//! <https://razorpay.com/docs/webhooks/refunds/>.

use payment_provider_core::{EventKind, EventTarget};
use payment_provider_http::json::Unreadable;

use super::parts::{self, EventContent, Payload};
use super::payment_event;
use crate::payments::Attempt;
use crate::refunds::Entity;

/// Reads the refund. Its own status decides. The payment in the payload names the target; its
/// totals may be outdated and are not used.
///
/// A refund that cannot be read as a whole is a claim if it has an id. The type of the delivery does
/// not stand in for a missing status: published deliveries of `refund.created` report refunds that
/// are already processed.
pub(super) fn read(payload: &Payload<'_>) -> EventContent {
    let attempt: Option<Attempt<'_>> = parts::optional_entity(payload.payment);
    let target = attempt
        .as_ref()
        .map_or_else(EventTarget::none, payment_event::target);
    let kind = parts::entity("payload.refund", payload.refund)
        .and_then(|entity: Entity<'_>| kind(&entity, &target));
    EventContent {
        target,
        at: None,
        kinds: kind.map(|kind| vec![kind]),
    }
}

fn kind(entity: &Entity<'_>, target: &EventTarget) -> Result<EventKind, Unreadable> {
    match entity.refund() {
        Ok(mut refund) => {
            refund.order_id.clone_from(&target.order_id);
            Ok(EventKind::Refund(refund))
        }
        Err(what) => entity.claim().map(EventKind::RefundClaimed).ok_or(what),
    }
}
