//! Copies of a delivery whose time stamp is outside the acceptance window: they bring no news.

use std::time::Duration;

use crate::gateway::bench::{Bench, invoice};
use crate::gateway::{Fault, about, delivery, paid_event};
use crate::gateway::database::Database;
use payment_provider_core::*;
use payment_provider_host::*;

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

async fn lines(bench: &Bench, kind: HistoryKind) -> Vec<String> {
    let history = bench.view("inv").await.history.into_iter();
    let of_kind = history.filter(|line| line.kind == kind);
    of_kind.map(|line| line.detail).collect()
}

each_database!(a_copy_past_its_time_of_what_was_applied_asks_nobody);
async fn a_copy_past_its_time_of_what_was_applied_asks_nobody(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    let news = [paid_event(url.reference.as_str(), &payment)];
    bench.receive(&news).await;
    bench.settle().await;
    bench.clock.advance(Duration::from_hours(25));
    let receipt = bench.receive_request(stale(&news)).await.unwrap();
    assert!(receipt.duplicate);
    bench.settle().await;
    assert_eq!(reads(&bench), 0);
    let said = "PAYMENT delivered again, unchanged: what it says counts once";
    assert_eq!(lines(&bench, HistoryKind::DuplicateIgnored).await, [said]);
    let delivery = bench.deliveries().await.remove(0);
    assert_eq!(
        (delivery.state, delivery.timestamp_check, delivery.copies),
        (DeliveryState::Applied, TimestampCheck::Fresh, 2)
    );
}

each_database!(what_is_late_at_first_sight_is_asked_about_once_however_often_it_comes);
async fn what_is_late_at_first_sight_is_asked_about_once_however_often_it_comes(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    let news = [paid_event(url.reference.as_str(), &payment)];
    for _ in 0..40 {
        bench.receive_request(stale(&news)).await.unwrap();
        bench.settle().await;
    }
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    assert_eq!(reads(&bench), 2, "the checkout and its payments");
    assert_eq!(lines(&bench, HistoryKind::PaymentsFetched).await.len(), 1);
    let told = lines(&bench, HistoryKind::DuplicateIgnored).await;
    let asked = |line: &String| line.contains("is asked");
    assert!(!told.is_empty() && !told.iter().any(asked), "{told:?}");
}

each_database!(a_late_copy_that_comes_during_the_fetch_is_no_reason_for_another);
async fn a_late_copy_that_comes_during_the_fetch_is_no_reason_for_another(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    let news = [paid_event(url.reference.as_str(), &payment)];
    bench.receive_request(stale(&news)).await.unwrap();
    bench.gateway.state().hold = true;
    let during = async {
        bench.gateway.call_held().await;
        bench.receive_request(stale(&news)).await.unwrap();
        bench.gateway.state().hold = false;
    };
    let (_, ()) = tokio::join!(bench.host.apply_due_deliveries(), during);
    bench.settle().await;
    assert_eq!(reads(&bench), 2);
    assert_eq!(bench.deliveries().await[0].copies, 2);
}

each_database!(a_copy_in_time_that_only_says_to_look_is_news_though_the_first_was_late);
async fn a_copy_in_time_that_only_says_to_look_is_news_though_the_first_was_late(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let look = [Event::new(
        "CHANGED",
        about(reference),
        EventKind::FetchNeeded,
    )];
    let payments_of = |payments: Vec<Payment>, status: CheckoutStatus| {
        let mut state = bench.gateway.state();
        let link = state.links.get_mut(reference).unwrap();
        link.status = status;
        std::mem::replace(&mut link.payments, payments)
    };
    bench.gateway.pay(reference, "200.12");
    let paid = payments_of(Vec::new(), CheckoutStatus::Open);
    bench.receive_request(stale(&look)).await.unwrap();
    bench.gateway.state().hold = true;
    // The fetch under way for the late one has not seen what the copy tells of.
    let during = async {
        bench.gateway.call_held().await;
        bench.receive(&look).await;
        bench.gateway.state().hold = false;
    };
    let (_, ()) = tokio::join!(bench.host.apply_due_deliveries(), during);
    payments_of(paid, CheckoutStatus::Paid);
    bench.settle().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    let again = "CHANGED delivered again, unchanged: the gateway is asked whether there is news";
    assert_eq!(lines(&bench, HistoryKind::DuplicateIgnored).await, [again]);
}

each_database!(what_only_says_to_look_is_not_news_when_it_comes_late);
async fn what_only_says_to_look_is_not_news_when_it_comes_late(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let look = [Event::new(
        "CHANGED",
        about(reference),
        EventKind::FetchNeeded,
    )];
    bench.receive(&look).await;
    bench.settle().await;
    let before = reads(&bench);
    bench.receive_request(stale(&look)).await.unwrap();
    bench.settle().await;
    assert_eq!(reads(&bench), before);
    bench.receive(&look).await;
    bench.settle().await;
    assert_eq!(reads(&bench), before * 2);
}

each_database!(a_late_copy_still_revives_what_was_parked);
async fn a_late_copy_still_revives_what_was_parked(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    let news = [paid_event(url.reference.as_str(), &payment)];
    for _ in 0..25 {
        bench.gateway.fail_next(Fault::Revoked);
    }
    bench.receive_request(stale(&news)).await.unwrap();
    bench.settle().await;
    assert_eq!(bench.deliveries().await[0].state, DeliveryState::Parked);
    bench.receive_request(stale(&news)).await.unwrap();
    bench.settle().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}
