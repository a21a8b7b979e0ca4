//! `refund.created`, `.processed`, `.failed` and `.speed_changed`:
//! <https://razorpay.com/docs/webhooks/refunds/>.

use payment_provider_core::{EventKind, EventTarget, PaymentId};
use payment_provider_http::json::Unreadable;

use super::parts::{self, EventContent, Payload};
use super::payment_event;
use crate::payments::Attempt;
use crate::refunds::Entity;

/// Reads the refund. Its own status decides. The payment in the payload names the target, and the
/// refunded payment if the refund does not; its totals may be outdated and are not used.
///
/// A refund that cannot be read as a whole is a claim if it has an id, or a receipt and a payment. So
/// is one without a payment: its target may come from a description that a payer wrote. The type of
/// the delivery does not stand in for a missing status: published deliveries of `refund.created`
/// report refunds that are already processed.
pub(super) fn read(payload: &Payload<'_>) -> EventContent {
    let attempt = payload.attempt();
    let target = attempt.map_or_else(EventTarget::none, payment_event::target);
    let payment = attempt.and_then(Attempt::id);
    let kind = parts::entity("payload.refund", payload.refund)
        .and_then(|entity: Entity<'_>| kind(&entity, payment, &target));
    EventContent {
        target,
        at: None,
        kinds: kind.map(|kind| vec![kind]),
    }
}

fn kind(
    entity: &Entity<'_>,
    payment: Option<PaymentId>,
    target: &EventTarget,
) -> Result<EventKind, Unreadable> {
    let mut refund = match entity.refund() {
        Ok(refund) => refund,
        Err(what) => {
            let claim = entity.claim(payment);
            return claim.map(EventKind::RefundClaimed).ok_or(what);
        }
    };
    refund.payment_id = refund.payment_id.or(payment);
    refund.order_id.clone_from(&target.order_id);
    Ok(if refund.payment_id.is_some() {
        EventKind::Refund(refund)
    } else {
        EventKind::RefundClaimed(refund.into())
    })
}
