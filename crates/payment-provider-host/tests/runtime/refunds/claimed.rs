//! Refunds that a delivery reports without enough detail to record them: the gateway's list decides.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;

use super::{last_state, paid, refund, refund_event, refunded};
use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::{changed, delivery};

each_database! {
    a_refund_reported_late_is_recorded_from_the_gateways_list,
    a_refund_without_its_amount_is_recorded_once_it_is_listed,
    a_fresh_copy_of_a_late_refund_is_recorded_without_a_query,
    a_claimed_refund_is_parked_where_it_cannot_be_asked_for,
    a_hint_has_the_refunds_listed_as_well,
    a_refund_that_was_on_hold_and_then_succeeds_counts_once,
    payments_are_posted_though_the_refunds_cannot_be_listed,
}

fn stale(event: Event) -> WebhookRequest {
    let mut request = delivery("k1", &[event]);
    request.headers.insert("x-stale", "1".parse().unwrap());
    request
}

fn list(bench: &Bench, refunds: &[&Refund]) {
    let refunds = refunds.iter().map(|refund| (*refund).clone()).collect();
    bench.gateway.state().refunds = Some(refunds);
}

async fn a_refund_reported_late_is_recorded_from_the_gateways_list(database: Database) {
    let (bench, notified, payment) = paid(database).await;
    let done = refund("r1", &payment, RefundStatus::Succeeded, "50.00");
    list(&bench, &[&done]);
    let late = stale(refund_event("REFUND", &done));
    bench.receive_request(late).await.unwrap();
    bench.apply_all().await;
    assert_eq!(refunded(&bench, "inv").await, "50.00");
    assert_eq!(last_state(&bench).await, DeliveryState::Applied);
    assert_eq!(notified.all(), ["succeeded 50.00 succeeded"]);
}

async fn a_refund_without_its_amount_is_recorded_once_it_is_listed(database: Database) {
    let (bench, notified, payment) = paid(database).await;
    list(&bench, &[]);
    let claim = RefundClaim::of_refund(RefundId::new("r1").unwrap())
        .with_payment_id(Some(payment.id.clone()));
    let target = EventTarget::none().with_order_id(payment.order_id.clone());
    let event = Event::new("REFUND", target, EventKind::RefundClaimed(claim));
    bench.receive(std::slice::from_ref(&event)).await;
    while bench.host.apply_due_deliveries().await.unwrap() > 0 {}
    assert_eq!(last_state(&bench).await, DeliveryState::Pending);
    let pending = refund("r1", &payment, RefundStatus::Pending, "50.00");
    list(&bench, &[&pending]);
    bench.clock.advance(Duration::from_secs(1));
    bench.apply_all().await;
    assert_eq!(refunded(&bench, "inv").await, "0.00");
    assert_eq!(last_state(&bench).await, DeliveryState::Applied);
    // The same bytes arrive again when the refund changes its state.
    let done = refund("r1", &payment, RefundStatus::Succeeded, "50.00");
    list(&bench, &[&done]);
    bench.receive(&[event]).await;
    bench.apply_all().await;
    assert_eq!(refunded(&bench, "inv").await, "50.00");
    assert_eq!(notified.all(), ["succeeded 50.00 succeeded"]);
}

async fn a_fresh_copy_of_a_late_refund_is_recorded_without_a_query(database: Database) {
    let (bench, _, payment) = paid(database).await;
    let done = refund("r1", &payment, RefundStatus::Succeeded, "50.00");
    let event = refund_event("REFUND", &done);
    bench.receive_request(stale(event.clone())).await.unwrap();
    bench.apply_all().await;
    assert_eq!(last_state(&bench).await, DeliveryState::Parked);
    bench.receive(&[event]).await;
    bench.apply_all().await;
    assert_eq!(refunded(&bench, "inv").await, "50.00");
    assert_eq!(last_state(&bench).await, DeliveryState::Applied);
}

async fn a_claimed_refund_is_parked_where_it_cannot_be_asked_for(database: Database) {
    let (bench, notified, payment) = paid(database).await;
    let done = refund("r1", &payment, RefundStatus::Succeeded, "50.00");
    let late = stale(refund_event("REFUND", &done));
    bench.receive_request(late).await.unwrap();
    bench.apply_all().await;
    let latest = bench.deliveries().await.pop().unwrap();
    assert_eq!(latest.state, DeliveryState::Parked);
    let said =
        "it reports a refund that has to be looked up, but this gateway has no query of refunds";
    assert_eq!(latest.error.as_deref(), Some(said));
    assert_eq!(refunded(&bench, "inv").await, "0.00");
    assert!(notified.all().is_empty());
}

async fn a_hint_has_the_refunds_listed_as_well(database: Database) {
    let (bench, _, payment) = paid(database).await;
    let done = refund("r1", &payment, RefundStatus::Succeeded, "50.00");
    list(&bench, &[&done]);
    let reference = bench.gateway.references().remove(0);
    bench.receive(&[changed(&reference)]).await;
    bench.apply_all().await;
    assert_eq!(refunded(&bench, "inv").await, "50.00");
}

async fn a_refund_that_was_on_hold_and_then_succeeds_counts_once(database: Database) {
    let (bench, _, payment) = paid(database).await;
    for (status, expected) in [
        (RefundStatus::Pending, "0.00"),
        (RefundStatus::OnHold, "0.00"),
        (RefundStatus::Succeeded, "50.00"),
        (RefundStatus::OnHold, "50.00"),
    ] {
        let report = refund("r1", &payment, status, "50.00");
        bench.receive(&[refund_event("REFUND", &report)]).await;
        bench.apply_all().await;
        assert_eq!(refunded(&bench, "inv").await, expected);
    }
}

async fn payments_are_posted_though_the_refunds_cannot_be_listed(database: Database) {
    let bench = Bench::new(database).await;
    list(&bench, &[]);
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    bench.gateway.state().refunds_are_down = true;
    bench.receive(&[changed(reference)]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    let latest = bench.deliveries().await.pop().unwrap();
    assert_eq!(latest.state, DeliveryState::Pending);
    let said = "the gateway's query of refunds failed";
    assert_eq!(latest.error.as_deref(), Some(said));
    bench.gateway.state().refunds_are_down = false;
    let done = refund("r1", &payment, RefundStatus::Succeeded, "50.00");
    list(&bench, &[&done]);
    bench.apply_all().await;
    assert_eq!(refunded(&bench, "inv").await, "50.00");
    assert_eq!(last_state(&bench).await, DeliveryState::Applied);
}
