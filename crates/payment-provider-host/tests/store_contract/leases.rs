use payment_provider_core::TimestampCheck;

use super::races::together;
use super::rows::*;
use super::*;
use crate::store::tables::delivery_leases::{UNREADABLE_TRIES, UNREADABLE_WAIT};

pub(super) async fn a_lease_is_renewed_by_its_owner_alone(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let pk = leased(&world.one, connection_pk, &["d"]).await[0].pk;
    let renew = async |owner: &str, until| world.one.renew_lease(pk, owner, until).await.unwrap();
    let take = async |owner: &str, now| {
        let rows = world.two.lease_deliveries(owner, now, now + 10_000, 10);
        rows.await.unwrap().len()
    };
    assert!(!renew("you", 40_000).await);
    assert!(!world.one.renew_lease(pk + 1, "me", 40_000).await.unwrap());
    assert!(renew("me", 30_000).await);
    assert_eq!(take("you", 29_999).await, 0);
    assert_eq!(take("you", 30_000).await, 1);
    assert!(!renew("me", 50_000).await, "it is another's");
    assert!(renew("you", 41_000).await);
    assert_eq!(take("me", 40_999).await, 0);
    assert_eq!(stored(&world.one, connection_pk, "d").await.attempts, 2);
}

pub(super) async fn renewing_shortens_no_lease(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let pk = leased(&world.one, connection_pk, &["d"]).await[0].pk;
    assert!(world.one.renew_lease(pk, "me", 11_000).await.unwrap());
    let early = world.two.lease_deliveries("you", 19_999, 30_000, 10).await;
    assert!(early.unwrap().is_empty());
    // One that ran out, and that no other worker leased, is still its owner's.
    assert!(world.one.renew_lease(pk, "me", 25_000).await.unwrap());
    let early = world.two.lease_deliveries("you", 24_999, 30_000, 10).await;
    assert!(early.unwrap().is_empty());
}

pub(super) async fn what_has_ended_or_waits_has_no_lease(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let rows = leased(&world.one, connection_pk, &["ended", "waits"]).await;
    let mut tx = world.one.begin().await.unwrap();
    let applied = end(DeliveryState::Applied);
    let done = tx.finish_delivery(rows[0].pk, "me", applied);
    assert!(done.await.unwrap());
    tx.commit().await.unwrap();
    let wait = Postponement {
        error: "not now",
        next_attempt: 12_000,
        polled_list: false,
        failed: false,
        delivery_count: i64::MAX,
        untrusted: false,
        park: false,
    };
    let postponed = world.one.postpone_delivery(rows[1].pk, "me", wait);
    postponed.await.unwrap();
    for row in &rows {
        assert!(!world.two.renew_lease(row.pk, "me", 90_000).await.unwrap());
    }
    assert!(
        world
            .one
            .retry_delivery(connection_pk, "ended")
            .await
            .unwrap()
    );
    let due = world.two.lease_deliveries("you", 12_000, 20_000, 10).await;
    assert_eq!(due.unwrap().len(), 2);
}

pub(super) async fn a_lease_that_runs_out_is_renewed_or_taken_and_not_both(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    for round in 0..20 {
        let key = format!("d{round}");
        let pk = leased(&world.one, connection_pk, &[&key]).await[0].pk;
        let had = together(&world, move |caller, store| async move {
            if caller == 0 {
                return store.renew_lease(pk, "me", 50_000).await.unwrap();
            }
            let owner = format!("owner {caller}");
            let taken = store.lease_deliveries(&owner, 20_000, 50_000, 10).await;
            !taken.unwrap().is_empty()
        })
        .await;
        assert_eq!(had.into_iter().filter(|had| *had).count(), 1, "{round}");
    }
}

