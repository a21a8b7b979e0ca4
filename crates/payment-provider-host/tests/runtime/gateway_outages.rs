//! Gateways that are unavailable for a while, lag, contradict themselves, or have no cancellation.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::accounting::CloseReason;
use payment_provider_host::inbox::{Delivery, DeliveryState};
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::{Fault, about, delivery, paid_event};

each_database! {
    one_timeout_does_not_outweigh_the_gateways_still_payable,
    one_timeout_does_not_end_a_conflicting_link,
    closing_during_an_outage_reports_what_is_still_payable,
    an_expired_link_of_a_gateway_without_cancellation_is_not_handed_out_for_ever,
    a_paid_link_of_a_gateway_without_cancellation_is_not_handed_out_again,
    a_dead_link_of_a_gateway_without_cancellation_makes_room,
    a_payment_that_the_list_shows_after_an_outage_is_posted,
    a_payment_of_the_same_order_that_the_list_shows_after_an_outage_is_posted,
    a_stale_duplicate_does_not_replace_the_events_of_a_parked_delivery,
    money_on_a_conflicting_link_is_posted,
    a_payment_of_zero_blocks_no_delivery,
    a_list_behind_is_waited_for,
}

async fn one_timeout_does_not_outweigh_the_gateways_still_payable(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.url(&unpaid).await;
    bench.gateway.state().will_not_cancel = true;
    bench.clock.advance(Duration::from_hours(24 * 9));
    bench.url(&unpaid).await;
    bench.gateway.fail_next(Fault::Down);
    let again = bench.host.payment_url(&unpaid).await;
    assert_eq!(bench.gateway.payable_links(), 1, "{again:?}");
}

async fn one_timeout_does_not_end_a_conflicting_link(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.gateway.state().wrong_amount = true;
    bench.gateway.state().will_not_cancel = true;
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    bench.gateway.state().wrong_amount = false;
    bench.clock.advance(Duration::from_hours(24 * 9));
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    bench.gateway.fail_next(Fault::Down);
    let again = bench.host.payment_url(&unpaid).await;
    assert_eq!(bench.gateway.payable_links(), 1, "{again:?}");
}

async fn closing_during_an_outage_reports_what_is_still_payable(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.url(&unpaid).await;
    bench.clock.advance(Duration::from_hours(24 * 9));
    bench.gateway.fail_next(Fault::Down);
    let closing = bench
        .host
        .close(&unpaid, CloseReason::Voided)
        .await
        .unwrap();
    let again = bench
        .host
        .close(&unpaid, CloseReason::Voided)
        .await
        .unwrap();
    assert!(
        bench.gateway.payable_links() == 0
            || !closing.still_payable.is_empty()
            || !again.still_payable.is_empty()
    );
}

async fn an_expired_link_of_a_gateway_without_cancellation_is_not_handed_out_for_ever(
    database: Database,
) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let first = bench.url(&unpaid).await;
    bench.gateway.state().unsupported = true;
    bench.clock.advance(Duration::from_hours(24 * 30));
    bench
        .gateway
        .set_status(first.reference.as_str(), CheckoutStatus::Expired);
    let again = bench.host.payment_url(&unpaid).await;
    assert_eq!(
        bench.gateway.payable_links(),
        1,
        "a dead link is handed out: {again:?}"
    );
}

async fn a_paid_link_of_a_gateway_without_cancellation_is_not_handed_out_again(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let first = bench.url(&unpaid).await;
    bench.gateway.state().unsupported = true;
    bench.gateway.pay(first.reference.as_str(), "200.12");
    bench.clock.advance(Duration::from_hours(24 * 30));
    assert_eq!(bench.nothing_due(&unpaid).await, NothingDue::Paid);
}

async fn a_dead_link_of_a_gateway_without_cancellation_makes_room(database: Database) {
    let bench = Bench::new(database).await;
    let mut unpaid = invoice("inv", "200.00");
    let first = bench.url(&unpaid).await;
    bench.gateway.state().unsupported = true;
    bench.clock.advance(Duration::from_hours(24 * 30));
    bench
        .gateway
        .set_status(first.reference.as_str(), CheckoutStatus::Expired);
    unpaid.partial_payments = Some(PartialPayments::default());
    bench.url(&unpaid).await;
}

