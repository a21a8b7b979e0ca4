use payment_provider_core::{ConnectionCode, DedupKey, OrganizationId, PaymentId, PaymentStatus};

use super::rows::*;
use super::*;

fn effect(id: &str) -> DedupKey {
    let id = PaymentId::new(id).unwrap();
    payment_provider_core::Payment::new(id, PaymentStatus::Succeeded, inr(1)).dedup_key()
}

fn all_of(organization: &OrganizationId) -> InboxPage<'_> {
    InboxPage {
        organization,
        connection: None,
        state: None,
        before: i64::MAX,
        limit: 100,
    }
}

pub(super) async fn pages_of_deliveries_follow_each_other(world: World) {
    let main = connected(&world.one, "main").await;
    let other = connected(&world.one, "other").await;
    for number in 0..5 {
        for connection_pk in [main, other] {
            let mut row = delivery(connection_pk, &format!("d{number}"));
            if number == 1 || number == 3 {
                row.state = DeliveryState::Ignored;
            }
            world.one.receive_delivery(&row, false).await.unwrap();
        }
    }
    let (ours, code) = (organization("org"), ConnectionCode::new("main").unwrap());
    let mut page = InboxPage {
        connection: Some(&code),
        limit: 2,
        ..all_of(&ours)
    };
    let mut keys = Vec::new();
    loop {
        let found = world.two.delivery_page(page).await.unwrap();
        assert!(found.iter().all(|(_, row)| row.body.is_empty()));
        assert!(found.iter().all(|(_, row)| row.events.len() == 1));
        assert!(found.iter().all(|(of, _)| *of == code));
        let Some((_, last)) = found.last() else { break };
        page.before = last.pk;
        keys.extend(found.into_iter().map(|(_, row)| row.key));
    }
    assert_eq!(keys, ["d4", "d3", "d2", "d1", "d0"]);
    let ignored = InboxPage {
        state: Some(DeliveryState::Ignored),
        connection: Some(&code),
        ..all_of(&ours)
    };
    let page = world.two.delivery_page(ignored).await.unwrap();
    let keys: Vec<_> = page.into_iter().map(|(_, row)| row.key).collect();
    assert_eq!(keys, ["d3", "d1"]);

    let one = world.two.delivery(main, "d2").await.unwrap().unwrap();
    assert_eq!(one.body, delivery(main, "d2").body);
    assert_eq!((one.connection_pk, one.key.as_str()), (main, "d2"));
    assert!(world.two.delivery(main, "d9").await.unwrap().is_none());
}

pub(super) async fn a_page_is_of_all_connections_of_one_organization(world: World) {
    let store = &world.one;
    // Three connections of which one is used most, one seldom and one not at all; one that is gone;
    // and another organization's, used all the time.
    let mut pks = Vec::new();
    for (who, code) in [
        ("org", "often"),
        ("org", "seldom"),
        ("org", "never"),
        ("org", "gone"),
        ("other", "often"),
    ] {
        let row = connection(who, code);
        assert_eq!(store.insert_connection(&row).await.unwrap(), Inserted::New);
        let found = store.connection(&row.to_ref()).await;
        pks.push(found.unwrap().unwrap().pk);
    }
    let [often, seldom, _, gone, theirs] = pks[..] else {
        unreachable!()
    };
    let receive = async |connection_pk, key: &str, state| {
        let mut row = delivery(connection_pk, key);
        row.state = state;
        store.receive_delivery(&row, false).await.unwrap();
    };
    receive(gone, "gone", DeliveryState::Applied).await;
    let deleted = store.delete_connection(gone, i64::MAX / 2, 0).await;
    assert!(matches!(deleted, Ok(Deletion::Done)), "{deleted:?}");
    let mut expected = Vec::new();
    for number in 0..30 {
        let key = format!("d{number:02}");
        receive(theirs, &key, DeliveryState::Ignored).await;
        let (pk, code) = if number % 10 == 3 {
            (seldom, "seldom")
        } else {
            (often, "often")
        };
        let state = if number % 4 == 3 {
            DeliveryState::Ignored
        } else {
            DeliveryState::Pending
        };
        receive(pk, &key, state).await;
        expected.insert(0, (code.to_owned(), key, state));
    }
    let ours = organization("org");
    for state in [
        None,
        Some(DeliveryState::Ignored),
        Some(DeliveryState::Pending),
        Some(DeliveryState::Parked),
    ] {
        for limit in [1, 2, 7, 100] {
            let mut page = InboxPage {
                state,
                limit,
                ..all_of(&ours)
            };
            let mut seen = Vec::new();
            loop {
                let found = world.two.delivery_page(page).await.unwrap();
                assert!(i64::try_from(found.len()).unwrap() <= limit);
                assert!(found.iter().all(|(_, row)| row.body.is_empty()));
                let Some((_, last)) = found.last() else { break };
                page.before = last.pk;
                let entry = |(code, row): (ConnectionCode, DeliveryRow)| {
                    (code.to_string(), row.key, row.state)
                };
                seen.extend(found.into_iter().map(entry));
            }
            let mut wanted = expected.clone();
            wanted.retain(|(_, _, is)| state.is_none_or(|state| state == *is));
            assert_eq!(seen, wanted, "{state:?} {limit}");
        }
    }
    let unknown_organization = organization("unknown");
    let none = world.two.delivery_page(all_of(&unknown_organization)).await;
    assert!(none.unwrap().is_empty());
}

