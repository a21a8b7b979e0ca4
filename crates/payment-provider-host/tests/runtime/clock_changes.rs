//! The clock of a host is set back: no delivery waits until the former time.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;

use crate::fixture::database::{Database, each_database, execute};
use crate::fixture::{Bench, invoice};
use crate::gateway::{Fault, changed, claim_events, paid_event};

each_database! {
    a_postponed_delivery_is_tried_within_an_hour_after_the_clock_is_set_back,
    another_process_shortens_the_waits_as_well,
    a_lease_from_the_future_counts_as_run_out,
    a_wait_of_an_hour_is_not_shortened,
    a_claim_does_not_wait_for_its_payment_event_until_the_former_time,
}

const DAY: Duration = Duration::from_hours(24);

/// A delivery that is postponed because the gateway gave no answer.
async fn postponed(database: Database) -> Bench {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    bench.gateway.pay(url.reference.as_str(), "200.12");
    bench.gateway.fail_next(Fault::Down);
    bench.receive(&[changed(url.reference.as_str())]).await;
    assert_eq!(bench.host.apply_due_deliveries().await.unwrap(), 1);
    bench
}

async fn a_postponed_delivery_is_tried_within_an_hour_after_the_clock_is_set_back(
    database: Database,
) {
    let bench = postponed(database).await;
    bench.clock.set_back(DAY);
    assert_eq!(bench.host.apply_due_deliveries().await.unwrap(), 0);
    bench.clock.advance(Duration::from_hours(1));
    assert_eq!(bench.host.apply_due_deliveries().await.unwrap(), 1);
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn another_process_shortens_the_waits_as_well(database: Database) {
    let bench = postponed(database).await;
    bench.clock.set_back(DAY);
    let other = bench.another_process().await;
    assert_eq!(other.apply_due_deliveries().await.unwrap(), 0);
    bench.clock.advance(Duration::from_hours(1));
    assert_eq!(other.apply_due_deliveries().await.unwrap(), 1);
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
}

async fn a_lease_from_the_future_counts_as_run_out(database: Database) {
    let bench = postponed(database).await;
    // The process that leased it then ended.
    let lease = "UPDATE deliveries SET lease_owner = 'gone', lease_until = next_attempt + 30000";
    execute(&bench.host, lease).await;
    bench.clock.set_back(DAY);
    assert_eq!(bench.host.apply_due_deliveries().await.unwrap(), 0);
    bench.clock.advance(Duration::from_hours(1));
    assert_eq!(bench.host.apply_due_deliveries().await.unwrap(), 1);
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
}

async fn a_wait_of_an_hour_is_not_shortened(database: Database) {
    let bench = Bench::new(database).await;
    bench.gateway.state().refunds = Some(Vec::new());
    bench.gateway.state().refunds_are_down = true;
    let wait = RetryAdvice::After(Duration::from_hours(5));
    bench.gateway.state().refunds_advice = Some(wait);
    let url = bench.url(&invoice("inv", "200.12")).await;
    bench.gateway.pay(url.reference.as_str(), "200.12");
    bench.receive(&[changed(url.reference.as_str())]).await;
    assert_eq!(bench.host.apply_due_deliveries().await.unwrap(), 1);
    bench.clock.advance(Duration::from_mins(59));
    let other = bench.another_process().await;
    assert_eq!(other.apply_due_deliveries().await.unwrap(), 0);
    bench.clock.advance(Duration::from_mins(1));
    assert_eq!(other.apply_due_deliveries().await.unwrap(), 1);
}

async fn a_claim_does_not_wait_for_its_payment_event_until_the_former_time(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("first", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    // The connection is known to receive payment events.
    bench
        .report(paid_event(url.reference.as_str(), &payment))
        .await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    let claim = claim_events(&bench.gateway, url.reference.as_str(), &payment);
    bench.receive(&claim).await;
    bench.clock.set_back(DAY);
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}
