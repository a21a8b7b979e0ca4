//! Workers apply the deliveries of the inbox, each together with the rows that the handler writes.

use std::sync::{Arc, Mutex};

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::ledger::Cause;
use payment_provider_host::prelude::*;
use test_support::{FrozenTime, in_time, until};

use crate::fixture::database::{Database, each_database, in_tx, numbers};
use crate::fixture::{Bench, invoice};
use crate::gateway::{about, link_events, paid_event};

each_database! {
    the_hosts_own_rows_and_the_posting_are_one_transaction,
    a_running_worker_applies_deliveries_and_stops_when_cancelled,
    an_arriving_delivery_wakes_the_worker_at_once,
    several_workers_apply_each_delivery_once,
}

/// Refuses the first change, and writes a row of the host's own with each.
#[derive(Debug, Clone, Default)]
struct Reluctant(Arc<Mutex<usize>>);

#[async_trait::async_trait]
impl PaymentHandler for Reluctant {
    async fn on_change(
        &self,
        tx: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        if !matches!(change.cause, Cause::Posted { .. }) {
            return Ok(());
        }
        in_tx!(tx, connection => {
            sqlx::query("CREATE TABLE IF NOT EXISTS own (payable TEXT, applied BIGINT)")
                .execute(&mut *connection)
                .await?;
            sqlx::query("INSERT INTO own VALUES ($1, $2)")
                .bind(change.payable.as_str())
                .bind(change.applied.minor_units())
                .execute(connection)
                .await?;
        });
        let mut calls = self.0.lock().unwrap();
        *calls += 1;
        if *calls == 1 {
            Err("not yet".into())
        } else {
            Ok(())
        }
    }
}

async fn the_hosts_own_rows_and_the_posting_are_one_transaction(database: Database) {
    let handler = Reluctant::default();
    let bench = Bench::with_handler(database, handler.clone()).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    bench
        .receive(&[paid_event(url.reference.as_str(), &payment)])
        .await;
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    let rows = numbers(&bench.host, "SELECT applied FROM own").await;
    assert_eq!(rows, [20_012]);
    assert_eq!(*handler.0.lock().unwrap(), 2);
}

async fn a_running_worker_applies_deliveries_and_stops_when_cancelled(database: Database) {
    let bench = Bench::new(database).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let worker = tokio::spawn({
        let (host, stop) = (bench.host.clone(), stop.clone());
        async move { host.run_inbox(stop).await }
    });
    for number in 0..40 {
        let url = bench.url(&invoice(&format!("inv-{number}"), "10.00")).await;
        let reference = url.reference.as_str();
        bench.gateway.pay(reference, "10.00");
        bench
            .receive(&[Event::new("LINK", about(reference), EventKind::FetchNeeded)])
            .await;
    }
    all_applied(&bench).await;
    stop.cancel();
    in_time("the worker stops", worker).await.unwrap();
}

/// Waits until every delivery is applied.
async fn all_applied(bench: &Bench) {
    until(async || {
        let states = bench.states().await;
        let applied = |state: &DeliveryState| *state == DeliveryState::Applied;
        if states.iter().all(applied) {
            Ok(())
        } else {
            Err(format!("not all deliveries are applied: {states:?}"))
        }
    })
    .await;
}

/// The worker also checks for deliveries once a second. No second passes here.
async fn an_arriving_delivery_wakes_the_worker_at_once(database: Database) {
    let bench = Bench::new(database).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let url = bench.url(&invoice("inv", "10.00")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "10.00");
    let _frozen = FrozenTime::start();
    let worker = tokio::spawn({
        let (host, stop) = (bench.host.clone(), stop.clone());
        async move { host.run_inbox(stop).await }
    });
    for copy in 0..3 {
        let mut event = paid_event(url.reference.as_str(), &payment);
        event.gateway_type = format!("PAYMENT {copy}");
        bench.receive(&[event]).await;
        all_applied(&bench).await;
    }
    assert_eq!(bench.totals("inv").await, "10.00 10.00 0.00 succeeded");
    stop.cancel();
    worker.await.unwrap();
}

async fn several_workers_apply_each_delivery_once(database: Database) {
    let bench = Bench::new(database).await;
    let mut references = Vec::new();
    for number in 0..30 {
        let url = bench.url(&invoice(&format!("inv-{number}"), "10.00")).await;
        references.push(url.reference.to_string());
    }
    for reference in &references {
        let payment = bench.gateway.pay(reference, "10.00");
        bench
            .receive(&link_events(&bench.gateway, reference, &payment))
            .await;
        bench.receive(&[paid_event(reference, &payment)]).await;
    }
    let workers =
        (0..4).map(|_| async { while bench.host.apply_due_deliveries().await.unwrap() > 0 {} });
    futures_util::future::join_all(workers).await;
    bench.apply_all().await;
    for number in 0..30 {
        assert_eq!(
            bench.totals(&format!("inv-{number}")).await,
            "10.00 10.00 0.00 succeeded"
        );
    }
}
