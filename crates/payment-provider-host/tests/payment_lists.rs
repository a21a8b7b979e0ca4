//! The gateway's list of payments lags behind its reports, or differs from them: each payment is posted
//! once.

mod gateway;

use std::time::Duration;

use gateway::bench::{Bench, invoice};
use gateway::{Fault, about, paid_event};
use payment_provider_core::*;
use payment_provider_host::prelude::*;

/// Returns an event that reports only that something changed.
fn changed(reference: &str) -> Event {
    Event::new("CHANGED", about(reference), EventKind::FetchNeeded)
}

#[tokio::test]
async fn a_statement_ahead_of_the_list_waits_for_the_list() {
    let bench = Bench::new().await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    bench.gateway.pay(reference, "200.12");
    let snapshot = EventKind::Snapshot(bench.gateway.snapshot(reference));
    // A read replica of the gateway is behind for a moment.
    let hidden = {
        let mut state = bench.gateway.state();
        let link = state.links.get_mut(reference).unwrap();
        link.status = CheckoutStatus::Open;
        std::mem::take(&mut link.payments)
    };
    bench
        .receive(&[Event::new("LINK", about(reference), snapshot)])
        .await;
    bench.host.apply_due_deliveries().await.unwrap();
    {
        let mut state = bench.gateway.state();
        let link = state.links.get_mut(reference).unwrap();
        link.status = CheckoutStatus::Paid;
        link.payments = hidden;
    }
    bench.apply_all().await;
    let totals = bench.totals("inv").await;
    assert_eq!(totals, "200.12 200.12 0.00 succeeded");
}

#[tokio::test]
async fn a_payment_ahead_of_the_list_waits_for_the_list() {
    let bench = Bench::new().await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let first = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &first)]).await;
    bench.apply_all().await;
    let second = bench.gateway.pay(reference, "200.12");
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments
        .pop();
    bench.receive(&[paid_event(reference, &second)]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments
        .push(second);
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "400.24 200.12 200.12 succeeded");
}

#[tokio::test]
async fn two_payments_taken_for_one_are_separated_once_both_are_listed() {
    let bench = Bench::new().await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let first = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &first)]).await;
    bench.apply_all().await;
    let mut second = bench.gateway.pay(reference, "200.12");
    second.order_id = first.order_id.clone();
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments = vec![second.clone()];
    bench.receive(&[paid_event(reference, &second)]).await;
    bench.apply_all().await;
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments = vec![first, second];
    bench
        .receive(&[Event::new("L", about(reference), EventKind::FetchNeeded)])
        .await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "400.24 200.12 200.12 succeeded");
}

#[tokio::test]
async fn a_paid_status_without_a_total_has_the_list_fetched() {
    let bench = Bench::new().await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let zero = Money::zero(Currency::INR);
    let snapshot = CheckoutSnapshot::new(CheckoutStatus::Paid, unpaid.amount, zero);
    bench.gateway.pay(reference, "200.12");
    bench
        .receive(&[Event::new(
            "L",
            about(reference),
            EventKind::Snapshot(snapshot),
        )])
        .await;
    bench.apply_all().await;
    assert_eq!(bench.nothing_due(&unpaid).await, NothingDue::Paid);
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

#[tokio::test]
async fn a_listed_payment_is_posted_though_the_event_names_one_that_is_never_listed() {
    let bench = Bench::new().await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let listed = bench.gateway.pay(reference, "200.12");
    let mut reported = listed.clone();
    reported.id = PaymentId::new("other").unwrap();
    reported.amount = Money::from_decimal("204.00", Currency::INR).unwrap(); // with a surcharge
    bench.receive(&[paid_event(reference, &reported)]).await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

#[tokio::test]
async fn money_in_another_currency_does_not_block_for_ever() {
    let bench = Bench::new().await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let mut payment = bench.gateway.pay(reference, "200.12");
    payment.amount = Money::from_decimal("200.12", Currency::USD).unwrap();
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments = vec![payment.clone()];
    bench.receive(&[changed(reference)]).await;
    bench.apply_all().await;
    bench.clock.advance(Duration::from_hours(100));
    bench.url(&unpaid).await;
}

#[tokio::test]
async fn a_payment_that_the_list_shows_after_a_timeout_is_posted() {
    let bench = Bench::new().await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let first = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &first)]).await;
    bench.apply_all().await;
    let second = bench.gateway.pay(reference, "200.12");
    let mut reported = second.clone();
    reported.order_id = None;
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments
        .pop(); // list lags
    bench.gateway.fail_next(Fault::Down); // first fetch fails
    bench.receive(&[paid_event(reference, &reported)]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    bench.clock.advance(Duration::from_secs(1));
    bench.host.apply_due_deliveries().await.unwrap(); // the first list ever seen
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments
        .push(second);
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "400.24 200.12 200.12 succeeded");
}

#[tokio::test]
async fn a_listed_payment_is_not_hidden_by_a_posted_one_that_is_gone() {
    let bench = Bench::new().await;
    let mut unpaid = invoice("inv", "200.00");
    unpaid.partial_payments = Some(PartialPayments::default());
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let gone = bench.gateway.pay(reference, "50.00");
    bench.receive(&[paid_event(reference, &gone)]).await;
    bench.apply_all().await;
    {
        let mut state = bench.gateway.state();
        state.links.get_mut(reference).unwrap().payments.clear();
    }
    bench.gateway.pay(reference, "200.00");
    bench.receive(&[changed(reference)]).await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "250.00 200.00 50.00 succeeded");
}
