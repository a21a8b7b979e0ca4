//! A gateway lists many payments of one checkout: they are posted in portions, each in a transaction, so
//! that other writers come in between.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use payment_provider_core::*;
use payment_provider_host::accounting::{AuditEvent, CloseReason};
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::ledger::Cause;
use payment_provider_host::prelude::*;
use payment_provider_host::workflows::WriteOff;

use crate::fixture::database::{Database, each_database, numbers};
use crate::fixture::{Bench, invoice, organization, rupees};
use crate::gateway::{ManualClock, about, changed, claim_events, paid_event};

each_database! {
    a_long_list_is_posted_in_bounded_transactions,
    a_long_list_that_a_call_finds_is_posted_in_bounded_transactions,
    a_failure_in_the_middle_of_a_long_list_loses_nothing_and_posts_nothing_twice,
    a_long_list_of_refunds_is_recorded_in_bounded_transactions,
    a_claim_posted_with_the_first_portion_finishes_the_list_after_a_failure,
    a_claimed_refund_recorded_with_the_first_portion_finishes_the_list_after_a_failure,
    a_payment_beyond_its_total_finishes_the_list_after_a_failure,
    a_list_that_was_posted_in_part_is_fetched_before_a_url_is_given,
    a_write_off_lasts_while_a_long_list_is_posted,
    a_claim_of_a_payment_that_is_posted_elsewhere_is_found_in_a_long_list,
}

/// The number of payments and refunds that one transaction records.
const PORTION: i64 = 100;

/// Advances the clock at each change, so that each transaction writes a time of its own, and
/// refuses one of the changes.
#[derive(Debug, Clone, Default)]
struct Watch {
    clock: Arc<Mutex<Option<ManualClock>>>,
    posted: Arc<AtomicUsize>,
    refused: Option<usize>,
    /// The number of further refunds, of which the last is refused.
    refused_refund: Arc<AtomicUsize>,
}

#[async_trait]
impl PaymentHandler for Watch {
    async fn on_change(
        &self,
        _: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        if let Some(clock) = &*self.clock.lock().unwrap() {
            clock.advance(Duration::from_millis(1));
        }
        if let Cause::Posted { .. } = change.cause {
            let number = self.posted.fetch_add(1, Ordering::SeqCst) + 1;
            if self.refused == Some(number) {
                return Err("the tables of the application are locked".into());
            }
        }
        if let Cause::Refunded { .. } = change.cause
            && self.refused_refund.load(Ordering::SeqCst) > 0
            && self.refused_refund.fetch_sub(1, Ordering::SeqCst) == 1
        {
            return Err("the tables of the application are locked".into());
        }
        Ok(())
    }
}

async fn watched(database: Database, refused: Option<usize>) -> (Bench, Watch) {
    let watch = Watch {
        refused,
        ..Watch::default()
    };
    let bench = Bench::with_handler(database, watch.clone()).await;
    *watch.clock.lock().unwrap() = Some(bench.clock.clone());
    (bench, watch)
}

/// A checkout for an amount that is paid in so many instalments.
async fn paid_often(bench: &Bench, id: &str, times: usize) -> CheckoutReference {
    let owed = invoice(id, "10000.00").with_partial_payments(PartialPayments::any());
    let url = bench.url(&owed).await;
    for _ in 0..times {
        bench.gateway.pay(url.reference.as_str(), "1.00");
    }
    url.reference
}

fn refund_of(payment: &Payment) -> Refund {
    let id = RefundId::new(format!("r{}", payment.id)).unwrap();
    let mut refund = Refund::new(id, RefundStatus::Succeeded, payment.amount);
    refund.payment_id = Some(payment.id.clone());
    refund
}

/// The numbers of payments that were recorded together.
async fn recorded_together(bench: &Bench) -> Vec<i64> {
    let query = "SELECT count(*) FROM payments GROUP BY seen_at ORDER BY seen_at";
    numbers(&bench.host, query).await
}

async fn a_long_list_is_posted_in_bounded_transactions(database: Database) {
    let (bench, watch) = watched(database, None).await;
    let reference = paid_often(&bench, "inv", 250).await;
    bench.report(changed(reference.as_str())).await;
    assert_eq!(bench.totals("inv").await, "250.00 250.00 0.00 processing");
    assert_eq!(recorded_together(&bench).await, [PORTION, PORTION, 50]);
    assert_eq!(watch.posted.load(Ordering::SeqCst), 250);
    assert_eq!(bench.lines(AuditEvent::PaymentsFetched).await.len(), 1);
    assert_eq!(bench.lines(AuditEvent::DeliveryReceived).await.len(), 1);
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
}

