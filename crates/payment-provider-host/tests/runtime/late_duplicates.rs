//! Duplicates of a delivery whose timestamp is outside the acceptance window: they report nothing new.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::accounting::AuditEvent;
use payment_provider_host::inbox::DeliveryState;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::{Fault, changed, delivery, paid_event};

each_database! {
    a_stale_duplicate_of_an_applied_delivery_sends_no_request,
    a_stale_delivery_has_the_gateway_asked_once_however_often_it_comes,
    a_late_duplicate_during_the_fetch_is_no_reason_for_another,
    a_fresh_duplicate_of_a_stale_hint_has_the_gateway_asked_again,
    a_stale_duplicate_of_a_hint_sends_no_request,
    a_late_duplicate_still_retries_a_parked_delivery,
    the_first_trusted_copy_of_a_stale_delivery_is_recorded_as_one_that_counts,
}

fn stale(events: &[Event]) -> WebhookRequest {
    let mut request = delivery("k1", events);
    request.headers.insert("x-stale", "1".parse().unwrap());
    request
}

/// The calls to the gateway that read something.
fn reads(bench: &Bench) -> usize {
    let state = bench.gateway.state();
    let read = |call: &&String| !call.starts_with("create");
    state.calls.iter().filter(read).count()
}

async fn a_stale_duplicate_of_an_applied_delivery_sends_no_request(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    let events = [paid_event(url.reference.as_str(), &payment)];
    bench.receive(&events).await;
    bench.apply_all().await;
    bench.clock.advance(Duration::from_hours(25));
    let receipt = bench.receive_request(stale(&events)).await.unwrap();
    assert!(receipt.duplicate);
    bench.apply_all().await;
    assert_eq!(reads(&bench), 0);
    let said = "PAYMENT delivered again, unchanged: its content counts once";
    assert_eq!(bench.lines(AuditEvent::DuplicateIgnored).await, [said]);
    let delivery = bench.deliveries().await.remove(0);
    assert_eq!(
        (
            delivery.state,
            delivery.timestamp_check,
            delivery.delivery_count
        ),
        (DeliveryState::Applied, TimestampCheck::Fresh, 2)
    );
}

async fn a_stale_delivery_has_the_gateway_asked_once_however_often_it_comes(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    let events = [paid_event(url.reference.as_str(), &payment)];
    for _ in 0..40 {
        bench.receive_request(stale(&events)).await.unwrap();
        bench.apply_all().await;
    }
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    assert_eq!(reads(&bench), 2, "the checkout and its payments");
    assert_eq!(bench.lines(AuditEvent::PaymentsFetched).await.len(), 1);
    let ignored = bench.lines(AuditEvent::DuplicateIgnored).await;
    let asked = |line: &String| line.contains("is asked");
    assert!(
        !ignored.is_empty() && !ignored.iter().any(asked),
        "{ignored:?}"
    );
}

async fn a_late_duplicate_during_the_fetch_is_no_reason_for_another(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    let events = [paid_event(url.reference.as_str(), &payment)];
    bench.receive_request(stale(&events)).await.unwrap();
    bench.gateway.state().hold = true;
    let during = async {
        bench.gateway.call_held().await;
        bench.receive_request(stale(&events)).await.unwrap();
        bench.gateway.state().hold = false;
    };
    let (_, ()) = tokio::join!(bench.host.apply_due_deliveries(), during);
    bench.apply_all().await;
    assert_eq!(reads(&bench), 2);
    assert_eq!(bench.deliveries().await[0].delivery_count, 2);
}

async fn a_fresh_duplicate_of_a_stale_hint_has_the_gateway_asked_again(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let look = [changed(reference)];
    let payments_of = |payments: Vec<Payment>, status: CheckoutStatus| {
        bench.gateway.set_status(reference, status);
        bench.gateway.list(reference, payments)
    };
    bench.gateway.pay(reference, "200.12");
    let paid = payments_of(Vec::new(), CheckoutStatus::Open);
    bench.receive_request(stale(&look)).await.unwrap();
    bench.gateway.state().hold = true;
    // The fetch under way for the late one has not seen the change that the duplicate reports.
    let during = async {
        bench.gateway.call_held().await;
        bench.receive(&look).await;
        bench.gateway.state().hold = false;
    };
    let (_, ()) = tokio::join!(bench.host.apply_due_deliveries(), during);
    payments_of(paid, CheckoutStatus::Paid);
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    let again = "CHANGED delivered again, unchanged: the gateway is asked for changes";
    assert_eq!(bench.lines(AuditEvent::DuplicateIgnored).await, [again]);
}

async fn a_stale_duplicate_of_a_hint_sends_no_request(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let look = [changed(reference)];
    bench.receive(&look).await;
    bench.apply_all().await;
    let before = reads(&bench);
    bench.receive_request(stale(&look)).await.unwrap();
    bench.apply_all().await;
    assert_eq!(reads(&bench), before);
    bench.receive(&look).await;
    bench.apply_all().await;
    assert_eq!(reads(&bench), before * 2);
}

async fn a_late_duplicate_still_retries_a_parked_delivery(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    let events = [paid_event(url.reference.as_str(), &payment)];
    for _ in 0..25 {
        bench.gateway.fail_next(Fault::Revoked);
    }
    bench.receive_request(stale(&events)).await.unwrap();
    bench.apply_all().await;
    assert_eq!(bench.deliveries().await[0].state, DeliveryState::Parked);
    bench.receive_request(stale(&events)).await.unwrap();
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn the_first_trusted_copy_of_a_stale_delivery_is_recorded_as_one_that_counts(
    database: Database,
) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    let events = [paid_event(url.reference.as_str(), &payment)];
    bench.receive_request(stale(&events)).await.unwrap();
    bench.apply_all().await;
    for _ in 0..2 {
        bench.receive(&events).await;
        bench.apply_all().await;
    }
    let expected = [
        "PAYMENT delivered again, unchanged: now its timestamp is inside the acceptance window, so \
         its content counts",
        "PAYMENT delivered again, unchanged: its content counts once",
    ];
    assert_eq!(bench.lines(AuditEvent::DuplicateIgnored).await, expected);
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}
