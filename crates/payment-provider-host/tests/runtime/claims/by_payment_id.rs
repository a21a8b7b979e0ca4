//! Claims that name the payment: reports outside the acceptance window, or without a detail. They wait
//! until the gateway lists the payment.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;

use super::Paid;
use crate::fixture::database::{Database, each_database};
use crate::gateway::{about, delivery, paid_event};

each_database! {
    a_claimed_payment_is_posted_once_the_gateway_lists_it,
    a_payment_reported_a_day_late_is_posted_once_the_gateway_lists_it,
    a_fresh_copy_replaces_what_was_concluded_from_a_stale_one,
    a_claim_that_is_never_listed_is_parked_after_a_day_and_posted_on_retry,
    claims_of_one_checkout_share_a_fetch,
    a_claim_of_another_shops_order_is_unmatched,
}

fn claim(paid: &Paid, amount: Option<Money>) -> Event {
    let payment = &paid.payment;
    let claim = PaymentClaim::of_payment(payment.id.clone())
        .with_order_id(payment.order_id.clone())
        .with_amount(amount);
    let target = about(paid.reference.as_str()).with_order_id(payment.order_id.clone());
    Event::new("PAYMENT", target, EventKind::PaymentClaimed(claim))
}

fn stale(events: &[Event]) -> WebhookRequest {
    let mut request = delivery("k1", events);
    request.headers.insert("x-stale", "1".parse().unwrap());
    request
}

async fn a_claimed_payment_is_posted_once_the_gateway_lists_it(database: Database) {
    for amount in [None, Some(20_012)] {
        let paid = Paid::without_payment_events(database).await;
        let gateway = &paid.bench.gateway;
        let reference = paid.reference.as_str();
        let listed = gateway.list(reference, Vec::new());
        gateway.set_status(reference, CheckoutStatus::Open);
        let amount = amount.map(|amount| Money::from_minor_units(amount, Currency::INR));
        paid.bench.receive(&[claim(&paid, amount)]).await;
        // The list shows the payment after two seconds.
        for _ in 0..20 {
            paid.apply().await;
            paid.bench.clock.advance(Duration::from_millis(100));
        }
        paid.assert_nothing_is_posted().await;
        assert_eq!(paid.latest().await.0, DeliveryState::Pending);
        gateway.list(reference, listed);
        gateway.set_status(reference, CheckoutStatus::Paid);
        paid.bench.apply_all().await;
        paid.assert_posted_once().await;
    }
}

async fn a_payment_reported_a_day_late_is_posted_once_the_gateway_lists_it(database: Database) {
    let paid = Paid::without_payment_events(database).await;
    let reference = paid.reference.as_str();
    let listed = paid.bench.gateway.list(reference, Vec::new());
    let late = stale(&[paid_event(reference, &paid.payment)]);
    paid.bench.receive_request(late).await.unwrap();
    for _ in 0..12 {
        paid.apply().await;
        paid.bench.clock.advance(Duration::from_hours(1));
    }
    paid.assert_nothing_is_posted().await;
    assert_eq!(paid.latest().await.0, DeliveryState::Pending);
    paid.list(listed);
    paid.bench.apply_all().await;
    paid.assert_posted_once().await;
}

async fn a_fresh_copy_replaces_what_was_concluded_from_a_stale_one(database: Database) {
    for copies_before in [0, 1] {
        let paid = Paid::without_payment_events(database).await;
        let reference = paid.reference.as_str();
        paid.bench.gateway.list(reference, Vec::new());
        let events = [paid_event(reference, &paid.payment)];
        paid.bench.receive_request(stale(&events)).await.unwrap();
        if copies_before == 1 {
            paid.apply().await;
        }
        for _ in 0..3 {
            paid.bench.receive(&events).await;
        }
        paid.apply().await;
        paid.assert_posted_once().await;
        let delivery = paid.bench.deliveries().await.remove(0);
        assert_eq!(delivery.timestamp_check, TimestampCheck::Fresh);
        assert_eq!(delivery.delivery_count, 4);
    }
}

async fn a_claim_that_is_never_listed_is_parked_after_a_day_and_posted_on_retry(
    database: Database,
) {
    let paid = Paid::without_payment_events(database).await;
    let reference = paid.reference.as_str();
    let listed = paid.bench.gateway.list(reference, Vec::new());
    paid.bench.receive(&[claim(&paid, None)]).await;
    for _ in 0..23 {
        paid.apply().await;
        paid.bench.clock.advance(Duration::from_hours(1));
    }
    assert_eq!(paid.latest().await.0, DeliveryState::Pending);
    paid.bench.apply_all().await;
    let (state, error) = paid.latest().await;
    assert_eq!(state, DeliveryState::Parked);
    let said = "the gateway does not list yet what the delivery reports";
    assert_eq!(error.as_deref(), Some(said));
    paid.list(listed);
    let key = paid.bench.deliveries().await[0].key.clone();
    let main = crate::fixture::connection("main");
    assert!(paid.bench.host.retry_delivery(&main, &key).await.unwrap());
    paid.bench.apply_all().await;
    paid.assert_posted_once().await;
}

async fn claims_of_one_checkout_share_a_fetch(database: Database) {
    let paid = Paid::without_payment_events(database).await;
    paid.hide();
    for number in 0..40 {
        let id = PaymentId::new(format!("unlisted-{number}")).unwrap();
        let kind = EventKind::PaymentClaimed(PaymentClaim::of_payment(id));
        let event = Event::new("PAYMENT", about(paid.reference.as_str()), kind);
        paid.bench.receive(&[event]).await;
    }
    paid.apply().await;
    // Each fetch is of the checkout and of its payments.
    assert_eq!(paid.reads(), 2);
    for _ in 0..6 {
        paid.bench.clock.advance(Duration::from_mins(1));
        paid.apply().await;
    }
    assert!(paid.reads() <= 2 * 7, "{}", paid.reads());
}

async fn a_claim_of_another_shops_order_is_unmatched(database: Database) {
    let paid = Paid::without_payment_events(database).await;
    paid.hide();
    let own = paid.payment.order_id.clone();
    paid.bench.gateway.state().own_order = own;
    let id = PaymentId::new("of-another-shop").unwrap();
    let claim = PaymentClaim::of_payment(id).with_order_id(OrderId::new("foreign").ok());
    let target = about(paid.reference.as_str());
    let event = Event::new("PAYMENT", target, EventKind::PaymentClaimed(claim));
    paid.bench.receive(&[event]).await;
    paid.bench.apply_all().await;
    assert_eq!(paid.latest().await.0, DeliveryState::Unmatched);
    paid.assert_nothing_is_posted().await;
}
