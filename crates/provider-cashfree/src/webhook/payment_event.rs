//! Deliveries about a payment attempt:
//! <https://www.cashfree.com/docs/api-reference/payments/latest/payments/webhooks>.

use payment_provider_core::{EventKind, EventTarget, OrderId, Payment, PaymentStatus};
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
/// attempt that names no order has to be fetched.
pub(super) fn read(data: Raw<'_>) -> EventContent {
    let mut target = EventTarget::none();
    let kinds = payment(data, &mut target).map(|payment| {
        let succeeded = payment.status == PaymentStatus::Succeeded;
        vec![if succeeded && payment.order_id.is_none() {
            EventKind::FetchNeeded
        } else {
            EventKind::Payment(payment)
        }]
    });
    EventContent { target, kinds }
}

fn payment(data: Raw<'_>, target: &mut EventTarget) -> Result<Payment, Unreadable> {
    let data: Data<'_> = wire::object("data", data)?;
    let order: Order<'_> = wire::object("data.order", data.order)?;
    let order_id: Option<OrderId> = wire::gateway_identifier(order.order_id);
    let tags: Tags<'_> = wire::optional_object(order.order_tags).unwrap_or_default();
    *target = EventTarget::none()
        .with_reference(wire::identifier(tags.link_id))
        .with_gateway_id(wire::gateway_identifier(tags.cf_link_id))
        .with_order_id(order_id.clone());

    let currency = wire::currency("data.order.order_currency", order.order_currency)?;
    let amount = wire::amount("data.order.order_amount", order.order_amount, currency)?;
    let attempt: Attempt<'_> = wire::object("data.payment", data.payment)?;
    let mut payment = attempt.payment(amount, data.error_details)?;
    payment.order_id = order_id;
    Ok(payment)
}