pub(super) async fn a_delivery_is_its_owners_until_it_ends(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let pk = leased(&world.one, connection_pk, &["d"]).await[0].pk;
    let is_leased = async |owner| {
        let mut tx = world.two.begin().await.unwrap();
        let leased = tx.is_leased(pk, owner).await.unwrap();
        // A transaction that is only dropped keeps its lock for a moment, and a lease does not wait.
        tx.commit().await.unwrap();
        leased
    };
    assert!(is_leased("me").await);
    assert!(!is_leased("you").await);
    let taken = world.two.lease_deliveries("you", 20_000, 30_000, 1).await;
    assert_eq!(taken.unwrap().len(), 1);
    assert!(!is_leased("me").await, "it ran out and is another's");
    let mut tx = world.one.begin().await.unwrap();
    let applied = end(DeliveryState::Applied);
    let done = tx.finish_delivery(pk, "you", applied).await;
    assert!(done.unwrap());
    tx.commit().await.unwrap();
    assert!(!is_leased("you").await);
}

/// An outage of the gateway costs attempts; only failures count toward parking.
pub(super) async fn failures_are_those_of_a_deliverys_own(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let pk = leased(&world.one, connection_pk, &["d"]).await[0].pk;
    let postpone = async |owner, failed| {
        let wait = Postponement {
            error: "not now",
            next_attempt: 0,
            polled_list: false,
            failed,
            park: false,
            delivery_count: 1,
            untrusted: false,
        };
        let done = world.one.postpone_delivery(pk, owner, wait);
        done.await.unwrap();
    };
    let take = async |owner, now| {
        let rows = world.two.lease_deliveries(owner, now, now + 10, 1).await;
        let row = rows.unwrap().remove(0);
        (row.attempts, row.failures)
    };
    postpone("me", false).await;
    assert_eq!(take("a", 30_000).await, (2, 0), "the gateway was away");
    postpone("a", true).await;
    assert_eq!(take("b", 30_000).await, (3, 1));
    assert_eq!(
        take("c", 30_010).await,
        (4, 2),
        "the try before never came back"
    );
    postpone("c", false).await;
    assert_eq!(take("d", 30_010).await, (5, 2));
    let mut tx = world.one.begin().await.unwrap();
    let applied = end(DeliveryState::Applied);
    let done = tx.finish_delivery(pk, "d", applied).await;
    assert!(done.unwrap());
    tx.commit().await.unwrap();
    let again = world.one.retry_delivery(connection_pk, "d").await;
    assert!(again.unwrap());
    assert_eq!(stored(&world.one, connection_pk, "d").await.failures, 0);
}

/// A delivery that is sent again is tried again, also if that happens while an attempt is failing.
pub(super) async fn a_copy_that_came_meanwhile_is_not_parked_with_it(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let rows = leased(&world.one, connection_pk, &["alone", "copied"]).await;
    let copy = delivery(connection_pk, "copied");
    let received = world.two.receive_delivery(&copy, false).await.unwrap();
    let again = Received::Duplicate {
        count: 2,
        is_first_trusted: false,
    };
    assert_eq!(received, again);
    for row in &rows {
        let wait = Postponement {
            error: "never",
            next_attempt: 12_000,
            polled_list: false,
            failed: true,
            park: true,
            delivery_count: row.delivery_count,
            untrusted: false,
        };
        let done = world.one.postpone_delivery(row.pk, "me", wait);
        done.await.unwrap();
    }
    let alone = stored(&world.two, connection_pk, "alone").await;
    assert_eq!((alone.state, alone.failures), (DeliveryState::Parked, 1));
    let copied = stored(&world.two, connection_pk, "copied").await;
    assert_eq!(copied.state, DeliveryState::Pending);
    // Or it would be parked again before it is tried.
    assert_eq!(
        (copied.attempts, copied.list_polls, copied.failures),
        (0, 0, 0)
    );
}

