//! `PAYMENT_LINK_EVENT`:
//! <https://www.cashfree.com/docs/api-reference/payments/latest/payment-links/webhooks>.

use payment_provider_core::{
    CheckoutSnapshot, Currency, EventKind, EventTarget, OrderId, PaymentClaim, PaymentId,
};
use serde::Deserialize;

use super::content::EventContent;
use crate::wire::{self, Raw, Unreadable};

#[derive(Deserialize)]
struct Link<'a> {
    #[serde(borrow, default)]
    cf_link_id: Raw<'a>,
    #[serde(borrow, default)]
    link_id: Raw<'a>,
    #[serde(borrow, default)]
    link_status: Raw<'a>,
    #[serde(borrow, default)]
    link_currency: Raw<'a>,
    #[serde(borrow, default)]
    link_amount: Raw<'a>,
    #[serde(borrow, default)]
    link_amount_paid: Raw<'a>,
    #[serde(borrow, default)]
    order: Raw<'a>,
}

#[derive(Deserialize)]
struct Order<'a> {
    #[serde(borrow, default)]
    order_id: Raw<'a>,
    #[serde(borrow, default)]
    order_amount: Raw<'a>,
    #[serde(borrow, default)]
    transaction_id: Raw<'a>,
    #[serde(borrow, default)]
    transaction_status: Raw<'a>,
}

/// Reads the claim for the order that caused the event, if there is one, followed by a snapshot of the
/// link.
pub(super) fn read(data: Raw<'_>) -> EventContent {
    let link: Link<'_> = match wire::object("data", data) {
        Ok(link) => link,
        Err(what) => {
            let target = EventTarget::none();
            return EventContent {
                target,
                kinds: Err(what),
            };
        }
    };
    let order = link.order.map(|raw| wire::object("data.order", Some(raw)));
    let order: Option<Result<Order<'_>, Unreadable>> = order;
    let order_id = match &order {
        Some(Ok(order)) => wire::gateway_identifier(order.order_id),
        _ => None,
    };
    let target = EventTarget::none()
        .with_reference(wire::identifier(link.link_id))
        .with_gateway_id(wire::gateway_identifier(link.cf_link_id))
        .with_order_id(order_id.clone());
    let kinds = kinds(&link, order, order_id);
    EventContent { target, kinds }
}

fn kinds(
    link: &Link<'_>,
    order: Option<Result<Order<'_>, Unreadable>>,
    order_id: Option<OrderId>,
) -> Result<Vec<EventKind>, Unreadable> {
    let status = wire::checkout_status(wire::word("data.link_status", link.link_status)?);
    let currency = wire::currency("data.link_currency", link.link_currency)?;
    let amount = wire::amount("data.link_amount", link.link_amount, currency)?;
    let paid = wire::amount("data.link_amount_paid", link.link_amount_paid, currency)?;

    let claim = match order {
        None => None,
        Some(Err(_)) => Some(EventKind::FetchNeeded),
        Some(Ok(order)) => claim(&order, order_id, currency),
    };
    let snapshot = EventKind::Snapshot(CheckoutSnapshot::new(status, amount, paid));
    Ok(claim.into_iter().chain([snapshot]).collect())
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
