//! A long list is recorded in bounded transactions.

use std::sync::atomic::Ordering;

use payment_provider_host::accounting::{AuditEvent, CloseReason};
use payment_provider_host::inbox::DeliveryState;

use super::{PORTION, paid_often, recorded_together, refund_of, watched};
use crate::fixture::database::{Database, each_database, numbers};
use crate::fixture::invoice;
use crate::gateway::{changed, claim_events, paid_event};

each_database! {
    a_long_list_is_posted_in_bounded_transactions,
    a_long_list_that_a_call_finds_is_posted_in_bounded_transactions,
    a_long_list_of_refunds_is_recorded_in_bounded_transactions,
    a_claim_of_a_payment_that_is_posted_elsewhere_is_found_in_a_long_list,
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