pub(super) async fn due_deliveries_are_leased_in_order(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let keys = ["a", "b", "c", "d"];
    let first = leased(&world.one, connection_pk, &keys).await;
    assert!(first.iter().all(|row| row.attempts == 1));
    for (row, next_attempt) in first.iter().zip([400, 200, 300, 500]) {
        let wait = Postponement {
            error: "x",
            next_attempt,
            polled_list: false,
            failed: false,
            delivery_count: i64::MAX,
            untrusted: false,
            park: false,
        };
        world
            .one
            .postpone_delivery(row.pk, "me", wait)
            .await
            .unwrap();
    }
    let take = async |now, limit| -> Vec<String> {
        let rows = world
            .two
            .lease_deliveries("you", now, now + 1_000, limit)
            .await;
        rows.unwrap().into_iter().map(|row| row.key).collect()
    };
    assert!(take(100, 10).await.is_empty());
    assert!(take(10_000, 0).await.is_empty());
    assert_eq!(take(400, 2).await, ["b", "c"], "those that wait longest");
    assert_eq!(take(400, 10).await, ["a"]);
    assert_eq!(take(500, 10).await, ["d"]);
    assert!(take(500, 10).await.is_empty());
}

pub(super) async fn new_deliveries_of_each_connection_are_leased_in_turn(world: World) {
    let busy = connected(&world.one, "busy").await;
    let quiet = connected(&world.one, "quiet").await;
    let receive = async |connection_pk, key: &str, received_at| {
        let mut row = delivery(connection_pk, key);
        row.received_at = received_at;
        world.one.receive_delivery(&row, false).await.unwrap();
    };
    for number in 0..50 {
        receive(busy, &format!("b{number}"), 5_000).await;
    }
    receive(quiet, "q0", 5_001).await;
    receive(quiet, "q1", 5_001).await;
    let mut leased = Vec::new();
    for _ in 0..10 {
        let rows = world.two.lease_deliveries("you", 6_000, 9_000, 1).await;
        leased.extend(rows.unwrap().into_iter().map(|row| row.key));
    }
    assert_eq!(leased[..5], ["b0", "q0", "b1", "q1", "b2"]);
    assert_eq!(leased[5..], ["b3", "b4", "b5", "b6", "b7"]);
    // A postponed delivery that is due comes before the new ones with later places.
    let mut row = delivery(quiet, "q2");
    row.received_at = 5_001;
    world.one.receive_delivery(&row, false).await.unwrap();
    let rows = world.two.lease_deliveries("you", 6_000, 9_000, 1).await;
    assert_eq!(rows.unwrap()[0].key, "q2");
    // Parked ones that are all retried at once queue up as well.
    let rows = world.two.lease_deliveries("you", 6_000, 9_000, 100).await;
    for row in rows.unwrap() {
        let wait = Postponement {
            error: "x",
            next_attempt: 1,
            polled_list: false,
            failed: true,
            delivery_count: i64::MAX,
            untrusted: false,
            park: true,
        };
        let parked = world.one.postpone_delivery(row.pk, "you", wait).await;
        parked.unwrap();
    }
    assert_eq!(world.one.retry_parked(busy, 7_000).await.unwrap(), 42);
    receive(quiet, "q3", 7_051).await;
    let rows = world.two.lease_deliveries("you", 8_000, 9_000, 3).await;
    let mut keys: Vec<_> = rows.unwrap().into_iter().map(|row| row.key).collect();
    keys.sort();
    assert_eq!(keys, ["b8", "b9", "q3"]);
}

pub(super) async fn a_trusted_copy_that_arrives_during_an_attempt_is_tried_at_once(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    for (key, postpones) in [("finished", false), ("postponed", true)] {
        let mut row = delivery(connection_pk, key);
        row.timestamp_check = TimestampCheck::Stale;
        world.one.receive_delivery(&row, false).await.unwrap();
        let leased = world.one.lease_deliveries("me", 10_000, 20_000, 9).await;
        let leased = leased.unwrap().remove(0);
        row.timestamp_check = TimestampCheck::Fresh;
        row.events[0].gateway_type = "COPY".to_owned();
        world.two.receive_delivery(&row, false).await.unwrap();
        if postpones {
            let wait = Postponement {
                error: "x",
                next_attempt: 90_000,
                polled_list: true,
                failed: false,
                delivery_count: 1,
                untrusted: true,
                park: false,
            };
            let postponed = world.one.postpone_delivery(leased.pk, "me", wait).await;
            postponed.unwrap();
        } else {
            let end = DeliveryEnd {
                delivery_count: Some(1),
                ..end(DeliveryState::Applied)
            };
            let mut tx = world.one.begin().await.unwrap();
            assert!(tx.finish_delivery(leased.pk, "me", end).await.unwrap());
            tx.commit().await.unwrap();
        }
        let again = world.two.lease_deliveries("you", 10_000, 20_000, 9).await;
        let again = again.unwrap().remove(0);
        assert_eq!((again.key.as_str(), again.attempts), (key, 1));
        assert_eq!(again.list_polls, 0);
        assert_eq!(again.events[0].gateway_type, "COPY");
    }
}

