//! A delivery is soon another worker's when its worker has died, and stays its worker's while the work
//! goes on.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::ledger::Cause;
use payment_provider_host::prelude::*;
use test_support::{hastened, until};
use tokio_util::sync::CancellationToken;

use crate::fixture::database::{Database, each_database, numbers};
use crate::fixture::{Bench, connection, invalid_fields, invoice};
use crate::gateway::{Gateway, ManualClock, MemoryFactory, about, paid_event};

each_database! {
    deliveries_of_a_dead_process_are_leased_when_its_lease_ends,
    work_that_takes_longer_than_its_lease_stays_with_its_worker,
    a_process_that_wakes_after_its_lease_applies_nothing,
    a_process_that_wakes_after_its_work_was_done_changes_nothing,
    the_lease_setting_is_checked,
    the_attempt_settings_are_checked,
    an_attempt_that_hangs_is_given_up_and_blocks_no_other,
    an_attempt_that_hangs_in_its_transaction_is_given_up_as_soon,
    a_delivery_that_ends_its_process_each_time_is_parked_without_another_attempt,
}

/// A runtime on the bench's database whose leases last so long.
async fn with_lease(bench: &Bench, lease: Duration) -> Result<Host, Error> {
    let mut config = HostConfig::default();
    config.delivery_lease = lease;
    with_config(bench, config).await
}

async fn with_config(bench: &Bench, config: HostConfig) -> Result<Host, Error> {
    with_handler(bench, config, ()).await
}

async fn with_handler(
    bench: &Bench,
    config: HostConfig,
    handler: impl PaymentHandler,
) -> Result<Host, Error> {
    let key = bench.place.directory.path().join("sealing.key");
    let key = EncryptionKey::from_file_or_new(&key).unwrap();
    let mut registry = ProviderRegistry::new();
    let factory = MemoryFactory::new(Gateway::clone(&bench.gateway));
    registry.register(factory).unwrap();
    let builder = bench.place.open().await;
    builder
        .with_registry(registry)
        .with_encryption_keys(EncryptionKeys::new(key))
        .with_clock(Arc::new(ManualClock::clone(&bench.clock)))
        .with_config(config)
        .with_handler(handler)
        .build()
        .await
}

/// A paid link, a delivery that has the gateway asked about it, and a gateway that answers late.
async fn report_and_a_slow_gateway(bench: &Bench) {
    let url = bench.url(&invoice("inv", "200.12")).await;
    bench.gateway.pay(url.reference.as_str(), "200.12");
    let target = about(url.reference.as_str());
    bench
        .receive(&[Event::new("LINK", target, EventKind::FetchNeeded)])
        .await;
    bench.gateway.state().hold = true;
}

/// Polls some work until the gateway has been asked, and then no more.
async fn until_asked(bench: &Bench, times: usize, work: impl Future) {
    tokio::select! {
        () = bench.gateway.calls_held(times) => {}
        _ = work => panic!("the gateway was not asked"),
    }
}

async fn attempts(bench: &Bench) -> i64 {
    bench.deliveries().await[0].attempts
}

async fn deliveries_of_a_dead_process_are_leased_when_its_lease_ends(database: Database) {
    let bench = Bench::new(database).await;
    let other = bench.another_process().await;
    report_and_a_slow_gateway(&bench).await;
    // The work is dropped half-way.
    until_asked(&bench, 1, bench.host.apply_due_deliveries()).await;
    bench.gateway.state().hold = false;
    bench.clock.advance(Duration::from_secs(29));
    assert_eq!(other.apply_due_deliveries().await.unwrap(), 0);
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(other.apply_due_deliveries().await.unwrap(), 1);
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    assert_eq!(attempts(&bench).await, 2);
}

