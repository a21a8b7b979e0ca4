//! The gateway's list of payments lags behind its reports, or differs from them: each payment is posted
//! once.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::{Fault, about, changed, paid_event};

each_database! {
    a_statement_ahead_of_the_list_waits_for_the_list,
    a_payment_ahead_of_the_list_waits_for_the_list,
    two_payments_taken_for_one_are_separated_once_both_are_listed,
    a_paid_status_without_a_total_has_the_list_fetched,
    a_listed_payment_is_posted_though_the_event_names_one_that_is_never_listed,
    money_in_another_currency_does_not_block_for_ever,
    a_payment_that_the_list_shows_after_a_timeout_is_posted,
    a_listed_payment_is_not_hidden_by_a_posted_one_that_is_gone,
}

async fn a_statement_ahead_of_the_list_waits_for_the_list(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    bench.gateway.pay(reference, "200.12");
    let snapshot = EventKind::Snapshot(bench.gateway.snapshot(reference));
    // A read replica of the gateway is behind for a moment.
    bench.gateway.set_status(reference, CheckoutStatus::Open);
    let hidden = bench.gateway.list(reference, Vec::new());
    bench
        .receive(&[Event::new("LINK", about(reference), snapshot)])
        .await;
    bench.host.apply_due_deliveries().await.unwrap();
    bench.gateway.set_status(reference, CheckoutStatus::Paid);
    bench.gateway.list(reference, hidden);
    bench.apply_all().await;
    let totals = bench.totals("inv").await;
    assert_eq!(totals, "200.12 200.12 0.00 succeeded");
}

async fn a_payment_ahead_of_the_list_waits_for_the_list(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let first = bench.gateway.pay(reference, "200.12");
    bench.report(paid_event(reference, &first)).await;
    let second = bench.gateway.pay_unlisted(reference, "200.12");
    bench.receive(&[paid_event(reference, &second)]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    bench.gateway.add_to_list(reference, second);
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "400.24 200.12 200.12 succeeded");
}

async fn two_payments_taken_for_one_are_separated_once_both_are_listed(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let first = bench.gateway.pay(reference, "200.12");
    bench.report(paid_event(reference, &first)).await;
    let mut second = bench.gateway.pay(reference, "200.12");
    second.order_id = first.order_id.clone();
    bench.gateway.list(reference, vec![second.clone()]);
    bench.report(paid_event(reference, &second)).await;
    bench.gateway.list(reference, vec![first, second]);
    bench
        .report(Event::new("L", about(reference), EventKind::FetchNeeded))
        .await;
    assert_eq!(bench.totals("inv").await, "400.24 200.12 200.12 succeeded");
}

async fn a_paid_status_without_a_total_has_the_list_fetched(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let zero = Money::zero(Currency::INR);
    let snapshot = CheckoutSnapshot::new(CheckoutStatus::Paid, unpaid.amount, zero);
    bench.gateway.pay(reference, "200.12");
    bench
        .report(Event::new(
            "L",
            about(reference),
            EventKind::Snapshot(snapshot),
        ))
        .await;
    assert_eq!(bench.nothing_due(&unpaid).await, NothingDue::Paid);
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn a_listed_payment_is_posted_though_the_event_names_one_that_is_never_listed(
    database: Database,
) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let listed = bench.gateway.pay(reference, "200.12");
    let mut reported = listed.clone();
    reported.id = PaymentId::new("other").unwrap();
    reported.amount = Money::from_decimal("204.00", Currency::INR).unwrap(); // with a surcharge
    bench.report(paid_event(reference, &reported)).await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn money_in_another_currency_does_not_block_for_ever(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let mut payment = bench.gateway.pay(reference, "200.12");
    payment.amount = Money::from_decimal("200.12", Currency::USD).unwrap();
    bench.gateway.list(reference, vec![payment.clone()]);
    bench.report(changed(reference)).await;
    bench.clock.advance(Duration::from_hours(100));
    bench.url(&unpaid).await;
}

async fn a_payment_that_the_list_shows_after_a_timeout_is_posted(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let first = bench.gateway.pay(reference, "200.12");
    bench.report(paid_event(reference, &first)).await;
    let second = bench.gateway.pay_unlisted(reference, "200.12");
    let mut reported = second.clone();
    reported.order_id = None;
    bench.gateway.fail_next(Fault::Down); // first fetch fails
    bench.receive(&[paid_event(reference, &reported)]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    bench.clock.advance(Duration::from_secs(1));
    bench.host.apply_due_deliveries().await.unwrap(); // the first list ever seen
    bench.gateway.add_to_list(reference, second);
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "400.24 200.12 200.12 succeeded");
}

async fn a_listed_payment_is_not_hidden_by_a_posted_one_that_is_gone(database: Database) {
    let bench = Bench::new(database).await;
    let mut unpaid = invoice("inv", "200.00");
    unpaid.partial_payments = Some(PartialPayments::default());
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let gone = bench.gateway.pay(reference, "50.00");
    bench.report(paid_event(reference, &gone)).await;
    bench.gateway.list(reference, Vec::new());
    bench.gateway.pay(reference, "200.00");
    bench.report(changed(reference)).await;
    assert_eq!(bench.totals("inv").await, "250.00 200.00 50.00 succeeded");
}
