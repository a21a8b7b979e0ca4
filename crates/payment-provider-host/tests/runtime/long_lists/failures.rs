//! A failure between two portions of a list: the rest is recorded later.

use std::sync::atomic::Ordering;

use payment_provider_core::*;
use payment_provider_host::accounting::AuditEvent;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::prelude::*;
use payment_provider_host::workflows::WriteOff;

use super::{PORTION, paid_often, recorded_together, refund_of, watched};
use crate::fixture::database::{Database, each_database};
use crate::fixture::{invoice, organization, rupees};
use crate::gateway::{about, changed, paid_event};

each_database! {
    a_failure_in_the_middle_of_a_long_list_loses_nothing_and_posts_nothing_twice,
    a_claim_posted_with_the_first_portion_finishes_the_list_after_a_failure,
    a_claimed_refund_recorded_with_the_first_portion_finishes_the_list_after_a_failure,
    a_payment_beyond_its_total_finishes_the_list_after_a_failure,
    a_list_that_was_posted_in_part_is_fetched_before_a_url_is_given,
    a_write_off_lasts_while_a_long_list_is_posted,
}

async fn a_failure_in_the_middle_of_a_long_list_loses_nothing_and_posts_nothing_twice(
    database: Database,
) {
    let (bench, _) = watched(database, Some(150)).await;
    let reference = paid_often(&bench, "inv", 250).await;
    bench.receive(&[changed(reference.as_str())]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(bench.states().await, [DeliveryState::Pending]);
    assert_eq!(
        recorded_together(&bench).await,
        [PORTION],
        "the first portion is durable"
    );
    // Another report posts one of the others meanwhile.
    let other = bench.gateway.state().links[reference.as_str()].payments[199].clone();
    bench
        .receive(&[paid_event(reference.as_str(), &other)])
        .await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "250.00 250.00 0.00 processing");
    assert_eq!(bench.view("inv").await.payments.len(), 250);
    assert_eq!(bench.states().await, [DeliveryState::Applied; 2]);
}

/// Receives an event about a list of 250 payments. The handler refuses the 150th of them at the first
/// attempt, so that one portion is durable; afterwards the delivery is applied again.
async fn finishes_after_a_failure(database: Database, event: impl Fn(&[Payment]) -> EventKind) {
    let (bench, _) = watched(database, Some(150)).await;
    let reference = paid_often(&bench, "inv", 250).await;
    let payments = bench.gateway.state().links[reference.as_str()]
        .payments
        .clone();
    let target = about(reference.as_str()).with_order_id(payments[0].order_id.clone());
    let event = Event::new("EVENT", target, event(&payments));
    bench.receive(&[event]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(recorded_together(&bench).await, [PORTION]);
    assert_eq!(bench.states().await, [DeliveryState::Pending]);
    bench.apply_all().await;
    assert_eq!(bench.view("inv").await.payments.len(), 250);
    assert_eq!(bench.totals("inv").await, "250.00 250.00 0.00 processing");
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
}

async fn a_claim_posted_with_the_first_portion_finishes_the_list_after_a_failure(
    database: Database,
) {
    finishes_after_a_failure(database, |payments| {
        let claim = PaymentClaim::of_payment(payments[0].id.clone())
            .with_order_id(payments[0].order_id.clone())
            .with_amount(Some(payments[0].amount));
        EventKind::PaymentClaimed(claim)
    })
    .await;
}

async fn a_claimed_refund_recorded_with_the_first_portion_finishes_the_list_after_a_failure(
    database: Database,
) {
    let (bench, watch) = watched(database, None).await;
    let reference = paid_often(&bench, "inv", 99).await;
    let payments = bench.gateway.state().links[reference.as_str()]
        .payments
        .clone();
    let refunds: Vec<Refund> = payments.iter().map(refund_of).collect();
    bench.gateway.state().refunds = Some(refunds.clone());
    // The first portion has all payments and the claimed refund.
    watch.refused_refund.store(50, Ordering::SeqCst);
    let claim = RefundClaim::of_refund(refunds[0].id.clone());
    let target = about(reference.as_str()).with_order_id(payments[0].order_id.clone());
    let event = Event::new("REFUND", target, EventKind::RefundClaimed(claim));
    bench.receive(&[event]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(bench.view("inv").await.refunds.len(), 1);
    assert_eq!(bench.states().await, [DeliveryState::Pending]);
    // A call that fetches payments leaves none of the refunds out.
    let owed = invoice("inv", "10000.00").with_partial_payments(PartialPayments::any());
    bench.url(&owed).await;
    bench.apply_all().await;
    let view = bench.view("inv").await;
    assert_eq!((view.refunds.len(), view.refunded), (99, view.received));
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
}

async fn a_payment_beyond_its_total_finishes_the_list_after_a_failure(database: Database) {
    finishes_after_a_failure(database, |payments| {
        let mut payment = payments[0].clone();
        payment.amount = rupees("10001.00");
        EventKind::Payment(payment)
    })
    .await;
}

async fn a_list_that_was_posted_in_part_is_fetched_before_a_url_is_given(database: Database) {
    let (bench, _) = watched(database, Some(150)).await;
    let owed = invoice("inv", "250.00").with_partial_payments(PartialPayments::any());
    let url = bench.url(&owed).await;
    for _ in 0..250 {
        bench.gateway.pay(url.reference.as_str(), "1.00");
    }
    bench.receive(&[changed(url.reference.as_str())]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(recorded_together(&bench).await, [PORTION]);
    assert_eq!(bench.nothing_due(&owed).await, NothingDue::Paid);
    assert_eq!(bench.gateway.references().len(), 1, "no other link");
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "250.00 250.00 0.00 succeeded");
}

/// The gateway reports 300.00, of which the payments make 250.00 and the rest is written off.
async fn a_write_off_lasts_while_a_long_list_is_posted(database: Database) {
    let (bench, _) = watched(database, Some(150)).await;
    let reference = paid_often(&bench, "inv", 0).await;
    bench
        .gateway
        .state()
        .unlisted
        .insert(reference.to_string(), 5_000);
    let (id, off) = (
        PayableId::new("inv").unwrap(),
        WriteOff::new(reference.clone(), "asha", "reversed by the bank"),
    );
    let total = EventKind::Snapshot(CheckoutSnapshot::new(
        CheckoutStatus::PartiallyPaid,
        rupees("10000.00"),
        rupees("50.00"),
    ));
    bench
        .receive(&[Event::new("LINK", about(reference.as_str()), total)])
        .await;
    bench.host.apply_due_deliveries().await.unwrap();
    let written = bench.host.write_off(&organization(), &id, &off).await;
    assert_eq!(written.unwrap().written_off.decimal().to_string(), "50.00");
    for _ in 0..250 {
        bench.gateway.pay(reference.as_str(), "1.00");
    }
    bench.receive(&[changed(reference.as_str())]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(recorded_together(&bench).await, [PORTION]);
    // Another payment is posted before the rest of the list.
    let other = bench.gateway.state().links[reference.as_str()].payments[199].clone();
    bench
        .receive(&[paid_event(reference.as_str(), &other)])
        .await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "250.00 250.00 0.00 processing");
    assert_eq!(
        bench.lines(AuditEvent::WrittenOff).await.len(),
        1,
        "it is not reduced"
    );
}
