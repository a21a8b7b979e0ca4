//! `PAYMENT_LINK_EVENT`:
//! <https://www.cashfree.com/docs/api-reference/payments/latest/payment-links/webhooks>.

use payment_provider_core::{
    CheckoutSnapshot, Currency, EventKind, EventTarget, OrderId, PaymentClaim, PaymentId,
};

use super::content::EventContent;
use super::data::{Data, Order};
use crate::wire::{self, Nested, Unreadable};

/// Reads the claim for the order that caused the event, if there is one, followed by a snapshot of the
/// link.
pub(super) fn read(data: &Nested<Data<'_>>) -> EventContent {
    let link = match data.required("data") {
        Ok(link) => link,
        Err(what) => {
            let target = EventTarget::none();
            return EventContent {
                target,
                kinds: Err(what),
            };
        }
    };
    let order_id = link
        .order
        .object()
        .and_then(|order| wire::gateway_identifier(order.order_id));
    let target = EventTarget::none()
        .with_reference(wire::identifier(link.link_id))
        .with_gateway_id(wire::gateway_identifier(link.cf_link_id))
        .with_order_id(order_id.clone());
    let kinds = kinds(link, order_id);
    EventContent { target, kinds }
}

fn kinds(link: &Data<'_>, order_id: Option<OrderId>) -> Result<Vec<EventKind>, Unreadable> {
    let status = wire::checkout_status(&wire::word("data.link_status", link.link_status)?);
    let currency = wire::currency("data.link_currency", link.link_currency)?;
    let amount = wire::amount("data.link_amount", link.link_amount, currency)?;
    let paid = wire::amount("data.link_amount_paid", link.link_amount_paid, currency)?;

    let claim = match &link.order {
        Nested::Absent => None,
        Nested::Odd => Some(EventKind::FetchNeeded),
        Nested::Object(order) => claim(order, order_id, currency),
    };
    let snapshot = EventKind::Snapshot(CheckoutSnapshot::new(status, amount, paid));
    Ok(match claim {
        Some(claim) => vec![claim, snapshot],
        None => vec![snapshot],
    })
}

/// Reads the claim for a paid order. A paid order that is incomplete, or has no id, has to be fetched.
///
/// The `transaction_id` shows that the order was paid, but no documentation says that it is the
/// `cf_payment_id` of the payments API, so it does not identify the payment.
fn claim(order: &Order<'_>, order_id: Option<OrderId>, currency: Currency) -> Option<EventKind> {
    let status = wire::optional_text(order.transaction_status)?;
    if status != "SUCCESS" {
        return None;
    }
    if wire::says_nothing(order.transaction_id) {
        // Without a transaction, only the snapshot reports the money.
        return None;
    }
    let transaction: Option<PaymentId> = wire::gateway_identifier(order.transaction_id);
    let amount = wire::amount("data.order.order_amount", order.order_amount, currency);
    let (Some(_), Ok(amount), Some(order_id)) = (transaction, amount, order_id) else {
        return Some(EventKind::FetchNeeded);
    };
    let claim = PaymentClaim::of_order(order_id, amount);
    Some(EventKind::PaymentClaimed(claim))
}
