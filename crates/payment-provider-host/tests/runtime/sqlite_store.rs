//! The SQLite store under many writers.

use payment_provider_core::{Event, EventKind};
use payment_provider_host::accounting::PaymentProgress;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, execute, numbers};
use crate::fixture::{Bench, invoice, organization, runtime_with};
use crate::gateway::{about, paid_event};

impl Bench {
    /// The tool of an operator on the same file.
    async fn beside(&self) -> Host {
        let file = self.place.directory.path().join("host.db");
        let builder = Host::sqlite(file).open_beside();
        runtime_with(builder, &self.gateway, &self.clock, &self.place, ()).await
    }

    /// The next process, after the one before closed or died.
    async fn restarted(self) -> Self {
        let host = self.another_process().await;
        Self { host, ..self }
    }
}

fn keys() -> EncryptionKeys {
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    EncryptionKeys::new(EncryptionKey::from_text(&key.into()).unwrap())
}

/// Writers at once, and how many invoices each of them creates.
const WRITERS: usize = 16;
const INVOICES: usize = 40;

/// Deliveries, checkouts and the worker, all at once. A writer that starved would fail with a busy database.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_writers_lose_nothing_and_are_never_busy() {
    let bench = Bench::new(Database::Sqlite).await;
    let writers = (0..WRITERS).map(|writer| {
        let bench = &bench;
        async move {
            for number in 0..INVOICES {
                let id = format!("inv-{writer}-{number}");
                let url = bench.url(&invoice(&id, "10.00")).await;
                let reference = url.reference.as_str();
                let payment = bench.gateway.pay(reference, "10.00");
                bench.receive(&[paid_event(reference, &payment)]).await;
                bench.host.apply_due_deliveries().await.unwrap();
            }
        }
    });
    let begun = std::time::Instant::now();
    futures_util::future::join_all(writers).await;
    println!("{} invoices in {:?}", WRITERS * INVOICES, begun.elapsed());
    bench.apply_all().await;

    let deliveries = bench.deliveries().await;
    assert_eq!(deliveries.len(), WRITERS * INVOICES);
    assert!(deliveries.iter().all(|delivery| delivery.error.is_none()));
    assert!(
        deliveries
            .iter()
            .all(|delivery| delivery.state == DeliveryState::Applied)
    );
    for writer in 0..WRITERS {
        for number in 0..INVOICES {
            let id = format!("inv-{writer}-{number}");
            assert_eq!(
                bench.totals(&id).await,
                "10.00 10.00 0.00 succeeded",
                "{id}"
            );
        }
    }
}

#[tokio::test]
async fn a_second_host_on_a_file_is_refused_and_a_tool_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("host.db");
    let host = || Host::sqlite(&path).with_encryption_keys(keys()).build();
    let first = host().await.unwrap();
    let error = host().await.unwrap_err();
    let mut reasons = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        reasons = format!("{reasons}: {error}");
        cause = error.source();
    }
    assert!(reasons.contains(&*path.to_string_lossy()), "{reasons}");
    for remedy in ["stop it first", "`open_beside`", "PostgreSQL"] {
        assert!(reasons.contains(remedy), "{reasons}");
    }
    let tool = || {
        Host::sqlite(&path)
            .open_beside()
            .with_encryption_keys(keys())
    };
    let beside = tool().build().await.unwrap();
    // One that shares is refused as well by one that does not.
    let shared = Host::sqlite(&path).share_sqlite_file();
    let shared = shared.with_encryption_keys(keys()).build().await;
    assert!(shared.is_err());

    first.store().close().await;
    let second = host().await.unwrap();
    // A process that dies closes nothing; its lock is gone with it.
    drop(second);
    let third = host().await.unwrap();
    beside.store().close().await;
    assert!(host().await.is_err(), "the tool held no lock of the host");
    third.store().close().await;
}

#[tokio::test]
async fn a_refused_host_does_not_migrate_the_tables_of_the_running_one() {
    let bench = Bench::new(Database::Sqlite).await;
    let path = bench.place.directory.path().join("host.db");
    execute(
        &bench.host,
        "DELETE FROM _sqlx_migrations WHERE version > 1",
    )
    .await;
    let host = Host::sqlite(&path).with_encryption_keys(keys());
    let error = host.build().await.unwrap_err();
    let reason = std::error::Error::source(&error).unwrap().to_string();
    assert!(reason.contains("another process"), "{error}: {reason}");
    let migrations = numbers(&bench.host, "SELECT version FROM _sqlx_migrations").await;
    assert_eq!(migrations, [1]);
}

