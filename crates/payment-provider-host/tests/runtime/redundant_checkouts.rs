//! A payment that was begun on an earlier link pays a payable while a later link is open: that link is
//! ended, so that the same amount cannot be paid again.

use payment_provider_core::*;
use payment_provider_host::accounting::AuditEvent;
use payment_provider_host::inbox::DeliveryState;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::{Fault, paid_event};

each_database! {
    the_open_link_of_what_was_paid_on_another_is_called_off,
    a_gateway_that_is_away_is_asked_again_and_the_money_is_posted_meanwhile,
    a_link_that_the_gateway_will_not_cancel_holds_nothing_up,
    a_link_that_is_paid_itself_is_left_alone,
}

/// A payable with two links: the first has run out, the second is open.
async fn two_links(bench: &Bench) -> (String, String) {
    let unpaid = invoice("inv", "100.00");
    let first = bench.url(&unpaid).await.reference.to_string();
    bench.gateway.set_status(&first, CheckoutStatus::Expired);
    let about_first = crate::gateway::about(&first);
    let expired = EventKind::Snapshot(bench.gateway.snapshot(&first));
    bench.report(Event::new("LINK", about_first, expired)).await;
    let second = bench.url(&unpaid).await.reference.to_string();
    assert_ne!(first, second);
    (first, second)
}

fn status(bench: &Bench, reference: &str) -> CheckoutStatus {
    bench.gateway.snapshot(reference).status
}

async fn pay_late(bench: &Bench, reference: &str) {
    let payment = bench.gateway.pay(reference, "100.00");
    bench.receive(&[paid_event(reference, &payment)]).await;
}

fn cancellations(bench: &Bench) -> usize {
    let state = bench.gateway.state();
    let calls = state.calls.iter();
    calls.filter(|call| call.starts_with("cancel")).count()
}

async fn the_open_link_of_what_was_paid_on_another_is_called_off(database: Database) {
    let bench = Bench::new(database).await;
    let (first, second) = two_links(&bench).await;
    pay_late(&bench, &first).await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
    assert_eq!(status(&bench, &second), CheckoutStatus::Cancelled);
    let checkouts = bench.view("inv").await.checkouts;
    assert!(checkouts.iter().all(|link| !link.state.may_take_money()));
}

async fn a_gateway_that_is_away_is_asked_again_and_the_money_is_posted_meanwhile(
    database: Database,
) {
    let bench = Bench::new(database).await;
    let (first, second) = two_links(&bench).await;
    pay_late(&bench, &first).await;
    bench.gateway.fail_next(Fault::Down);
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
    assert_eq!(status(&bench, &second), CheckoutStatus::Open);
    let waiting = bench.deliveries().await.pop().unwrap();
    assert_eq!(waiting.state, DeliveryState::Pending);
    assert!(waiting.error.unwrap().contains("redundant"));

    bench.apply_all().await;
    assert_eq!(status(&bench, &second), CheckoutStatus::Cancelled);
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
    let payments = bench.view("inv").await.payments;
    assert_eq!(payments.len(), 1);
}

async fn a_link_that_the_gateway_will_not_cancel_holds_nothing_up(database: Database) {
    let bench = Bench::new(database).await;
    let (first, second) = two_links(&bench).await;
    bench.gateway.state().will_not_cancel = true;
    pay_late(&bench, &first).await;
    bench.apply_all().await;
    let applied = bench.deliveries().await.pop().unwrap();
    assert_eq!(applied.state, DeliveryState::Applied);
    assert_eq!(status(&bench, &second), CheckoutStatus::Open);
    let history = bench.view("inv").await.history;
    let reported = history
        .iter()
        .filter(|entry| entry.event == AuditEvent::CheckoutStillPayable);
    assert_eq!(reported.count(), 1);
}

async fn a_link_that_is_paid_itself_is_left_alone(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "100.00")).await;
    pay_late(&bench, url.reference.as_str()).await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "100.00 100.00 0.00 succeeded");
    assert_eq!(cancellations(&bench), 0);
}
