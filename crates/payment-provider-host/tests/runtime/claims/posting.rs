//! Claims that end in one posting, by the payment event or by the list.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::prelude::*;

use super::{GRACE, Paid};
use crate::fixture::database::{Database, each_database, numbers};
use crate::fixture::{Bench, invoice};
use crate::gateway::{claim_events, paid_event};

each_database! {
    a_claim_waits_for_the_payment_event_and_sends_no_request,
    a_claim_after_its_payment_event_adds_nothing_and_sends_no_request,
    a_claim_and_its_payment_event_in_one_delivery_count_once,
    a_claim_has_the_list_fetched_at_once_where_no_payment_events_come,
    payment_events_that_stopped_coming_are_not_waited_for,
    a_late_payment_event_adds_nothing_to_what_its_claim_had_fetched,
    a_payment_url_is_not_given_out_while_a_claim_waits,
    a_claim_that_waits_is_applied_by_another_process,
    each_instalment_that_is_claimed_is_posted_once,
}

async fn a_claim_waits_for_the_payment_event_and_sends_no_request(database: Database) {
    let paid = Paid::with_payment_events(database).await;
    paid.receive_claim().await;
    paid.apply().await;
    paid.assert_nothing_is_posted().await;
    let (state, error) = paid.latest().await;
    assert_eq!(state, DeliveryState::Pending);
    assert!(error.unwrap().contains("waits a few seconds"));

    paid.bench.clock.advance(Duration::from_secs(1));
    paid.receive_payment().await;
    paid.apply().await;
    let totals = paid.bench.totals("inv").await;
    assert_eq!(totals, "200.12 200.12 0.00 succeeded");
    paid.bench.clock.advance(GRACE);
    paid.apply().await;
    paid.assert_posted_once().await;
    assert_eq!(paid.reads(), 0);
    let failures = numbers(&paid.bench.host, "SELECT failures FROM deliveries").await;
    assert_eq!(failures, [0; 3]);
}

async fn a_claim_after_its_payment_event_adds_nothing_and_sends_no_request(database: Database) {
    for paid in [
        Paid::without_payment_events(database).await,
        Paid::with_payment_events(database).await,
    ] {
        paid.receive_payment().await;
        paid.apply().await;
        paid.receive_claim().await;
        paid.apply().await;
        paid.assert_posted_once().await;
        assert_eq!(paid.reads(), 0);
    }
}

async fn a_claim_and_its_payment_event_in_one_delivery_count_once(database: Database) {
    for claim_first in [true, false] {
        let paid = Paid::without_payment_events(database).await;
        let reference = paid.reference.as_str();
        let mut events = claim_events(&paid.bench.gateway, reference, &paid.payment);
        let at = if claim_first { events.len() } else { 0 };
        events.insert(at, paid_event(reference, &paid.payment));
        paid.bench.receive(&events).await;
        paid.bench.apply_all().await;
        paid.assert_posted_once().await;
    }
}

async fn a_claim_has_the_list_fetched_at_once_where_no_payment_events_come(database: Database) {
    let paid = Paid::without_payment_events(database).await;
    paid.receive_claim().await;
    paid.apply().await;
    paid.assert_posted_once().await;
    assert_eq!(paid.reads(), 2, "the checkout and its payments");
    assert_eq!(paid.bench.deliveries().await[0].attempts, 1);
    // The same claim in other bytes needs no request any more.
    let claim = claim_events(&paid.bench.gateway, paid.reference.as_str(), &paid.payment);
    paid.bench.receive(&claim[..1]).await;
    paid.apply().await;
    paid.assert_posted_once().await;
    assert_eq!(paid.reads(), 2);
}

/// Events of a kind that a merchant unsubscribed from are not waited for.
async fn payment_events_that_stopped_coming_are_not_waited_for(database: Database) {
    let paid = Paid::with_payment_events(database).await;
    paid.bench.clock.advance(Duration::from_hours(8 * 24));
    paid.receive_claim().await;
    paid.apply().await;
    paid.assert_posted_once().await;
    assert_eq!(paid.reads(), 2);
}

async fn a_late_payment_event_adds_nothing_to_what_its_claim_had_fetched(database: Database) {
    let paid = Paid::with_payment_events(database).await;
    paid.receive_claim().await;
    paid.apply().await;
    paid.bench.clock.advance(Duration::from_millis(4_999));
    paid.apply().await;
    paid.assert_nothing_is_posted().await;
    assert_eq!(paid.reads(), 0);
    paid.bench.clock.advance(Duration::from_millis(1));
    paid.apply().await;
    paid.assert_posted_once().await;
    assert_eq!(paid.reads(), 2);

    paid.bench.clock.advance(Duration::from_mins(10));
    paid.receive_payment().await;
    paid.apply().await;
    paid.assert_posted_once().await;
    assert_eq!(paid.reads(), 2);
}

async fn a_payment_url_is_not_given_out_while_a_claim_waits(database: Database) {
    let paid = Paid::with_payment_events(database).await;
    paid.receive_claim().await;
    paid.apply().await;
    let reason = paid.bench.nothing_due(&invoice("inv", "200.12")).await;
    assert_eq!(reason, NothingDue::Paid);
    assert_eq!(paid.reads(), 2);
    paid.receive_payment().await;
    paid.bench.clock.advance(GRACE);
    paid.apply().await;
    paid.assert_posted_once().await;
    assert_eq!(paid.reads(), 2);
}

async fn a_claim_that_waits_is_applied_by_another_process(database: Database) {
    let paid = Paid::with_payment_events(database).await;
    paid.receive_claim().await;
    paid.apply().await;
    assert_eq!(paid.latest().await.0, DeliveryState::Pending);
    let other = paid.bench.another_process().await;
    paid.bench.clock.advance(GRACE);
    while other.apply_due_deliveries().await.unwrap() > 0 {}
    let totals = paid.bench.totals("inv").await;
    assert_eq!(totals, "200.12 200.12 0.00 succeeded");
    assert_eq!(paid.latest().await.0, DeliveryState::Applied);
    assert_eq!(paid.reads(), 2);
}

async fn each_instalment_that_is_claimed_is_posted_once(database: Database) {
    let bench = Bench::with_recorded_notifications(database).await;
    let owed = invoice("inv", "200.00").with_partial_payments(PartialPayments::any());
    let reference = bench.url(&owed).await.reference;
    let mut deliveries = Vec::new();
    for amount in ["50.00", "70.00", "80.00"] {
        let payment = bench.gateway.pay(reference.as_str(), amount);
        deliveries.push(claim_events(&bench.gateway, reference.as_str(), &payment));
        deliveries.push(vec![paid_event(reference.as_str(), &payment)]);
    }
    // The claims arrive in the reverse order, some after their payment events.
    for position in [4, 3, 2, 5, 0, 1] {
        bench.receive(&deliveries[position]).await;
        bench.host.apply_due_deliveries().await.unwrap();
    }
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.00 200.00 0.00 succeeded");
    assert_eq!(bench.notified_payments().await, ["1", "2", "3"]);
    bench.assert_all_is_notified().await;
}