/// A restart that overlaps with the process it replaces, where both share the file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_file_wait_for_each_other() {
    let bench = Bench::new(Database::Sqlite).await;
    let second = bench.another_process().await;
    let work = [&bench.host, &second]
        .into_iter()
        .enumerate()
        .map(|(process, host)| async move {
            for number in 0..40 {
                let invoice = invoice(&format!("inv-{process}-{number}"), "10.00");
                host.payment_url(&invoice).await.unwrap();
            }
        });
    futures_util::future::join_all(work).await;
    assert_eq!(bench.gateway.state().creations, 80);
}

#[tokio::test]
async fn a_committed_row_is_there_for_the_next_process() {
    let bench = Bench::new(Database::Sqlite).await;
    let url = bench.url(&invoice("inv", "10.00")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "10.00");
    bench
        .receive(&[paid_event(url.reference.as_str(), &payment)])
        .await;
    // The first process ends here, without closing anything; the second applies the delivery.
    let host = bench.another_process().await;
    host.apply_due_deliveries().await.unwrap();
    let id = PayableId::new("inv").unwrap();
    let view = host.payable(&organization(), &id).await.unwrap().unwrap();
    assert_eq!(view.progress, PaymentProgress::Succeeded);
}

#[tokio::test]
async fn a_delivery_that_was_under_way_is_taken_up_at_once_by_the_next_process() {
    let bench = Bench::new(Database::Sqlite).await;
    let url = bench.url(&invoice("inv", "10.00")).await;
    let reference = url.reference.as_str();
    bench.gateway.pay(reference, "10.00");
    let paid = EventKind::Snapshot(bench.gateway.snapshot(reference));
    bench
        .receive(&[Event::new("LINK", about(reference), paid)])
        .await;
    // It has to be looked into, and the process dies over that.
    bench.gateway.state().hold = true;
    tokio::select! {
        done = bench.host.apply_due_deliveries() => panic!("it was held: {done:?}"),
        () = bench.gateway.call_held() => {}
    }
    bench.gateway.state().hold = false;
    // As long as it may be alive, other processes that open the file leave its leases to it.
    for host in [bench.another_process().await, bench.beside().await] {
        assert_eq!(host.apply_due_deliveries().await.unwrap(), 0);
        host.store().close().await;
    }
    bench.host.store().close().await;

    let bench = bench.restarted().await;
    assert_eq!(bench.host.apply_due_deliveries().await.unwrap(), 1);
    assert_eq!(bench.totals("inv").await, "10.00 10.00 0.00 succeeded");
}

#[tokio::test]
async fn a_tool_makes_no_database() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("host.db");
    let host = Host::sqlite(&path).open_beside();
    assert!(host.with_encryption_keys(keys()).build().await.is_err());
    assert!(!path.exists());
}

#[tokio::test]
async fn a_tool_that_is_open_does_not_pass_for_a_host() {
    let bench = Bench::new(Database::Sqlite).await;
    let url = bench.url(&invoice("inv", "10.00")).await;
    bench.gateway.pay(url.reference.as_str(), "10.00");
    let paid = EventKind::Snapshot(bench.gateway.snapshot(url.reference.as_str()));
    let about = about(url.reference.as_str());
    bench.receive(&[Event::new("LINK", about, paid)]).await;
    bench.gateway.state().hold = true;
    tokio::select! {
        done = bench.host.apply_due_deliveries() => panic!("it was held: {done:?}"),
        () = bench.gateway.call_held() => {}
    }
    bench.gateway.state().hold = false;
    let tool = bench.beside().await;
    bench.host.store().close().await;
    let bench = bench.restarted().await;
    assert_eq!(bench.host.apply_due_deliveries().await.unwrap(), 1);
    drop(tool);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("host.db");
    std::fs::write(
        &path,
        "this is a letter, not a database, and long enough to be read",
    )
    .unwrap();
    let host = Host::sqlite(&path).with_encryption_keys(keys());
    let error = host.build().await.unwrap_err();
    assert!(error.to_string().contains("failed to"), "{error}");
}
