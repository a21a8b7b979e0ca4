//! Gateways that are away for a while, behind, contradictory or without cancellation.

use crate::gateway::bench::{Bench, invoice};
use crate::gateway::{Fault, about, delivery, paid_event};
use crate::gateway::database::Database;
use payment_provider_core::*;
use payment_provider_host::*;
use std::time::Duration;

fn payable_links(bench: &Bench) -> usize {
    bench
        .gateway
        .state()
        .links
        .values()
        .filter(|link| link.status.is_payable())
        .count()
}

each_database!(one_timeout_does_not_outweigh_the_gateways_still_payable);
async fn one_timeout_does_not_outweigh_the_gateways_still_payable(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.url(&unpaid).await;
    bench.gateway.state().will_not_cancel = true;
    bench.clock.advance(Duration::from_hours(24 * 9));
    assert!(bench.host.payment_url(&unpaid).await.is_ok());
    bench.gateway.fail_next(Fault::Down);
    let again = bench.host.payment_url(&unpaid).await;
    assert_eq!(payable_links(&bench), 1, "{again:?}");
}

each_database!(one_timeout_does_not_end_a_conflicting_link);
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
    assert_eq!(payable_links(&bench), 1, "{again:?}");
}

each_database!(closing_during_an_outage_tells_what_is_still_payable);
async fn closing_during_an_outage_tells_what_is_still_payable(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.url(&unpaid).await;
    bench.clock.advance(Duration::from_hours(24 * 9));
    bench.gateway.fail_next(Fault::Down);
    let closing = bench
        .host
        .close(&unpaid, cash::Closed::Voided)
        .await
        .unwrap();
    let again = bench
        .host
        .close(&unpaid, cash::Closed::Voided)
        .await
        .unwrap();
    assert!(
        payable_links(&bench) == 0
            || !closing.still_payable.is_empty()
            || !again.still_payable.is_empty()
    );
}

each_database!(an_expired_link_of_a_gateway_without_cancellation_is_not_handed_out_for_ever);
async fn an_expired_link_of_a_gateway_without_cancellation_is_not_handed_out_for_ever(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let first = bench.url(&unpaid).await;
    bench.gateway.state().unsupported = true;
    bench.clock.advance(Duration::from_hours(24 * 30));
    bench
        .gateway
        .state()
        .links
        .get_mut(first.reference.as_str())
        .unwrap()
        .status = CheckoutStatus::Expired;
    let again = bench.host.payment_url(&unpaid).await;
    assert_eq!(
        payable_links(&bench),
        1,
        "a dead link is handed out: {again:?}"
    );
}

each_database!(a_paid_link_of_a_gateway_without_cancellation_is_not_handed_out_again);
async fn a_paid_link_of_a_gateway_without_cancellation_is_not_handed_out_again(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let first = bench.url(&unpaid).await;
    bench.gateway.state().unsupported = true;
    bench.gateway.pay(first.reference.as_str(), "200.12");
    bench.clock.advance(Duration::from_hours(24 * 30));
    let again = bench.host.payment_url(&unpaid).await;
    assert!(again.is_err(), "{again:?}");
}

each_database!(a_dead_link_of_a_gateway_without_cancellation_makes_room);
async fn a_dead_link_of_a_gateway_without_cancellation_makes_room(database: Database) {
    let bench = Bench::new(database).await;
    let mut unpaid = invoice("inv", "200.00");
    let first = bench.url(&unpaid).await;
    bench.gateway.state().unsupported = true;
    bench.clock.advance(Duration::from_hours(24 * 30));
    bench
        .gateway
        .state()
        .links
        .get_mut(first.reference.as_str())
        .unwrap()
        .status = CheckoutStatus::Expired;
    unpaid.partial_payments = Some(PartialPayments::default());
    let again = bench.host.payment_url(&unpaid).await;
    assert!(again.is_ok(), "{again:?}");
}

/// A second payment like the first is told while the gateway is away, and then behind.
async fn outage(downs: usize, order: bool) -> String {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let first = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &first)]).await;
    bench.settle().await;
    let second = bench.gateway.pay(reference, "200.12");
    let mut told = second.clone();
    if order {
        told.order_id = first.order_id.clone();
    } else {
        told.order_id = None;
    }
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments
        .pop();
    for _ in 0..downs {
        bench.gateway.fail_next(Fault::Down);
    }
    bench.receive(&[paid_event(reference, &told)]).await;
    for _ in 0..=downs {
        bench.host.apply_due_deliveries().await.unwrap();
        bench.clock.advance(Duration::from_mins(6));
    }
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments
        .push(second);
    bench.settle().await;
    bench.totals("inv").await
}

each_database!(an_outage_is_not_patience);
async fn an_outage_is_not_patience(database: Database) {
    assert_eq!(outage(8, false).await, "400.24 200.12 200.12 succeeded");
}
each_database!(an_outage_is_not_patience_even_about_one_order);
async fn an_outage_is_not_patience_even_about_one_order(database: Database) {
    assert_eq!(outage(2, true).await, "400.24 200.12 200.12 succeeded");
}

each_database!(a_copy_past_its_time_does_not_replace_what_a_parked_delivery_told);
async fn a_copy_past_its_time_does_not_replace_what_a_parked_delivery_told(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let first = bench.gateway.pay(reference, "100.00");
    bench.receive(&[paid_event(reference, &first)]).await;
    bench.settle().await;
    let second = bench.gateway.pay(reference, "150.00");
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments
        .pop();
    let events = [paid_event(reference, &second)];
    bench.receive(&events).await;
    bench.settle().await;
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
    bench.settle().await;
    let after = states(bench.deliveries().await);
    assert_eq!(after[1], DeliveryState::Parked);
}

each_database!(money_on_a_conflicting_link_is_booked);
async fn money_on_a_conflicting_link_is_booked(database: Database) {
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
    bench.settle().await;
    assert_eq!(
        bench.totals("inv").await,
        "9999.00 200.12 9798.88 succeeded"
    );
}

each_database!(a_payment_of_nothing_holds_up_nothing);
async fn a_payment_of_nothing_holds_up_nothing(database: Database) {
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
    bench.settle().await;
    let deliveries = bench.deliveries().await;
    assert_eq!(
        deliveries[0].state,
        DeliveryState::Applied,
        "{:?}",
        deliveries[0].error
    );
}

each_database!(a_list_behind_is_waited_for);
async fn a_list_behind_is_waited_for(database: Database) {
    assert_eq!(outage(0, false).await, "400.24 200.12 200.12 succeeded");
    assert_eq!(outage(0, true).await, "400.24 200.12 200.12 succeeded");
}
