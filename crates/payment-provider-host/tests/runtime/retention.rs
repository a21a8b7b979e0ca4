//! Old deliveries lose their content, later their rows; the money that they reported stays.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::accounting::CloseReason;
use payment_provider_host::error::Refusal;
use payment_provider_host::inbox::{DeliveryState, ParkOutcome};
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database, execute, numbers};
use crate::fixture::{
    Bench, connection, customer, invalid_fields, invoice, organization, registry,
};
use crate::gateway::{about, delivery, paid_event};

each_database! {
    content_goes_after_its_time_and_the_key_later,
    a_replay_starts_the_time_again,
    an_unmatched_delivery_matches_nothing_once_it_is_dropped,
    a_copy_brings_the_content_of_an_unmatched_delivery_back,
    a_dropped_dead_letter_does_not_keep_its_connection,
    each_step_is_small_and_two_processes_share_the_work,
    times_that_contradict_each_other_are_refused,
}

const DAY: Duration = Duration::from_hours(24);
const MOMENT: Duration = Duration::from_millis(1);

impl Bench {
    /// Drops and removes all that is due; returns how many of each.
    async fn expire(&self) -> (u64, u64) {
        let mut all = (0, 0);
        loop {
            let step = self.host.expire_deliveries().await.unwrap();
            if step.is_empty() {
                self.assert_sound().await;
                return all;
            }
            all = (all.0 + step.dropped, all.1 + step.removed);
        }
    }

    async fn replay(&self, key: &str) -> Result<bool, Error> {
        self.host.retry_delivery(&connection("main"), key).await
    }

    async fn expect_dropped(&self, key: &str) {
        let refused = self.replay(key).await.unwrap_err();
        assert!(
            matches!(
                refused.kind(),
                ErrorKind::Refused(Refusal::DeliveryDropped(_))
            ),
            "{refused:?}"
        );
        let text = refused.to_string();
        assert!(text.contains("was dropped at 20"), "{text}");
        let found = self.host.delivery(&connection("main"), key).await;
        let found = found.unwrap().unwrap();
        assert!(
            found.body.is_empty() && found.events.is_empty(),
            "{found:?}"
        );
        assert!(found.delivery.dropped_at.is_some());
    }
}

/// Receives the report of a payment of an invoice, and applies it.
async fn paid(bench: &Bench) -> Vec<Event> {
    let url = bench.url(&invoice("inv", "10.00")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "10.00");
    let report = vec![paid_event(url.reference.as_str(), &payment)];
    bench.receive(&report).await;
    bench.apply_all().await;
    report
}

async fn content_goes_after_its_time_and_the_key_later(database: Database) {
    let bench = Bench::new(database).await;
    let report = paid(&bench).await;
    let before = bench.view("inv").await;
    let key = bench.deliveries().await.remove(0).key;
    bench.clock.advance((30 * DAY).saturating_sub(MOMENT));
    assert_eq!(bench.expire().await, (0, 0));
    bench.clock.advance(MOMENT);
    assert_eq!(bench.expire().await, (1, 0));
    assert_eq!(bench.expire().await, (0, 0));
    bench.expect_dropped(&key).await;
    let kept = "SELECT CAST(octet_length(body) + octet_length(events) AS bigint) FROM deliveries";
    let kept = numbers(&bench.host, kept).await;
    assert_eq!(kept, [2], "an empty body and an empty list of events");

    // A copy is known by its key, and changes nothing.
    assert!(bench.receive(&report).await.duplicate);
    bench.apply_all().await;
    let known = bench.deliveries().await.remove(0);
    assert_eq!(
        (known.delivery_count, known.state),
        (2, DeliveryState::Applied)
    );
    bench.expect_dropped(&key).await;

    bench.clock.advance((370 * DAY).saturating_sub(2 * MOMENT));
    assert_eq!(bench.expire().await, (0, 0));
    bench.clock.advance(2 * MOMENT);
    assert_eq!(bench.expire().await, (0, 1));
    assert!(bench.deliveries().await.is_empty());
    let after = bench.view("inv").await;
    assert_eq!(after.received, before.received);
    assert!(
        after.history.len() >= before.history.len(),
        "the history stays"
    );

    // A copy that comes even later is new, and posts nothing twice.
    assert!(!bench.receive(&report).await.duplicate);
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "10.00 10.00 0.00 succeeded");
}

async fn a_replay_starts_the_time_again(database: Database) {
    let bench = Bench::new(database).await;
    paid(&bench).await;
    let key = bench.deliveries().await.remove(0).key;
    bench.clock.advance(20 * DAY);
    assert!(bench.replay(&key).await.unwrap());
    bench.apply_all().await;
    bench.clock.advance((30 * DAY).saturating_sub(MOMENT));
    assert_eq!(bench.expire().await, (0, 0));
    bench.clock.advance(MOMENT);
    assert_eq!(bench.expire().await, (1, 0));
}

/// A report about a checkout that this host does not know.
fn stray(name: &str) -> Vec<Event> {
    let id = PaymentId::new(format!("stray-{name}")).unwrap();
    let amount = Money::from_decimal("10.00", Currency::INR).unwrap();
    let payment = Payment::new(id, PaymentStatus::Succeeded, amount);
    vec![Event::new("PAID", about(name), EventKind::Payment(payment))]
}

