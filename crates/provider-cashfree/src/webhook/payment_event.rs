//! Deliveries about a payment attempt:
//! <https://www.cashfree.com/docs/api-reference/payments/latest/payments/webhooks>.

use payment_provider_core::{EventKind, EventTarget, Money, PaymentClaim, PaymentStatus};

use super::content::EventContent;
use super::data::{Data, Order};
use crate::wire::{self, Nested, Unreadable};

/// Reads the attempt. Its own status decides; the type of the delivery adds nothing. A successful
/// attempt that names no order, has no readable id, or whose amount cannot be read, is only claimed: by
/// its id, otherwise as the amount of its order.
pub(super) fn read(data: &Nested<Data<'_>>) -> EventContent {
    let mut target = EventTarget::none();
    let kinds = kind(data, &mut target).map(|kind| vec![kind]);
    EventContent { target, kinds }
}

fn kind(data: &Nested<Data<'_>>, target: &mut EventTarget) -> Result<EventKind, Unreadable> {
    let data = data.required("data")?;
    let order = data.order.required("data.order");
    if let Ok(order) = order {
        *target = order.target();
    }
    let order_id = target.order_id.clone();
    let attempt = data.payment.required("data.payment")?;
    let amount = match order.and_then(Order::amount) {
        Ok(amount) => amount,
        Err(what) => {
            let claim = attempt.claim().ok_or(what)?.with_order_id(order_id);
            tracing::warn!(field = what.0, "incomplete payment in a webhook delivery");
            return Ok(EventKind::PaymentClaimed(claim));
        }
    };
    if let Some(order_id) = &order_id
        && attempt.succeeded_without_id()
    {
        let field = "cf_payment_id";
        tracing::warn!(field, "incomplete payment in a webhook delivery");
        let claim = PaymentClaim::of_order(order_id.clone(), amount);
        return Ok(EventKind::PaymentClaimed(claim));
    }
    let mut payment = attempt.payment(amount, data.error_details.object())?;
    payment.order_id = order_id;
    let succeeded = payment.status == PaymentStatus::Succeeded;
    Ok(if succeeded && payment.order_id.is_none() {
        EventKind::PaymentClaimed(payment.into())
    } else {
        EventKind::Payment(payment)
    })
}

impl Order<'_> {
    fn target(&self) -> EventTarget {
        let tags = self.order_tags.object();
        EventTarget::none()
            .with_reference(tags.and_then(|tags| wire::identifier(tags.link_id)))
            .with_gateway_id(tags.and_then(|tags| wire::gateway_identifier(tags.cf_link_id)))
            .with_order_id(wire::gateway_identifier(self.order_id))
    }

    /// Returns the amount that counts toward the checkout.
    fn amount(&self) -> Result<Money, Unreadable> {
        let currency = wire::currency("data.order.order_currency", self.order_currency)?;
        wire::amount("data.order.order_amount", self.order_amount, currency)
    }
}