async fn a_long_list_that_a_call_finds_is_posted_in_bounded_transactions(database: Database) {
    let (bench, _) = watched(database, None).await;
    paid_often(&bench, "inv", 250).await;
    let owed = invoice("inv", "10000.00");
    let closed = bench.host.close(&owed, CloseReason::Voided).await.unwrap();
    assert!(closed.unreconciled.is_empty() && closed.still_payable.is_empty());
    assert_eq!(recorded_together(&bench).await, [PORTION, PORTION, 50]);
    assert_eq!(
        bench.view("inv").await.received.decimal().to_string(),
        "250.00"
    );
    bench.assert_sound().await;
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

async fn a_long_list_of_refunds_is_recorded_in_bounded_transactions(database: Database) {
    let (bench, _) = watched(database, None).await;
    let reference = paid_often(&bench, "inv", 150).await;
    let payments = bench.gateway.state().links[reference.as_str()]
        .payments
        .clone();
    bench.gateway.state().refunds = Some(payments.iter().map(refund_of).collect());
    bench.report(changed(reference.as_str())).await;
    let query = "SELECT count(*) FROM refunds GROUP BY seen_at ORDER BY seen_at";
    assert_eq!(numbers(&bench.host, query).await, [50, PORTION]);
    let view = bench.view("inv").await;
    assert_eq!(view.received, view.refunded);
    assert_eq!(view.refunds.len(), 150);
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

/// Two links share an order, as at gateways that report one payment on both.
async fn a_claim_of_a_payment_that_is_posted_elsewhere_is_found_in_a_long_list(database: Database) {
    let (bench, _) = watched(database, None).await;
    let elsewhere = paid_often(&bench, "other", 1).await;
    let shared = bench.gateway.state().links[elsewhere.as_str()].payments[0].clone();
    bench.report(paid_event(elsewhere.as_str(), &shared)).await;
    let reference = paid_often(&bench, "inv", 150).await;
    let mut listed = bench.gateway.list(reference.as_str(), Vec::new());
    listed.insert(0, shared.clone());
    bench.gateway.list(reference.as_str(), listed);
    let claim = claim_events(&bench.gateway, reference.as_str(), &shared);
    bench.receive(&claim).await;
    bench.apply_all().await;
    assert_eq!(bench.states().await, [DeliveryState::Applied; 2]);
    assert_eq!(bench.totals("other").await, "1.00 1.00 0.00 processing");
    assert_eq!(
        bench.view("inv").await.received.decimal().to_string(),
        "150.00"
    );
}

/// Prints how long lists of 800 and of 3 000 payments take, and as many single reports. For a release
/// build: `cargo nextest run --release -p payment-provider-host --all-features --run-ignored only
/// --no-capture long_lists::timing`.
mod timing {
    use super::*;

    async fn measure(database: Database) {
        let mut took = Vec::new();
        for times in [800, 3_000] {
            let bench = Bench::new(database).await;
            let reference = paid_often(&bench, "inv", times).await;
            bench.receive(&[changed(reference.as_str())]).await;
            let begun = Instant::now();
            bench.host.apply_due_deliveries().await.unwrap();
            let list = begun.elapsed();
            assert_eq!(bench.states().await, [DeliveryState::Applied]);
            let begun = Instant::now();
            bench
                .url(&invoice("inv", "10000.00").with_partial_payments(PartialPayments::any()))
                .await;
            let url = begun.elapsed();

            let bench = Bench::new(database).await;
            let reference = paid_often(&bench, "inv", times).await;
            let payments = bench.gateway.state().links[reference.as_str()]
                .payments
                .clone();
            for payment in &payments {
                // Within the limit of deliveries.
                bench.clock.advance(Duration::from_secs(1));
                bench
                    .receive(&[paid_event(reference.as_str(), payment)])
                    .await;
            }
            let begun = Instant::now();
            while bench.host.apply_due_deliveries().await.unwrap() > 0 {}
            let events = begun.elapsed();
            let view = bench.view("inv").await;
            assert_eq!(view.payments.len(), times);
            println!(
                "{times} payments: listed {list:?}, reported one by one {events:?}, then a URL {url:?}"
            );
            took.push((list, events));
        }
        let percent = |one: Duration, two: Duration| two.as_micros() * 100 / one.as_micros();
        println!(
            "3 000 take {} % of the time of 800 as a list, {} % as single reports",
            percent(took[0].0, took[1].0),
            percent(took[0].1, took[1].1),
        );
    }

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    #[ignore = "a measurement"]
    async fn sqlite() {
        measure(Database::Sqlite).await;
    }

    #[cfg(feature = "postgres")]
    #[tokio::test]
    #[ignore = "a measurement"]
    async fn postgres() {
        measure(Database::Postgres).await;
    }
}
