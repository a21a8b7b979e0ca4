use payment_provider_core::*;

use super::rows::*;
use super::*;

pub(super) async fn a_delivery_is_stored_once_and_its_copies_counted(world: World) {
    let first = connected(&world.one, "first").await;
    let second = connected(&world.one, "second").await;
    let row = delivery(first, "d");
    let received = world.one.receive_delivery(&row, false).await.unwrap();
    assert_eq!(received, Received::New);
    for copies in [2, 3] {
        let received = world.two.receive_delivery(&row, false).await.unwrap();
        let again = Received::Duplicate {
            count: copies,
            is_first_trusted: false,
        };
        assert_eq!(received, again);
    }
    // Another connection's delivery of the same bytes is its own.
    let received = world
        .two
        .receive_delivery(&delivery(second, "d"), false)
        .await;
    assert_eq!(received.unwrap(), Received::New);
    let found = stored(&world.two, first, "d").await;
    assert_eq!(found.body, row.body, "byte for byte");
    assert_eq!(found.events, row.events);
    assert_eq!(found.timestamp_check, TimestampCheck::Fresh);
    assert_eq!((found.delivery_count, found.received_at), (3, 5_000));
    assert_eq!(found.matched_secret.as_deref(), Some("key 0"));
    assert_eq!(found.state, DeliveryState::Pending);
}

pub(super) async fn copies_are_tried_again_by_what_became_of_the_first(world: World) {
    use DeliveryState::{Applied, Ignored, Parked, Pending, Unmatched};
    use TimestampCheck::{Fresh, Stale};
    let connection_pk = connected(&world.one, "main").await;
    let events_of = |word: &str| {
        vec![Event::new(
            word,
            EventTarget::none(),
            EventKind::FetchNeeded,
        )]
    };
    // The state and freshness of the first; the freshness of the duplicate and if it may report a change;
    // then the resulting state, and if the duplicate's events replace the first's.
    let cases = [
        (Applied, Fresh, Fresh, false, Applied, false),
        (Applied, Fresh, Fresh, true, Pending, false),
        (Applied, Stale, Fresh, true, Pending, true),
        (Unmatched, Fresh, Fresh, true, Pending, false),
        (Unmatched, Fresh, Fresh, false, Unmatched, false),
        (Parked, Fresh, Fresh, false, Pending, true),
        (Parked, Fresh, Stale, false, Pending, false),
        (Ignored, Fresh, Stale, false, Pending, true),
        (Pending, Fresh, Fresh, true, Pending, false),
        (Pending, Stale, Fresh, true, Pending, true),
        (Applied, Stale, Fresh, false, Pending, true),
        (Unmatched, Stale, Fresh, false, Pending, true),
        (Pending, Stale, Fresh, false, Pending, true),
        (Applied, Stale, Stale, false, Applied, false),
        (Applied, Fresh, Stale, false, Applied, false),
    ];
    for (number, (state, timestamp_check, copy, again, then, replaced)) in
        cases.into_iter().enumerate()
    {
        let key = format!("d{number}");
        let mut row = delivery(connection_pk, &key);
        (row.timestamp_check, row.events) = (timestamp_check, events_of("FIRST"));
        world.one.receive_delivery(&row, false).await.unwrap();
        let leased = world.one.lease_deliveries("me", 10_000, 20_000, 100).await;
        let leased = leased.unwrap().into_iter().find(|row| row.key == key);
        let pk = leased.unwrap().pk;
        if state == Parked || state == Pending {
            let wait = Postponement {
                error: "x",
                next_attempt: 90_000,
                polled_list: true,
                failed: false,
                delivery_count: i64::MAX,
                untrusted: false,
                park: state == Parked,
            };
            world.one.postpone_delivery(pk, "me", wait).await.unwrap();
        } else {
            let mut tx = world.one.begin().await.unwrap();
            let done = tx.finish_delivery(pk, "me", end(state)).await;
            assert!(done.unwrap());
            tx.commit().await.unwrap();
        }
        (row.timestamp_check, row.events) = (copy, events_of("COPY"));
        world.two.receive_delivery(&row, again).await.unwrap();
        let found = stored(&world.two, connection_pk, &key).await;
        assert_eq!(found.state, then, "case {number}");
        let kept = if replaced { "COPY" } else { "FIRST" };
        assert_eq!(found.events[0].gateway_type, kept, "case {number}");
        let expected = if replaced { copy } else { timestamp_check };
        assert_eq!(found.timestamp_check, expected, "case {number}");
        if state != Pending && then == Pending {
            assert_eq!((found.attempts, found.list_polls), (0, 0), "case {number}");
        }
    }
}

