//! Deliveries that are refused are counted for the operator, without a write for each.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::page::PageRequest;
use payment_provider_host::prelude::*;
use test_support::{FrozenTime, in_time, until};
use tokio_util::sync::CancellationToken;

use crate::fixture::database::{Database, each_database, execute, numbers};
use crate::fixture::{Bench, connection, connection_of, organization, provider};
use crate::gateway::{changed, delivery};

each_database! {
    refused_deliveries_are_counted_for_each_connection_and_reason,
    counts_are_written_at_most_every_ten_seconds,
    counts_of_a_process_without_a_worker_are_written_by_a_later_request,
    a_worker_writes_counts_while_it_runs_and_at_its_end,
    counts_of_several_processes_add_up,
    counts_that_cannot_be_written_are_kept,
    an_unknown_connection_has_no_count,
    a_deleted_connection_keeps_no_counts,
}

fn unsigned() -> WebhookRequest {
    let mut request = delivery("", &[]);
    request.headers.clear();
    request
}

async fn refuse(host: &Host, code: &str, request: WebhookRequest) {
    let (provider, connection) = (provider(), connection(code));
    let refused = host.receive_webhook(&provider, &connection, &request);
    refused.await.unwrap_err();
}

/// Returns `reason count` for each reason of a connection, in the order in which they are shown.
async fn counts(host: &Host, code: &str) -> Vec<String> {
    let connection = host.connection(&connection(code)).await.unwrap();
    let counts = connection.refused_deliveries.iter();
    counts
        .map(|refused| format!("{} {}", refused.reason.as_str(), refused.count))
        .collect()
}

async fn refused_deliveries_are_counted_for_each_connection_and_reason(database: Database) {
    let bench = Bench::new(database).await;
    bench.add_connection("other", "k2").await;
    for _ in 0..2 {
        refuse(&bench.host, "main", unsigned()).await;
    }
    bench.clock.advance(Duration::from_millis(5));
    for _ in 0..3 {
        refuse(&bench.host, "main", delivery("wrong", &[])).await;
    }
    let last = bench.clock.now();
    refuse(&bench.host, "other", delivery("k1", &[])).await;
    bench.clock.advance(Duration::from_millis(5));
    let mut stale = delivery("k1", &[changed("unknown")]);
    stale.headers.insert("x-stale", "1".parse().unwrap());
    bench.receive_request(stale).await.unwrap();
    // Only in memory so far.
    assert_eq!(counts(&bench.host, "main").await, [""; 0]);

    bench.host.apply_due_deliveries().await.unwrap();
    let expected = ["stale 1", "signature_mismatch 3", "unsigned 2"];
    assert_eq!(counts(&bench.host, "main").await, expected);
    let all = bench
        .host
        .connections(None, &PageRequest::default())
        .await
        .unwrap();
    let main = all.items.iter().find(|found| found.code.as_str() == "main");
    assert_eq!(main.unwrap().refused_deliveries[1].last_at, last);
    let other = counts(&bench.host, "other").await;
    assert_eq!(other, ["signature_mismatch 1"]);
}

async fn counts_are_written_at_most_every_ten_seconds(database: Database) {
    let bench = Bench::new(database).await;
    let refused_and_due = async || {
        refuse(&bench.host, "main", unsigned()).await;
        bench.host.apply_due_deliveries().await.unwrap();
        counts(&bench.host, "main").await
    };
    assert_eq!(refused_and_due().await, ["unsigned 1"]);
    assert_eq!(refused_and_due().await, ["unsigned 1"]);
    bench.clock.advance(Duration::from_millis(9_999));
    assert_eq!(refused_and_due().await, ["unsigned 1"]);
    bench.clock.advance(Duration::from_millis(1));
    assert_eq!(refused_and_due().await, ["unsigned 4"]);
}

async fn counts_of_a_process_without_a_worker_are_written_by_a_later_request(database: Database) {
    let bench = Bench::new(database).await;
    refuse(&bench.host, "main", unsigned()).await;
    bench.clock.advance(Duration::from_millis(19_999));
    refuse(&bench.host, "main", unsigned()).await;
    assert!(counts(&bench.host, "main").await.is_empty());
    bench.clock.advance(Duration::from_millis(1));
    refuse(&bench.host, "main", unsigned()).await;
    assert_eq!(counts(&bench.host, "main").await, ["unsigned 3"]);
}