async fn work_that_takes_longer_than_its_lease_stays_with_its_worker(database: Database) {
    let bench = Bench::new(database).await;
    let other = bench.another_process().await;
    let host = with_lease(&bench, Duration::from_secs(1)).await.unwrap();
    report_and_a_slow_gateway(&bench).await;
    let stop = CancellationToken::new();
    let worker = tokio::spawn({
        let (host, stop) = (host.clone(), stop.clone());
        async move { host.run_inbox(stop).await }
    });
    bench.gateway.call_held().await;
    let leased_until =
        async || -> i64 { numbers(&bench.host, "SELECT lease_until FROM deliveries").await[0] };
    for _ in 0..3 {
        let before = leased_until().await;
        bench.clock.advance(Duration::from_millis(900));
        until(async || match leased_until().await {
            renewed if renewed > before => Ok(()),
            _ => Err("the lease is not renewed"),
        })
        .await;
        assert_eq!(other.apply_due_deliveries().await.unwrap(), 0);
    }
    // The work that is under way when the worker is stopped is finished.
    stop.cancel();
    bench.gateway.state().hold = false;
    worker.await.unwrap();
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    assert_eq!(attempts(&bench).await, 1);
}

async fn a_process_that_wakes_after_its_lease_applies_nothing(database: Database) {
    let bench = Bench::new(database).await;
    let other = bench.another_process().await;
    report_and_a_slow_gateway(&bench).await;
    let mut frozen = pin!(bench.host.apply_due_deliveries());
    let mut awake = pin!(other.apply_due_deliveries());
    until_asked(&bench, 1, &mut frozen).await;
    bench.clock.advance(Duration::from_secs(31));
    until_asked(&bench, 2, &mut awake).await;
    bench.gateway.state().hold = false;
    // It wakes while the other is at work.
    frozen.await.unwrap();
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
    assert_eq!(bench.deliveries().await[0].state, DeliveryState::Pending);
    awake.await.unwrap();
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    assert_eq!(bench.view("inv").await.payments.len(), 1);
    let found = bench.deliveries_of(&connection("main")).await;
    assert_eq!(found[0].state, DeliveryState::Applied);
}

async fn a_process_that_wakes_after_its_work_was_done_changes_nothing(database: Database) {
    let bench = Bench::new(database).await;
    let other = bench.another_process().await;
    report_and_a_slow_gateway(&bench).await;
    let mut frozen = pin!(bench.host.apply_due_deliveries());
    until_asked(&bench, 1, &mut frozen).await;
    bench.clock.advance(Duration::from_secs(31));
    bench.gateway.state().hold = false;
    assert_eq!(other.apply_due_deliveries().await.unwrap(), 1);
    let before = (bench.view("inv").await, bench.deliveries().await);
    frozen.await.unwrap();
    let after = (bench.view("inv").await, bench.deliveries().await);
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn the_lease_setting_is_checked(database: Database) {
    let bench = Bench::new(database).await;
    for refused in [
        Duration::ZERO,
        Duration::from_millis(999),
        Duration::from_secs(301),
        Duration::MAX,
    ] {
        let built = with_lease(&bench, refused).await;
        let fields = invalid_fields(&built.unwrap_err());
        assert_eq!(fields[0], "delivery_lease", "{refused:?}");
    }
    for taken in [1, 300].map(Duration::from_secs) {
        with_lease(&bench, taken).await.unwrap();
    }
}

async fn the_attempt_settings_are_checked(database: Database) {
    let bench = Bench::new(database).await;
    let mut config = HostConfig::default();
    config.delivery_attempts = 0;
    let built = with_config(&bench, config).await;
    let fields = invalid_fields(&built.unwrap_err());
    assert_eq!(fields, ["delivery_attempts"]);
    for (lease, longest) in [(30, 29), (1, 0), (1, 3601)] {
        let mut config = HostConfig::default();
        config.delivery_lease = Duration::from_secs(lease);
        config.attempt_timeout = Duration::from_secs(longest);
        let built = with_config(&bench, config).await;
        let fields = invalid_fields(&built.unwrap_err());
        assert_eq!(fields, ["attempt_timeout"], "{longest}");
    }
}

const NEVER_BACK: &str = "an attempt took too long, or never ended";

async fn an_attempt_that_hangs_is_given_up_and_blocks_no_other(database: Database) {
    let bench = Bench::new(database).await;
    let mut config = HostConfig::default();
    config.delivery_lease = Duration::from_secs(1);
    // Longer than the other delivery can take.
    config.attempt_timeout = Duration::from_secs(10);
    let host = with_config(&bench, config).await.unwrap();
    let quick = bench.url(&invoice("quick", "200.12")).await;
    report_and_a_slow_gateway(&bench).await;
    let stop = CancellationToken::new();
    let worker = tokio::spawn({
        let (host, stop) = (host.clone(), stop.clone());
        async move { host.run_inbox(stop).await }
    });
    bench.gateway.call_held().await;
    // A delivery that needs no answer of the gateway is applied beside it.
    let reference = quick.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &payment)]).await;
    until(async || match bench.deliveries().await.remove(1).state {
        DeliveryState::Applied => Ok(()),
        state => Err(format!("the other delivery is {state:?}")),
    })
    .await;
    let given_up = until(async || {
        let hung = bench.deliveries().await.swap_remove(0);
        let is_over = hung.error.is_some();
        is_over.then_some(hung).ok_or("the try that hangs goes on")
    });
    let hung = hastened(given_up).await;
    assert_eq!(hung.error.as_deref(), Some(NEVER_BACK));
    assert_eq!(hung.state, DeliveryState::Pending);
    assert_eq!(bench.totals("quick").await, "200.12 200.12 0.00 succeeded");
    bench.gateway.state().hold = false;
    stop.cancel();
    worker.await.unwrap();
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