/// A second payment like the first is reported while the gateway is away, and later while its list lags.
async fn outage(database: Database, downs: usize, order: bool) -> String {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let first = bench.gateway.pay(reference, "200.12");
    bench.report(paid_event(reference, &first)).await;
    let second = bench.gateway.pay_unlisted(reference, "200.12");
    let mut reported = second.clone();
    if order {
        reported.order_id = first.order_id.clone();
    } else {
        reported.order_id = None;
    }
    for _ in 0..downs {
        bench.gateway.fail_next(Fault::Down);
    }
    bench.receive(&[paid_event(reference, &reported)]).await;
    for _ in 0..=downs {
        bench.host.apply_due_deliveries().await.unwrap();
        bench.clock.advance(Duration::from_mins(6));
    }
    bench.gateway.add_to_list(reference, second);
    bench.apply_all().await;
    bench.totals("inv").await
}

async fn a_payment_that_the_list_shows_after_an_outage_is_posted(database: Database) {
    assert_eq!(
        outage(database, 8, false).await,
        "400.24 200.12 200.12 succeeded"
    );
}
async fn a_payment_of_the_same_order_that_the_list_shows_after_an_outage_is_posted(
    database: Database,
) {
    assert_eq!(
        outage(database, 2, true).await,
        "400.24 200.12 200.12 succeeded"
    );
}

async fn a_stale_duplicate_does_not_replace_the_events_of_a_parked_delivery(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let first = bench.gateway.pay(reference, "100.00");
    bench.report(paid_event(reference, &first)).await;
    let second = bench.gateway.pay_unlisted(reference, "150.00");
    let events = [paid_event(reference, &second)];
    bench.receive(&events).await;
    bench.apply_all().await;
    let states = |all: Vec<Delivery>| {
        all.into_iter()
            .map(|delivery| delivery.state)
            .collect::<Vec<_>>()
    };
    let before = states(bench.deliveries().await);
    assert_eq!(before[1], DeliveryState::Parked);
    let mut copy = delivery("k1", &events);
    copy.headers.insert("x-stale", "1".parse().unwrap());
    bench.receive_request(copy).await.unwrap();
    bench.apply_all().await;
    let after = states(bench.deliveries().await);
    assert_eq!(after[1], DeliveryState::Parked);
}

async fn money_on_a_conflicting_link_is_posted(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.gateway.state().wrong_amount = true;
    bench.gateway.state().will_not_cancel = true;
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    let reference = bench.gateway.references().remove(0);
    let payment = bench.gateway.pay(&reference, "9999.00");
    let snapshot = EventKind::Snapshot(bench.gateway.snapshot(&reference));
    bench
        .receive(&[
            paid_event(&reference, &payment),
            Event::new("L", about(&reference), snapshot),
        ])
        .await;
    bench.apply_all().await;
    assert_eq!(
        bench.totals("inv").await,
        "9999.00 200.12 9798.88 succeeded"
    );
}

async fn a_payment_of_zero_blocks_no_delivery(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let zero = bench.gateway.pay(reference, "0.00");
    let bad = bench
        .gateway
        .attempt(reference, "1.00", PaymentStatus::Failed);
    bench
        .receive(&[paid_event(reference, &zero), paid_event(reference, &bad)])
        .await;
    bench.apply_all().await;
    let deliveries = bench.deliveries().await;
    assert_eq!(
        deliveries[0].state,
        DeliveryState::Applied,
        "{:?}",
        deliveries[0].error
    );
}

async fn a_list_behind_is_waited_for(database: Database) {
    assert_eq!(
        outage(database, 0, false).await,
        "400.24 200.12 200.12 succeeded"
    );
    assert_eq!(
        outage(database, 0, true).await,
        "400.24 200.12 200.12 succeeded"
    );
}
