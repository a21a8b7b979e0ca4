//! `payment.authorized`, `payment.captured`, `payment.failed` and `order.paid`:
//! <https://razorpay.com/docs/webhooks/payments/> and <https://razorpay.com/docs/webhooks/orders/>.

use payment_provider_core::{EventKind, EventTarget};
use payment_provider_http::json::Unreadable;

use super::parts::{EventContent, Payload};
use crate::payments::Attempt;
use crate::wire;

/// Reads the attempt. Its own status decides.
///
/// The delivery does not name the link. The payment's description does, and the receipt of an order
/// is the reference of its link. Both can be written by anything else that creates orders in the
/// same account, such as a shop that takes the description from the payer's browser. A success is
/// therefore not reported as a payment but as a claim, with the payment's own id and order: the host
/// fetches the payments of that link, and can compare the order with the link's. The amount of the
/// claim is stated only if it is certain without the link.
pub(super) fn read(payload: &Payload<'_>) -> EventContent {
    let attempt = match payload.required_attempt() {
        Ok(attempt) => attempt,
        Err(what) => return EventContent::unreadable(what),
    };
    let order = payload.order.object().and_then(|part| part.entity.object());
    let target =
        target(attempt).with_reference(order.and_then(|order| wire::reference(order.receipt)));
    EventContent {
        target,
        at: None,
        kinds: kind(attempt).map(|kind| vec![kind]),
    }
}

/// Returns the target that a payment's own record names.
pub(super) fn target(attempt: &Attempt<'_>) -> EventTarget {
    EventTarget::none()
        .with_gateway_id(attempt.described_link())
        .with_order_id(attempt.order_id())
}

fn kind(attempt: &Attempt<'_>) -> Result<EventKind, Unreadable> {
    match attempt.claim() {
        Some(claim) => Ok(EventKind::PaymentClaimed(claim)),
        None => attempt.payment().map(EventKind::Payment),
    }
}
