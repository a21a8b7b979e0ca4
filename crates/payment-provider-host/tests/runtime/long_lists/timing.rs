//! The time that lists of 800 and of 3 000 payments take.

use std::time::{Duration, Instant};

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;

use super::paid_often;
use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::{changed, paid_event};

each_database! {
    a_list_of_3_000_takes_at_most_ten_times_as_long_as_one_of_800,
}

/// Returns the time in which a delivery fetches and posts a list of so many payments.
async fn list(database: Database, times: usize) -> (Bench, Duration) {
    let bench = Bench::new(database).await;
    let reference = paid_often(&bench, "inv", times).await;
    bench.receive(&[changed(reference.as_str())]).await;
    let begun = Instant::now();
    bench.host.apply_due_deliveries().await.unwrap();
    let took = begun.elapsed();
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
    (bench, took)
}

/// The time of other programs is measured as well, so the bound is wide.
async fn a_list_of_3_000_takes_at_most_ten_times_as_long_as_one_of_800(database: Database) {
    let (_, short) = list(database, 800).await;
    let (bench, long) = list(database, 3_000).await;
    assert_eq!(bench.view("inv").await.payments.len(), 3_000);
    assert!(long <= short * 10, "{long:?} after {short:?}");
}

/// Prints how long lists of 800 and of 3 000 payments take, and as many single reports, and asserts the
/// bounds of lists in a release build on two cores: `cargo nextest run --release -p payment-provider-host
/// --all-features --run-ignored only --no-capture -E 'test(long_lists::timing)'`.
async fn measure(database: Database) {
    let mut took = Vec::new();
    for times in [800, 3_000] {
        let (bench, list) = list(database, times).await;
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
    let (short, long) = (took[0].0, took[1].0);
    if !cfg!(debug_assertions) {
        assert!(long < Duration::from_secs(3), "{long:?}");
        assert!(long <= short * 9 / 2, "{long:?} after {short:?}");
    }
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