pub(super) async fn parking_takes_the_lease_away(world: World) {
    let main = connected(&world.one, "main").await;
    let taken = leased(&world.one, main, &["d"]).await.remove(0);
    let parked = world
        .two
        .park_delivery(main, "d", "why", 12_000)
        .await
        .unwrap();
    assert_eq!(parked, ParkOutcome::Parked);

    let mut tx = world.one.begin().await.unwrap();
    let applied = end(DeliveryState::Applied);
    let finished = tx.finish_delivery(taken.pk, "me", applied);
    assert!(!finished.await.unwrap(), "it is the worker's no more");
    drop(tx);
    let wait = Postponement {
        error: "another",
        next_attempt: 0,
        polled_list: false,
        failed: false,
        delivery_count: i64::MAX,
        untrusted: false,
        park: false,
    };
    let postponed = world.one.postpone_delivery(taken.pk, "me", wait);
    postponed.await.unwrap();
    let found = stored(&world.two, main, "d").await;
    assert_eq!(found.state, DeliveryState::Parked);
    assert_eq!(found.error.as_deref(), Some("why"));
    let leased = world.one.lease_deliveries("me", 99_000, 99_001, 9).await;
    assert!(leased.unwrap().is_empty());

    let again = world
        .one
        .park_delivery(main, "d", "other", 12_000)
        .await
        .unwrap();
    assert_eq!(again, ParkOutcome::Not(DeliveryState::Parked));
    let found = stored(&world.two, main, "d").await;
    assert_eq!(found.error.as_deref(), Some("why"));
    let unknown = world
        .one
        .park_delivery(main, "e", "why", 12_000)
        .await
        .unwrap();
    assert_eq!(unknown, ParkOutcome::Unknown);
    let mut row = delivery(main, "ignored");
    row.state = DeliveryState::Ignored;
    world.one.receive_delivery(&row, false).await.unwrap();
    let over = world
        .one
        .park_delivery(main, "ignored", "why", 12_000)
        .await;
    assert_eq!(over.unwrap(), ParkOutcome::Not(DeliveryState::Ignored));
}

pub(super) async fn a_parked_delivery_waits_for_no_name(world: World) {
    let main = connected(&world.one, "main").await;
    let name = TargetName::Order("o1".to_owned());
    for row in leased(&world.one, main, &["parked", "waits"]).await {
        let mut tx = world.one.begin().await.unwrap();
        let unmatched = DeliveryEnd {
            unmatched: std::slice::from_ref(&name),
            ..end(DeliveryState::Unmatched)
        };
        let done = tx.finish_delivery(row.pk, "me", unmatched);
        assert!(done.await.unwrap());
        tx.commit().await.unwrap();
    }
    let parked = world.two.park_delivery(main, "parked", "why", 12_000).await;
    assert_eq!(parked.unwrap(), ParkOutcome::Parked);
    let mut tx = world.one.begin().await.unwrap();
    let names = std::slice::from_ref(&name);
    let requeued = tx.requeue_unmatched(main, names, 1).await;
    assert_eq!(requeued.unwrap(), 1);
    tx.commit().await.unwrap();
    let state = |row: DeliveryRow| row.state;
    let found = stored(&world.two, main, "parked").await;
    assert_eq!(state(found), DeliveryState::Parked);
    let found = stored(&world.two, main, "waits").await;
    assert_eq!(state(found), DeliveryState::Pending);
}

pub(super) async fn all_that_is_parked_is_tried_again(world: World) {
    let main = connected(&world.one, "main").await;
    let other = connected(&world.one, "other").await;
    leased(&world.one, main, &["a", "b", "c"]).await;
    leased(&world.one, other, &["a"]).await;
    for (connection_pk, key) in [(main, "a"), (main, "b"), (other, "a")] {
        let parked = world
            .one
            .park_delivery(connection_pk, key, "why", 12_000)
            .await;
        assert_eq!(parked.unwrap(), ParkOutcome::Parked);
    }
    assert_eq!(world.two.retry_parked(main, 1).await.unwrap(), 2);
    assert_eq!(world.two.retry_parked(main, 1).await.unwrap(), 0);
    let leased = world.one.lease_deliveries("you", 10_000, 20_000, 9).await;
    let mut keys: Vec<_> = leased.unwrap().into_iter().map(|row| row.key).collect();
    keys.sort();
    assert_eq!(keys, ["a", "b"], "the third is leased still");
    let left = stored(&world.two, other, "a").await;
    assert_eq!(left.state, DeliveryState::Parked);
}

