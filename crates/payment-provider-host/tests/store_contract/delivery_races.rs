//! Deliveries that several processes receive, lease and apply at once.

use std::collections::HashSet;

use super::races::{CALLERS, together};
use super::rows::*;
use super::*;

pub(super) async fn no_delivery_is_leased_twice(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    for number in 0..200 {
        let row = delivery(connection_pk, &format!("d{number}"));
        world.one.receive_delivery(&row, false).await.unwrap();
    }
    let leased = together(&world, |caller, store| async move {
        let owner = format!("owner {caller}");
        let mut mine = Vec::new();
        let mut in_vain = 0;
        // Rows that others are taking are passed over, so that one look finds nothing is no end.
        while in_vain < 3 {
            let rows = store
                .lease_deliveries(&owner, 10_000, 20_000, 8)
                .await
                .unwrap();
            assert!(rows.len() <= 8, "{} at once", rows.len());
            in_vain = if rows.is_empty() { in_vain + 1 } else { 0 };
            mine.extend(rows.into_iter().map(|row| row.pk));
        }
        mine
    })
    .await;
    let all: Vec<_> = leased.into_iter().flatten().collect();
    let different: HashSet<_> = all.iter().collect();
    assert_eq!((all.len(), different.len()), (200, 200));
}

pub(super) async fn copies_are_all_counted(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let received = together(&world, |_, store| async move {
        let mut received = Vec::new();
        for _ in 0..5 {
            let row = delivery(connection_pk, "d");
            received.push(store.receive_delivery(&row, false).await.unwrap());
        }
        received
    })
    .await;
    let counts: HashSet<i64> = received
        .into_iter()
        .flatten()
        .map(|received| match received {
            Received::New => 1,
            Received::Duplicate { count, .. } => count,
            Received::Refused => 0,
        })
        .collect();
    assert_eq!(counts, (1..=80).collect());
}

/// Half of them conclude that a delivery has to wait for a name, the other half make it known.
pub(super) async fn a_name_that_becomes_known_leaves_no_delivery_waiting(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let mut pks = Vec::new();
    for number in 0..CALLERS / 2 {
        let payable_pk = owed(&world.one, &format!("inv-{number}")).await;
        pks.push(asked(&world.one, &checkout(payable_pk, connection_pk, 1)).await);
    }
    for round in 0..20 {
        let keys: Vec<String> = (0..CALLERS / 2).map(|n| format!("{round}-{n}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let rows = leased(&world.one, connection_pk, &keys).await;
        together(&world, |caller, store| {
            let number = caller / 2;
            let name = TargetName::GatewayId(format!("g{round}-{number}"));
            let (delivery_pk, checkout_pk) = (rows[number].pk, pks[number]);
            let makes_known = (caller + number) % 2 == 0;
            async move {
                let names = [name.clone()];
                let mut tx = store.begin().await.unwrap();
                if makes_known {
                    let mut row = tx.checkout_by_pk(checkout_pk).await.unwrap();
                    row.gateway_id = Some(name.id().to_owned());
                    tx.put_checkout(&row).await.unwrap();
                    let requeued = tx.requeue_unmatched(connection_pk, &names, 10_000).await;
                    requeued.unwrap();
                } else {
                    let found = tx.checkout_by_name(connection_pk, &name).await;
                    let unmatched: &[_] = if found.unwrap().is_some() {
                        &[]
                    } else {
                        &names
                    };
                    let end = DeliveryEnd {
                        unmatched,
                        ..end(if unmatched.is_empty() {
                            DeliveryState::Applied
                        } else {
                            DeliveryState::Unmatched
                        })
                    };
                    let done = tx.finish_delivery(delivery_pk, "me", end).await;
                    assert!(done.unwrap());
                }
                tx.commit().await.unwrap();
            }
        })
        .await;
        for key in &keys {
            let found = stored(&world.one, connection_pk, key).await;
            assert_ne!(found.state, DeliveryState::Unmatched, "{key}");
            let pk = found.pk;
            if found.state == DeliveryState::Pending {
                let again = world.one.lease_deliveries("me", 20_000, 30_000, 100).await;
                for row in again.unwrap() {
                    let mut tx = world.one.begin().await.unwrap();
                    let end = end(DeliveryState::Applied);
                    let done = tx.finish_delivery(row.pk, "me", end).await;
                    assert!(done.unwrap(), "{pk}");
                    tx.commit().await.unwrap();
                }
            }
        }
    }
}
