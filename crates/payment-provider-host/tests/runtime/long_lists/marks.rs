//! The mark of a checkout of whose list only a part is recorded.

use std::time::Duration;

use payment_provider_host::accounting::AuditEvent;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::prelude::*;
use payment_provider_host::workflows::WriteOff;
use payment_provider_host::{Error, ErrorKind};

use super::{PORTION, paid_often, recorded_together, refund_of, watched};
use crate::fixture::database::{Database, each_database, numbers};
use crate::fixture::{Bench, connection, organization, rupees};
use crate::gateway::{about, changed, paid_event};
use payment_provider_core::*;
use payment_provider_host::error::Refusal;

each_database! {
    a_list_is_begun_at_its_first_portion,
    a_list_without_the_answer_about_refunds_is_incomplete,
    a_list_is_complete_at_a_gateway_without_a_query_of_refunds,
    an_incomplete_list_keeps_its_connection,
    a_write_off_is_reduced_at_the_end_of_a_list_whose_last_portion_is_posted_already,
}

/// The number of checkouts with the mark.
async fn marked(bench: &Bench) -> Vec<i64> {
    let query = "SELECT count(*) FROM checkouts WHERE list_incomplete";
    numbers(&bench.host, query).await
}

/// A checkout of whose list the first portion is recorded.
async fn begun(database: Database) -> (Bench, CheckoutReference) {
    let (bench, _) = watched(database, Some(150)).await;
    let reference = paid_often(&bench, "inv", 250).await;
    bench.receive(&[changed(reference.as_str())]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(recorded_together(&bench).await, [PORTION]);
    (bench, reference)
}

async fn a_list_is_begun_at_its_first_portion(database: Database) {
    let (bench, _) = watched(database, Some(250)).await;
    let reference = paid_often(&bench, "inv", 350).await;
    bench.receive(&[changed(reference.as_str())]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(recorded_together(&bench).await, [PORTION, PORTION]);
    assert_eq!(marked(&bench).await, [1]);
    let later = "SELECT list_begun_at - (SELECT min(seen_at) FROM payments) FROM checkouts";
    assert_eq!(numbers(&bench.host, later).await, [0]);
    bench.apply_all().await;
    assert_eq!(marked(&bench).await, [0]);
}

async fn a_list_without_the_answer_about_refunds_is_incomplete(database: Database) {
    let (bench, _) = watched(database, None).await;
    let reference = paid_often(&bench, "inv", 150).await;
    let payments = bench.gateway.state().links[reference.as_str()]
        .payments
        .clone();
    {
        let mut state = bench.gateway.state();
        state.refunds = Some(vec![refund_of(&payments[0])]);
        state.refunds_are_down = true;
    }
    bench.receive(&[changed(reference.as_str())]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(bench.states().await, [DeliveryState::Pending]);
    assert_eq!(bench.view("inv").await.payments.len(), 150);
    assert_eq!(marked(&bench).await, [1]);
    bench.gateway.state().refunds_are_down = false;
    bench.apply_all().await;
    assert_eq!(marked(&bench).await, [0]);
    assert_eq!(bench.view("inv").await.refunds.len(), 1);
}

async fn a_list_is_complete_at_a_gateway_without_a_query_of_refunds(database: Database) {
    let (bench, _) = begun(database).await;
    assert_eq!(marked(&bench).await, [1]);
    bench.apply_all().await;
    assert_eq!(marked(&bench).await, [0]);
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
}

async fn an_incomplete_list_keeps_its_connection(database: Database) {
    let (bench, _) = begun(database).await;
    // The gateway reported no more than is posted.
    let paid = numbers(&bench.host, "SELECT gateway_paid FROM checkouts").await;
    assert_eq!(paid, [0]);
    bench.clock.advance(Duration::from_hours(1_000 * 24));
    let deleted = bench.host.delete_connection(&connection("main")).await;
    match deleted.map_err(Error::into_kind) {
        Err(ErrorKind::Refused(Refusal::ConnectionInUse(used))) => {
            assert_eq!(used.unreconciled_checkouts, 1);
        }
        other => panic!("{other:?}"),
    }
}

/// The gateway reports 250.00 before it lists any payment. The last 50 payments are posted by events, and
/// the rest is written off until the list has it.
async fn a_write_off_is_reduced_at_the_end_of_a_list_whose_last_portion_is_posted_already(
    database: Database,
) {
    let (bench, _) = watched(database, None).await;
    let reference = paid_often(&bench, "inv", 0).await;
    bench
        .gateway
        .state()
        .unlisted
        .insert(reference.to_string(), 25_000);
    let total = EventKind::Snapshot(CheckoutSnapshot::new(
        CheckoutStatus::PartiallyPaid,
        rupees("10000.00"),
        rupees("250.00"),
    ));
    bench
        .receive(&[Event::new("LINK", about(reference.as_str()), total)])
        .await;
    bench.host.apply_due_deliveries().await.unwrap();
    let (id, off) = (
        PayableId::new("inv").unwrap(),
        WriteOff::new(
            reference.clone(),
            "asha",
            "not in the statement of the bank",
        ),
    );
    bench
        .host
        .write_off(&organization(), &id, &off)
        .await
        .unwrap();
    bench.gateway.state().unlisted.clear();
    for _ in 0..250 {
        bench.gateway.pay(reference.as_str(), "1.00");
    }
    let payments = bench.gateway.state().links[reference.as_str()]
        .payments
        .clone();
    let last: Vec<Event> = payments[200..]
        .iter()
        .map(|payment| paid_event(reference.as_str(), payment))
        .collect();
    bench.receive(&last).await;
    bench.apply_all().await;
    bench.receive(&[changed(reference.as_str())]).await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "250.00 250.00 0.00 processing");
    let written_off = numbers(&bench.host, "SELECT written_off FROM checkouts").await;
    assert_eq!(written_off, [0]);
    assert!(bench.lines(AuditEvent::WrittenOff).await.len() > 1);
}