pub(super) async fn dedup_keys_are_found_in_the_order_requested(world: World) {
    let main = connected(&world.one, "main").await;
    let other = connected(&world.one, "other").await;
    let payable_pk = owed(&world.one, "inv").await;
    let checkout_pk = asked(&world.one, &checkout(payable_pk, main, 1)).await;
    let mut tx = world.one.begin().await.unwrap();
    let mut pks = Vec::new();
    for id in ["p1", "p2"] {
        let row = payment(checkout_pk, main, id);
        let pk = tx.put_payment(&row).await.unwrap();
        let key = effect(id);
        let put = tx.add_dedup_key(main, &key, pk, 1);
        put.await.unwrap();
        pks.push(pk);
    }
    tx.commit().await.unwrap();
    let mut tx = world.two.begin_read().await.unwrap();
    let keys = [
        (main, effect("p2")),
        (other, effect("p2")),
        (main, effect("p3")),
        (main, effect("p1")),
    ];
    let found = tx.payments_of_dedup_keys(&keys).await.unwrap();
    assert_eq!(found, [Some(pks[1]), None, None, Some(pks[0])]);
    let none = tx.payments_of_dedup_keys(&[]).await.unwrap();
    assert_eq!(none, []);
}

pub(super) async fn the_ledger_is_read_by_organization_and_in_batches(world: World) {
    let main = connected(&world.one, "main").await;
    let mut pks = Vec::new();
    for id in ["a", "b", "c"] {
        let payable_pk = owed(&world.one, id).await;
        let checkout_pk = asked(&world.one, &checkout(payable_pk, main, 1)).await;
        let mut tx = world.one.begin().await.unwrap();
        let row = payment(checkout_pk, main, &format!("of {id}"));
        let pk = tx.put_payment(&row).await.unwrap();
        let key = effect(&format!("of {id}"));
        let put = tx.add_dedup_key(main, &key, pk, 1);
        put.await.unwrap();
        let mut row = refund(checkout_pk, main, &format!("back of {id}"));
        row.refund.payment_id = PaymentId::new(format!("of {id}")).ok();
        tx.put_refund(&row).await.unwrap();
        tx.commit().await.unwrap();
        pks.push(payable_pk);
    }
    let (ours, theirs) = (organization("org"), organization("other"));
    let mut tx = world.two.begin_read().await.unwrap();
    for who in [None, Some(&ours)] {
        let first = tx.audited_payables(who, 0, 2).await.unwrap();
        let found: Vec<_> = first.iter().map(|row| row.pk).collect();
        assert_eq!(found, pks[..2]);
        let rest = tx.audited_payables(who, pks[1], 2).await;
        assert_eq!(rest.unwrap().len(), 1);
        let payments = tx.audited_payments(who, pks[0], pks[2]);
        let ids = payments.await.unwrap().into_iter().map(|row| row.id);
        assert_eq!(ids.collect::<Vec<_>>(), ["of b", "of c"]);
        let refunds = tx.audited_refunds(who, pks[0], pks[2]).await.unwrap();
        let said = |row: &AuditedRefund| {
            let of = pks.iter().position(|pk| *pk == row.payable_pk);
            (row.id.clone(), row.payment_id.clone(), of.unwrap())
        };
        let said: Vec<_> = refunds.iter().map(said).collect();
        let of = |id: &str, number| {
            let payment = Some(format!("of {id}"));
            (format!("back of {id}"), payment, number)
        };
        assert_eq!(said, [of("b", 1), of("c", 2)]);
        let one = &refunds[0];
        assert_eq!(
            (one.connection_pk, one.checkout_connection_pk),
            (main, main)
        );
        assert_eq!(one.organization.as_ref(), Some(&ours));
        assert_eq!((one.status.as_str(), one.amount), ("pending", 500));
        assert_eq!(one.details.as_ref().unwrap().amount, inr(500));
        assert_eq!(tx.count_dedup_keys(who).await.unwrap(), 3);
    }
    let who = Some(&theirs);
    let none = tx.audited_payables(who, 0, 9).await.unwrap();
    assert!(none.is_empty());
    let none = tx.audited_payments(who, 0, pks[2]).await;
    assert!(none.unwrap().is_empty());
    let none = tx.audited_refunds(who, 0, pks[2]).await;
    assert!(none.unwrap().is_empty());
    assert_eq!(tx.count_dedup_keys(who).await.unwrap(), 0);
    let dangling = tx.dangling_rows(None, 9).await.unwrap();
    assert_eq!(dangling, []);
}
