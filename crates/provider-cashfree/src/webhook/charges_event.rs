//! `PAYMENT_CHARGES_WEBHOOK`: the fees of a successful payment. The type is listed at
//! <https://www.cashfree.com/docs/payments/online/webhooks/overview>; its body is not documented.

use payment_provider_core::{
    CheckoutReference, EventKind, EventTarget, GatewayCheckoutId, OrderId,
};
use serde::Deserialize;

use super::content::EventContent;
use crate::wire::{self, Raw, Unreadable};

/// The places of identifiers in the link events, payment events, refund events and dispute events.
#[derive(Default, Deserialize)]
struct Names<'a> {
    #[serde(borrow, default)]
    link_id: Raw<'a>,
    #[serde(borrow, default)]
    cf_link_id: Raw<'a>,
    #[serde(borrow, default)]
    order_id: Raw<'a>,
    #[serde(borrow, default)]
    order: Raw<'a>,
    #[serde(borrow, default)]
    order_tags: Raw<'a>,
    #[serde(borrow, default)]
    order_details: Raw<'a>,
    #[serde(borrow, default)]
    payment: Raw<'a>,
}

/// Reads the identifiers, and nothing else: no amount of an undocumented body counts.
pub(super) fn read(data: Raw<'_>) -> EventContent {
    let data: Names<'_> = wire::optional_object(data).unwrap_or_default();
    let inner = |raw| wire::optional_object::<Names<'_>>(raw).unwrap_or_default();
    let (order, payment) = (inner(data.order), inner(data.payment));
    let (tags, order_tags) = (inner(data.order_tags), inner(order.order_tags));
    let details = inner(data.order_details);
    let places = [&order_tags, &data, &tags, &order, &payment, &details];

    let references = places.iter().map(|names| names.link_id);
    let gateway_ids = places.iter().map(|names| names.cf_link_id);
    let orders = [&order, &data, &payment, &details].map(|names| names.order_id);
    let target = EventTarget::none()
        .with_reference(first(references, wire::identifier::<CheckoutReference>))
        .with_gateway_id(first(
            gateway_ids,
            wire::gateway_identifier::<GatewayCheckoutId>,
        ))
        .with_order_id(first(orders, wire::gateway_identifier::<OrderId>));
    let kinds = if target.is_none() {
        Err(Unreadable("data.order.order_id"))
    } else {
        Ok(vec![EventKind::FetchNeeded])
    };
    EventContent { target, kinds }
}

fn first<'a, T>(
    places: impl IntoIterator<Item = Raw<'a>>,
    read: fn(Raw<'a>) -> Option<T>,
) -> Option<T> {
    places.into_iter().find_map(read)
}