async fn an_unmatched_delivery_matches_nothing_once_it_is_dropped(database: Database) {
    let bench = Bench::new(database).await;
    bench.receive(&stray("unknown")).await;
    bench.apply_all().await;
    let stored = bench.deliveries().await.remove(0);
    assert_eq!(stored.state, DeliveryState::Unmatched);
    bench
        .clock
        .advance((180 * DAY).saturating_sub(Duration::from_secs(1)));
    assert_eq!(bench.expire().await, (0, 0));
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(bench.expire().await, (1, 0));
    bench.expect_dropped(&stored.key).await;
    let names = numbers(&bench.host, "SELECT count(*) FROM unmatched_targets").await;
    assert_eq!(names, [0], "it waits for no name");
    let parked = bench
        .host
        .park_delivery(&connection("main"), &stored.key, "why")
        .await;
    let refused = parked.unwrap_err();
    assert!(
        matches!(
            refused.kind(),
            ErrorKind::Refused(Refusal::DeliveryDropped(_))
        ),
        "{refused:?}"
    );
    bench.clock.advance(220 * DAY);
    assert_eq!(bench.expire().await, (0, 1));
}

async fn a_copy_brings_the_content_of_an_unmatched_delivery_back(database: Database) {
    let bench = Bench::new(database).await;
    bench.receive(&stray("unknown")).await;
    bench.apply_all().await;
    bench.clock.advance(180 * DAY);
    assert_eq!(bench.expire().await, (1, 0));
    assert!(bench.receive(&stray("unknown")).await.duplicate);
    bench.apply_all().await;
    let stored = bench.deliveries().await.remove(0);
    assert_eq!(
        (stored.state, stored.dropped_at),
        (DeliveryState::Unmatched, None)
    );
    let whole = bench.host.delivery(&connection("main"), &stored.key).await;
    let whole = whole.unwrap().unwrap();
    assert_eq!(whole.body, delivery("k1", &stray("unknown")).body.to_vec());
    assert_eq!(whole.events, stray("unknown"));
    // Its time begins with the copy.
    bench.clock.advance(179 * DAY);
    assert_eq!(bench.expire().await, (0, 0));
    bench.clock.advance(DAY);
    assert_eq!(bench.expire().await, (1, 0));
}

async fn a_dropped_dead_letter_does_not_keep_its_connection(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "10.00");
    bench.url(&unpaid).await;
    bench
        .host
        .close(&unpaid, CloseReason::Voided)
        .await
        .unwrap();
    let (organization, customer) = (organization(), customer());
    let unlinked = bench.host.unlink_customer(&organization, &customer);
    unlinked.await.unwrap();
    bench.receive(&stray("unknown")).await;
    let key = bench.deliveries().await.remove(0).key;
    let main = connection("main");
    let parked = bench.host.park_delivery(&main, &key, "looked into").await;
    assert_eq!(parked.unwrap(), ParkOutcome::Parked);
    // Long after the grace period of the connection, the dead letter alone keeps it.
    execute(&bench.host, "UPDATE checkouts SET expires_at = 1").await;
    bench.clock.advance((180 * DAY).saturating_sub(MOMENT));
    assert_eq!(bench.expire().await, (0, 0));
    let refused = bench.host.delete_connection(&main).await.unwrap_err();
    let text = refused.to_string();
    assert!(text.ends_with("deliveries not applied: 1"), "{text}");
    bench.clock.advance(MOMENT);
    assert_eq!(bench.expire().await, (1, 0));
    bench.expect_dropped(&key).await;
    assert_eq!(bench.host.retry_parked(&main).await.unwrap(), 0);
    bench.host.delete_connection(&main).await.unwrap();
    bench.clock.advance(220 * DAY);
    assert_eq!(bench.expire().await, (0, 1), "also after the deletion");
}

async fn each_step_is_small_and_two_processes_share_the_work(database: Database) {
    let bench = Bench::new(database).await;
    bench.receive(&stray("unknown")).await;
    bench.apply_all().await;
    let copies =
        "INSERT INTO deliveries (connection_pk, delivery_key, body, events, timestamp_check,
             received_at, state, next_attempt)
         WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 500)
         SELECT connection_pk, 'old-' || n, body, events, timestamp_check, 1, 'applied', 1
         FROM counted CROSS JOIN deliveries";
    execute(&bench.host, copies).await;
    let other = bench.another_process().await;
    let first = bench.host.expire_deliveries().await.unwrap();
    assert_eq!(
        (first.dropped, first.removed),
        (200, 200),
        "one batch of each kind"
    );
    let (one, two) = tokio::join!(bench.expire(), async {
        let mut all = (0, 0);
        loop {
            let step = other.expire_deliveries().await.unwrap();
            if step.is_empty() {
                return all;
            }
            all = (all.0 + step.dropped, all.1 + step.removed);
        }
    });
    let rest = bench.expire().await;
    let sum = (one.0 + two.0 + rest.0, one.1 + two.1 + rest.1);
    assert_eq!(sum, (300, 300), "each once: {one:?} {two:?} {rest:?}");
    assert_eq!(bench.deliveries().await.len(), 1, "the one that is not old");
}

async fn times_that_contradict_each_other_are_refused(database: Database) {
    let bench = Bench::new(database).await;
    let build = async |change: fn(&mut HostConfig)| {
        let mut config = HostConfig::default();
        change(&mut config);
        let builder = bench
            .place
            .open()
            .await
            .with_registry(registry(&bench.gateway));
        let key = bench.place.directory.path().join("sealing.key");
        let built = builder.with_key_file(key).with_config(config).build().await;
        built.map(drop).map_err(|error| invalid_fields(&error))
    };
    let short = build(|config| config.applied_retention = DAY.saturating_sub(MOMENT)).await;
    assert_eq!(short, Err(vec!["applied_retention".to_owned()]));
    let keyless = build(|config| config.delivery_key_retention = 179 * DAY).await;
    assert_eq!(keyless, Err(vec!["delivery_key_retention".to_owned()]));
    let longest = build(|config| {
        config.applied_retention = Duration::MAX;
        config.unapplied_retention = Duration::MAX;
        config.delivery_key_retention = Duration::MAX;
    });
    assert_eq!(longest.await, Ok(()));
}