pub(super) async fn a_lease_that_ran_out_is_another_s(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let pk = leased(&world.one, connection_pk, &["d"]).await[0].pk;
    let again = world.two.lease_deliveries("you", 19_999, 30_000, 10).await;
    assert!(again.unwrap().is_empty());
    let again = world.two.lease_deliveries("you", 20_000, 30_000, 10).await;
    assert_eq!(again.unwrap()[0].attempts, 2);
    let mut tx = world.one.begin().await.unwrap();
    let end = end(DeliveryState::Applied);
    assert!(!tx.finish_delivery(pk, "me", end).await.unwrap());
    drop(tx);
    let mut tx = world.two.begin().await.unwrap();
    assert!(tx.finish_delivery(pk, "you", end).await.unwrap());
    tx.commit().await.unwrap();
}

pub(super) async fn a_row_of_another_version_waits_for_it_and_is_parked_in_the_end(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    world
        .one
        .receive_delivery(&delivery(connection_pk, "odd"), false)
        .await
        .unwrap();
    world::execute(
        &world.one,
        "UPDATE deliveries SET events = '[{\"from\":\"later\"}]'",
    )
    .await;
    world
        .one
        .receive_delivery(&delivery(connection_pk, "even"), false)
        .await
        .unwrap();
    let leased = world.two.lease_deliveries("me", 10_000, 20_000, 10).await;
    let keys: Vec<_> = leased.unwrap().into_iter().map(|row| row.key).collect();
    assert_eq!(keys, ["even"]);
    let odd = stored(&world.two, connection_pk, "odd").await;
    assert_eq!(odd.state, DeliveryState::Pending);
    let mut now = 10_000;
    for _ in 1..UNREADABLE_TRIES {
        now += UNREADABLE_WAIT;
        let leased = world.two.lease_deliveries("me", now, now + 1, 10).await;
        assert!(leased.unwrap().iter().all(|row| row.key != "odd"));
    }
    let odd = stored(&world.two, connection_pk, "odd").await;
    assert_eq!(odd.state, DeliveryState::Parked);
    assert!(odd.events.is_empty() && odd.error.unwrap().contains("column events"));
}

pub(super) async fn only_the_owner_of_a_lease_ends_a_delivery(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let pk = leased(&world.one, connection_pk, &["d"]).await[0].pk;
    let finish = async |owner, state| {
        let mut tx = world.two.begin().await.unwrap();
        let done = tx.finish_delivery(pk, owner, end(state)).await;
        tx.commit().await.unwrap();
        done.unwrap()
    };
    assert!(!finish("you", DeliveryState::Applied).await);
    assert_eq!(
        stored(&world.one, connection_pk, "d").await.state,
        DeliveryState::Pending
    );
    assert!(finish("me", DeliveryState::Ignored).await);
    assert!(!finish("me", DeliveryState::Applied).await, "it has ended");
    let wait = Postponement {
        error: "x",
        next_attempt: 1,
        polled_list: true,
        failed: false,
        delivery_count: i64::MAX,
        untrusted: false,
        park: true,
    };
    world.one.postpone_delivery(pk, "me", wait).await.unwrap();
    let found = stored(&world.one, connection_pk, "d").await;
    assert_eq!((found.state, found.error), (DeliveryState::Ignored, None));
}