async fn a_worker_writes_counts_while_it_runs_and_at_its_end(database: Database) {
    let bench = Bench::new(database).await;
    let stop = CancellationToken::new();
    let frozen = FrozenTime::start();
    let worker = tokio::spawn({
        let (host, stop) = (bench.host.clone(), stop.clone());
        async move { host.run_inbox(stop).await }
    });
    refuse(&bench.host, "main", unsigned()).await;
    until(async || {
        frozen.advance(Duration::from_secs(1)).await;
        let counts = counts(&bench.host, "main").await;
        (counts == ["unsigned 1"]).then_some(()).ok_or("no count")
    })
    .await;
    // The clock stands still: this one is not due.
    refuse(&bench.host, "main", unsigned()).await;
    frozen.advance(Duration::from_mins(1)).await;
    assert_eq!(counts(&bench.host, "main").await, ["unsigned 1"]);
    stop.cancel();
    drop(frozen);
    in_time("the worker ends", worker).await.unwrap();
    assert_eq!(counts(&bench.host, "main").await, ["unsigned 2"]);
}

async fn counts_of_several_processes_add_up(database: Database) {
    let bench = Bench::new(database).await;
    let other = bench.another_process().await;
    refuse(&bench.host, "main", unsigned()).await;
    let later = bench.clock.now() + Duration::from_secs(1);
    bench.clock.advance(Duration::from_secs(1));
    for _ in 0..4 {
        refuse(&other, "main", unsigned()).await;
    }
    // The process with the later arrival writes first.
    for host in [&other, &bench.host] {
        host.apply_due_deliveries().await.unwrap();
    }
    assert_eq!(counts(&bench.host, "main").await, ["unsigned 5"]);
    let connection = other.connection(&connection("main")).await.unwrap();
    assert_eq!(connection.refused_deliveries[0].last_at, later);
}

async fn counts_that_cannot_be_written_are_kept(database: Database) {
    let bench = Bench::new(database).await;
    refuse(&bench.host, "main", unsigned()).await;
    refuse(&bench.host, "main", delivery("wrong", &[])).await;
    execute(
        &bench.host,
        "ALTER TABLE refused_deliveries RENAME TO hidden",
    )
    .await;
    bench.host.apply_due_deliveries().await.unwrap();
    execute(
        &bench.host,
        "ALTER TABLE hidden RENAME TO refused_deliveries",
    )
    .await;
    refuse(&bench.host, "main", unsigned()).await;
    bench.clock.advance(Duration::from_secs(10));
    bench.host.apply_due_deliveries().await.unwrap();
    let expected = ["signature_mismatch 1", "unsigned 2"];
    assert_eq!(counts(&bench.host, "main").await, expected);
}

async fn an_unknown_connection_has_no_count(database: Database) {
    let bench = Bench::new(database).await;
    for code in ["other", "another"] {
        refuse(&bench.host, code, unsigned()).await;
    }
    let elsewhere = connection_of(&OrganizationId::new("elsewhere").unwrap(), "main");
    let (provider, request) = (provider(), unsigned());
    let refused = bench.host.receive_webhook(&provider, &elsewhere, &request);
    refused.await.unwrap_err();
    bench.host.apply_due_deliveries().await.unwrap();
    let rows = numbers(&bench.host, "SELECT count(*) FROM refused_deliveries").await;
    assert_eq!(rows, [0]);
}

async fn a_deleted_connection_keeps_no_counts(database: Database) {
    let bench = Bench::new(database).await;
    bench.add_connection("other", "k2").await;
    refuse(&bench.host, "other", unsigned()).await;
    bench.host.apply_due_deliveries().await.unwrap();
    refuse(&bench.host, "other", unsigned()).await;
    let other = connection_of(&organization(), "other");
    bench.host.delete_connection(&other).await.unwrap();
    bench.clock.advance(Duration::from_secs(10));
    bench.host.apply_due_deliveries().await.unwrap();
    let rows = numbers(&bench.host, "SELECT count(*) FROM refused_deliveries").await;
    assert_eq!(rows, [0]);
}