pub(super) async fn receiving_records_which_secret_verified(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let other = connected(&world.one, "other").await;
    for (number, label) in [Some("key 1"), Some("key 0"), None].into_iter().enumerate() {
        let mut row = delivery(connection_pk, &format!("d{number}"));
        row.matched_secret = label.map(str::to_owned);
        row.received_at = 100 + i64::try_from(number).unwrap();
        world.one.receive_delivery(&row, false).await.unwrap();
        let found = world.two.connection_by_pk(connection_pk).await;
        let found = found.unwrap().unwrap();
        assert_eq!(found.matched_secret.as_deref(), label);
        assert_eq!(found.matched_at, Some(row.received_at));
        assert_eq!(found.version, 1);
    }
    for (key, label, received_at, matched_at) in [
        ("held up", Some("key 1"), 101, 102),
        ("in the same minute", None, 60_101, 102),
        (
            "another's, in the same minute",
            Some("key 1"),
            60_101,
            60_101,
        ),
        ("a minute later", Some("key 1"), 120_101, 120_101),
    ] {
        let row = DeliveryRow {
            matched_secret: label.map(str::to_owned),
            received_at,
            ..delivery(connection_pk, key)
        };
        world.one.receive_delivery(&row, false).await.unwrap();
        let found = world.two.connection_by_pk(connection_pk).await;
        assert_eq!(
            found.unwrap().unwrap().matched_at,
            Some(matched_at),
            "{key}"
        );
    }
    let untouched = world.two.connection_by_pk(other).await.unwrap();
    assert_eq!(untouched.unwrap().matched_at, None);
}

pub(super) async fn a_duplicate_that_came_meanwhile_is_applied(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    for (key, timestamp_check, known, expected) in [
        (
            "new",
            TimestampCheck::Fresh,
            Some(1),
            DeliveryState::Pending,
        ),
        (
            "known",
            TimestampCheck::Fresh,
            Some(2),
            DeliveryState::Applied,
        ),
        (
            "nothing new",
            TimestampCheck::Fresh,
            None,
            DeliveryState::Applied,
        ),
        (
            "stale",
            TimestampCheck::Stale,
            Some(1),
            DeliveryState::Applied,
        ),
    ] {
        let mut row = delivery(connection_pk, key);
        row.timestamp_check = timestamp_check;
        world.one.receive_delivery(&row, false).await.unwrap();
        let taken = world.one.lease_deliveries("me", 10_000, 20_000, 1).await;
        let pk = taken.unwrap()[0].pk;
        // While it is worked on.
        world.two.receive_delivery(&row, false).await.unwrap();
        let end = DeliveryEnd {
            delivery_count: known,
            ..end(DeliveryState::Applied)
        };
        let mut tx = world.one.begin().await.unwrap();
        assert!(tx.finish_delivery(pk, "me", end).await.unwrap());
        tx.commit().await.unwrap();
        let found = stored(&world.two, connection_pk, key).await;
        assert_eq!(found.state, expected, "{key}");
        if expected == DeliveryState::Pending {
            assert_eq!(found.attempts, 0);
            // Out of the way of the next.
            let taken = world.one.lease_deliveries("me", 10_000, i64::MAX, 1).await;
            assert_eq!(taken.unwrap()[0].key, key);
        }
    }
}

pub(super) async fn a_postponed_delivery_waits_or_is_parked(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let rows = leased(&world.one, connection_pk, &["waits", "parked"]).await;
    for row in &rows {
        let park = row.key == "parked";
        let wait = Postponement {
            error: "not now",
            next_attempt: 15_000,
            polled_list: !park,
            failed: park,
            park,
            delivery_count: row.delivery_count,
            untrusted: false,
        };
        world
            .two
            .postpone_delivery(row.pk, "you", wait)
            .await
            .unwrap();
        assert_eq!(
            stored(&world.one, connection_pk, &row.key).await.error,
            None
        );
        world
            .two
            .postpone_delivery(row.pk, "me", wait)
            .await
            .unwrap();
    }
    let waits = stored(&world.one, connection_pk, "waits").await;
    assert_eq!((waits.state, waits.list_polls), (DeliveryState::Pending, 1));
    assert_eq!(waits.error.as_deref(), Some("not now"));
    let parked = stored(&world.one, connection_pk, "parked").await;
    assert_eq!(
        (parked.state, parked.list_polls),
        (DeliveryState::Parked, 0)
    );
    let due = world.one.lease_deliveries("me", 15_000, 30_000, 10).await;
    let keys: Vec<_> = due.unwrap().into_iter().map(|row| row.key).collect();
    assert_eq!(keys, ["waits"]);
}

