//! Events as the gateway reports them, and deliveries as it signs them.

use http::HeaderMap;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::*;

use super::Gateway;

/// A delivery of these events, as the gateway would sign it.
pub(crate) fn delivery(secret: &str, events: &[Event]) -> WebhookRequest {
    let mut headers = HeaderMap::new();
    headers.insert("x-secret", secret.parse().unwrap());
    let body = serde_json::to_vec(events).unwrap();
    let url = "https://host.example/webhooks/memory/org?code=main"
        .parse()
        .unwrap();
    WebhookRequest::post(url, headers, body, Timestamp::now())
}

pub(crate) fn about(reference: &str) -> EventTarget {
    EventTarget::none().with_reference(CheckoutReference::new(reference).ok())
}

/// An event that reports only that something changed.
pub(crate) fn changed(reference: &str) -> Event {
    Event::new("CHANGED", about(reference), EventKind::FetchNeeded)
}

pub(crate) fn paid_event(reference: &str, payment: &Payment) -> Event {
    let target = about(reference).with_order_id(payment.order_id.clone());
    Event::new("PAYMENT", target, EventKind::Payment(payment.clone()))
}

/// A link event that names no payment: it claims that an order was paid, and states the link's totals.
pub(crate) fn claim_events(gateway: &Gateway, reference: &str, payment: &Payment) -> Vec<Event> {
    let order = payment.order_id.clone().expect("a payment of an order");
    let target = about(reference).with_order_id(Some(order.clone()));
    let claim = EventKind::PaymentClaimed(PaymentClaim::of_order(order, payment.amount));
    let totals = EventKind::Snapshot(gateway.snapshot(reference));
    vec![
        Event::new("LINK", target.clone(), claim),
        Event::new("LINK", target, totals),
    ]
}

/// A link event that names its payment: the payment, then the totals of the link.
pub(crate) fn link_events(gateway: &Gateway, reference: &str, payment: &Payment) -> Vec<Event> {
    let target = about(reference).with_order_id(payment.order_id.clone());
    let totals = EventKind::Snapshot(gateway.snapshot(reference));
    vec![
        paid_event(reference, payment),
        Event::new("LINK", target, totals),
    ]
}
