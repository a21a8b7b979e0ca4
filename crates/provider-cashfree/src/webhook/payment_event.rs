//! Deliveries about a payment attempt:
//! <https://www.cashfree.com/docs/api-reference/payments/latest/payments/webhooks>.

use payment_provider_core::{EventKind, EventTarget, Money, PaymentClaim, PaymentStatus};
use serde::Deserialize;

use super::content::EventContent;
use crate::payments::Attempt;
use crate::wire::{self, Raw, Unreadable};

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default)]
    order: Raw<'a>,
    #[serde(borrow, default)]
    payment: Raw<'a>,
    #[serde(borrow, default)]
    error_details: Raw<'a>,
}

#[derive(Deserialize)]
struct Order<'a> {
    #[serde(borrow, default)]
    order_id: Raw<'a>,
    #[serde(borrow, default)]
    order_amount: Raw<'a>,
    #[serde(borrow, default)]
    order_currency: Raw<'a>,
    #[serde(borrow, default)]
    order_tags: Raw<'a>,
}

/// The order tags that name the payment link.
#[derive(Default, Deserialize)]
struct Tags<'a> {
    #[serde(borrow, default)]
    cf_link_id: Raw<'a>,
    #[serde(borrow, default)]
    link_id: Raw<'a>,
}

/// Reads the attempt. Its own status decides; the type of the delivery adds nothing. A successful
/// attempt that names no order, has no readable id, or whose amount cannot be read, is only claimed: by
/// its id, otherwise as the amount of its order.
pub(super) fn read(data: Raw<'_>) -> EventContent {
    let mut target = EventTarget::none();
    let kinds = kind(data, &mut target).map(|kind| vec![kind]);
    EventContent { target, kinds }
}

fn kind(data: Raw<'_>, target: &mut EventTarget) -> Result<EventKind, Unreadable> {
    let data: Data<'_> = wire::object("data", data)?;
    let order: Result<Order<'_>, Unreadable> = wire::object("data.order", data.order);
    if let Ok(order) = &order {
        *target = order.target();
    }
    let order_id = target.order_id.clone();
    let attempt: Attempt<'_> = wire::object("data.payment", data.payment)?;
    let amount = match order.and_then(|order| order.amount()) {
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
    let mut payment = attempt.payment(amount, data.error_details)?;
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
        let tags: Tags<'_> = wire::optional_object(self.order_tags).unwrap_or_default();
        EventTarget::none()
            .with_reference(wire::identifier(tags.link_id))
            .with_gateway_id(wire::gateway_identifier(tags.cf_link_id))
            .with_order_id(wire::gateway_identifier(self.order_id))
    }

    /// Returns the amount that counts toward the checkout.
    fn amount(&self) -> Result<Money, Unreadable> {
        let currency = wire::currency("data.order.order_currency", self.order_currency)?;
        wire::amount("data.order.order_amount", self.order_amount, currency)
    }
}