pub(super) async fn retrying_is_for_what_does_not_wait(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let pk = leased(&world.one, connection_pk, &["d"]).await[0].pk;
    let retry = async |key: &str| world.two.retry_delivery(connection_pk, key).await.unwrap();
    assert!(!retry("d").await, "it is pending");
    assert!(!retry("none").await);
    assert!(!retry("no\0ne").await);
    let mut tx = world.one.begin().await.unwrap();
    let end = end(DeliveryState::Applied);
    assert!(tx.finish_delivery(pk, "me", end).await.unwrap());
    tx.commit().await.unwrap();
    assert!(retry("d").await);
    let found = stored(&world.one, connection_pk, "d").await;
    assert_eq!((found.state, found.attempts), (DeliveryState::Pending, 0));
}

pub(super) async fn unmatched_deliveries_come_back_by_name(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let other = connected(&world.one, "other").await;
    let rows = leased(&world.one, connection_pk, &["a", "b", "c"]).await;
    let name = |id: &str| TargetName::Order(id.to_owned());
    for (row, names) in rows.iter().zip([
        vec![name("o1"), name("o2")],
        vec![name("o2")],
        vec![TargetName::Reference("o2".to_owned())],
    ]) {
        let end = DeliveryEnd {
            unmatched: &names,
            ..end(DeliveryState::Unmatched)
        };
        let mut tx = world.one.begin().await.unwrap();
        assert!(tx.finish_delivery(row.pk, "me", end).await.unwrap());
        tx.commit().await.unwrap();
    }
    let requeue = async |connection_pk, names: &[TargetName]| {
        let mut tx = world.two.begin().await.unwrap();
        let count = tx.requeue_unmatched(connection_pk, names, 7_000).await;
        tx.commit().await.unwrap();
        count.unwrap()
    };
    assert_eq!(requeue(connection_pk, &[]).await, 0);
    assert_eq!(requeue(other, &[name("o2")]).await, 0);
    assert_eq!(requeue(connection_pk, &[name("o1"), name("o2")]).await, 2);
    assert_eq!(requeue(connection_pk, &[name("o1"), name("o2")]).await, 0);
    for (key, state) in [
        ("a", DeliveryState::Pending),
        ("b", DeliveryState::Pending),
        ("c", DeliveryState::Unmatched),
    ] {
        let found = stored(&world.one, connection_pk, key).await;
        assert_eq!(found.state, state, "{key}");
    }
    let due = world
        .one
        .lease_deliveries("me", 7_000, 8_000, 10)
        .await
        .unwrap();
    assert_eq!(due.len(), 2);
}

pub(super) async fn what_is_known_by_now_is_not_unmatched(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let payable_pk = owed(&world.one, "inv").await;
    let pk = leased(&world.one, connection_pk, &["d"]).await[0].pk;
    let row = checkout(payable_pk, connection_pk, 1);
    asked(&world.two, &row).await;
    let names = [
        TargetName::Order("unknown".to_owned()),
        TargetName::Reference(row.reference.to_string()),
    ];
    let end = DeliveryEnd {
        unmatched: &names,
        ..end(DeliveryState::Unmatched)
    };
    let mut tx = world.one.begin().await.unwrap();
    assert!(tx.finish_delivery(pk, "me", end).await.unwrap());
    tx.commit().await.unwrap();
    let found = stored(&world.two, connection_pk, "d").await;
    assert_eq!(found.state, DeliveryState::Pending);
    let due = world.one.lease_deliveries("me", 10_000, 20_000, 10).await;
    assert_eq!(due.unwrap().len(), 1, "at once");
}

pub(super) async fn the_latest_come_first(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    for key in ["a", "b", "c"] {
        let row = delivery(connection_pk, key);
        world.one.receive_delivery(&row, false).await.unwrap();
    }
    let keys = async |limit| -> Vec<String> {
        let rows = world.two.deliveries(connection_pk, limit).await.unwrap();
        rows.into_iter().map(|row| row.key).collect()
    };
    assert_eq!(keys(2).await, ["c", "b"]);
    assert_eq!(keys(10).await, ["c", "b", "a"]);
    assert!(
        world
            .two
            .deliveries(connection_pk + 1, 10)
            .await
            .unwrap()
            .is_empty()
    );
}