/// Never returns from the posting, and keeps the transaction open.
#[derive(Debug)]
struct Hangs;

#[async_trait::async_trait]
impl PaymentHandler for Hangs {
    async fn on_change(
        &self,
        _: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        if matches!(change.cause, Cause::Posted { .. }) {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

async fn an_attempt_that_hangs_in_its_transaction_is_given_up_as_soon(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let mut config = HostConfig::default();
    config.delivery_lease = Duration::from_secs(1);
    config.attempt_timeout = Duration::from_secs(1);
    let host = with_handler(&bench, config, Hangs).await.unwrap();
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    let event = paid_event(url.reference.as_str(), &payment);
    bench.receive(&[event]).await;
    // The renewals of its lease wait for what it holds, on SQLite for a minute.
    let tried = tokio::time::timeout(Duration::from_secs(50), host.apply_due_deliveries());
    assert_eq!(tried.await.expect("it is given up").unwrap(), 1);
    let given_up = bench.deliveries().await.swap_remove(0);
    assert_eq!(given_up.error.as_deref(), Some(NEVER_BACK));
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn a_delivery_that_ends_its_process_each_time_is_parked_without_another_attempt(
    database: Database,
) {
    let bench = Bench::new(database).await;
    let mut config = HostConfig::default();
    config.delivery_attempts = 3;
    let host = with_config(&bench, config).await.unwrap();
    report_and_a_slow_gateway(&bench).await;
    for deaths in 1..=3 {
        until_asked(&bench, deaths, host.apply_due_deliveries()).await;
        bench.clock.advance(Duration::from_secs(31));
    }
    // It would be applied now, but no operator has looked at the cause.
    bench.gateway.state().hold = false;
    let asked = bench.gateway.state().calls.len();
    assert_eq!(host.apply_due_deliveries().await.unwrap(), 1);
    assert_eq!(bench.gateway.state().calls.len(), asked);
    let parked = bench.deliveries().await.swap_remove(0);
    assert_eq!(parked.state, DeliveryState::Parked);
    assert_eq!(parked.error.as_deref(), Some(NEVER_BACK));
    // An operator has it tried again.
    let again = host.retry_delivery(&connection("main"), &parked.key).await;
    assert!(again.unwrap());
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}
