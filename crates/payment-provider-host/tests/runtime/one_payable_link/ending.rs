//! Links that expire, are cancelled, or cannot be ended.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::accounting::{CheckoutState, CloseReason};
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::{Fault, about, paid_event};

each_database! {
    an_expired_link_is_asked_about_before_another_is_made,
    money_found_while_cancelling_is_posted_before_another_link_is_made,
    a_link_near_its_end_that_cannot_be_cancelled_is_still_handed_out,
    a_conflicting_link_under_our_reference_is_ended,
    a_payment_reported_during_a_cancellation_stays_paid,
    a_conflicting_link_that_cannot_be_cancelled_is_never_handed_out,
    closing_ends_what_is_over_by_our_clock_only,
    a_link_that_outlives_our_clock_and_cannot_be_ended_is_handed_out,
    the_rest_of_an_instalment_link_that_cannot_be_cancelled,
    an_old_link_at_an_unreachable_account_does_not_block_for_ever,
    no_second_link_is_made_while_a_reported_payment_is_not_listed,
}

async fn an_expired_link_is_asked_about_before_another_is_made(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    bench.gateway.pay(url.reference.as_str(), "200.12");
    bench.clock.advance(Duration::from_hours(25));
    assert_eq!(bench.nothing_due(&unpaid).await, NothingDue::Paid);
    assert_eq!(bench.gateway.state().creations, 1);
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn money_found_while_cancelling_is_posted_before_another_link_is_made(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    bench.gateway.pay(url.reference.as_str(), "200.12");
    bench.clock.advance(Duration::from_mins(24 * 60 - 5));
    bench.gateway.fail_next(Fault::Skip);
    bench.gateway.fail_next(Fault::Down);
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    assert_eq!(bench.nothing_due(&unpaid).await, NothingDue::Paid);
    assert_eq!(bench.gateway.state().creations, 1);
}

async fn a_link_near_its_end_that_cannot_be_cancelled_is_still_handed_out(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let first = bench.url(&unpaid).await;
    bench.gateway.state().will_not_cancel = true;
    bench.clock.advance(Duration::from_mins(24 * 60 - 5));
    assert_eq!(bench.url(&unpaid).await.url, first.url);
    assert_eq!(bench.gateway.state().creations, 1);
}

async fn a_conflicting_link_under_our_reference_is_ended(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.gateway.state().wrong_amount = true;
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    assert_eq!(bench.gateway.payable_links(), 0);
    bench.gateway.state().wrong_amount = false;
    bench.url(&unpaid).await;
    assert_eq!(bench.gateway.payable_links(), 1);
}

async fn a_payment_reported_during_a_cancellation_stays_paid(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    bench.gateway.state().hold = true;
    let pay = async {
        bench.gateway.call_held().await;
        // paid and reported while the cancellation is on its way; the cancellation wins at the gateway
        let payment = bench.gateway.pay(reference, "200.12");
        let snapshot = EventKind::Snapshot(bench.gateway.snapshot(reference));
        bench
            .receive(&[
                paid_event(reference, &payment),
                Event::new("L", about(reference), snapshot),
            ])
            .await;
        bench.apply_all().await;
        bench.gateway.state().hold = false;
    };
    let (closing, ()) = tokio::join!(bench.host.close(&unpaid, CloseReason::PaidElsewhere), pay);
    closing.unwrap();
    assert_eq!(
        bench.view("inv").await.checkouts[0].state,
        CheckoutState::Paid
    );
}

async fn a_conflicting_link_that_cannot_be_cancelled_is_never_handed_out(database: Database) {
    let bench = Bench::new(database).await;
    bench.gateway.state().wrong_amount = true;
    bench.gateway.state().will_not_cancel = true;
    let unpaid = invoice("inv", "200.12");
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    // the gateway's link really asks for something else
    for link in bench.gateway.state().links.values_mut() {
        link.amount = Money::from_decimal("9999.00", Currency::INR).unwrap();
    }
    for _ in 0..2 {
        let again = bench.host.payment_url(&unpaid).await;
        assert!(
            again.is_err(),
            "a link over 9999.00 is handed out for 200.12: {again:?}"
        );
    }
}

async fn closing_ends_what_is_over_by_our_clock_only(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.url(&unpaid).await;
    bench.clock.advance(Duration::from_hours(25));
    let closing = bench
        .host
        .close(&unpaid, CloseReason::Voided)
        .await
        .unwrap();
    assert!(
        bench.gateway.payable_links() == 0 || !closing.still_payable.is_empty(),
        "still payable, and not reported"
    );
}

async fn a_link_that_outlives_our_clock_and_cannot_be_ended_is_handed_out(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.url(&unpaid).await;
    bench.gateway.state().will_not_cancel = true;
    bench.clock.advance(Duration::from_hours(24 * 365));
    bench.url(&unpaid).await;
}

async fn the_rest_of_an_instalment_link_that_cannot_be_cancelled(database: Database) {
    let bench = Bench::new(database).await;
    let mut unpaid = invoice("inv", "200.00");
    unpaid.partial_payments = Some(PartialPayments::default());
    let url = bench.url(&unpaid).await;
    bench.gateway.state().will_not_cancel = true; // only ACTIVE links, says the spec
    let payment = bench.gateway.pay(url.reference.as_str(), "50.00");
    bench
        .report(paid_event(url.reference.as_str(), &payment))
        .await;
    bench.url(&unpaid).await;
}

async fn an_old_link_at_an_unreachable_account_does_not_block_for_ever(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    bench.url(&unpaid).await;
    bench.clock.advance(Duration::from_hours(24 * 365));
    for _ in 0..50 {
        bench.gateway.fail_next(Fault::Revoked);
    }
    bench.url(&unpaid).await;
}

async fn no_second_link_is_made_while_a_reported_payment_is_not_listed(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let snap = CheckoutSnapshot::new(CheckoutStatus::Paid, unpaid.amount, unpaid.amount);
    bench
        .receive(&[Event::new("L", about(reference), EventKind::Snapshot(snap))])
        .await;
    bench.host.apply_due_deliveries().await.unwrap(); // reads lag: Incomplete
    bench.clock.advance(Duration::from_mins(24 * 60 - 5));
    let again = bench.host.payment_url(&unpaid).await;
    assert_eq!(bench.gateway.state().creations, 1, "{again:?}");
}
