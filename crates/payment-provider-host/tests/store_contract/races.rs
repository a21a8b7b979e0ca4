//! Sixteen callers in two processes, all from one moment on.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::Barrier;

use super::rows::*;
use super::*;
use crate::connections::PlainSetting;

pub(super) const CALLERS: usize = 16;

pub(super) async fn together<T, F>(world: &World, call: impl Fn(usize, Store) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(CALLERS));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (work, start) = (call(caller, world.process(caller)), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                work.await
            })
        })
        .collect();
    let done = join_all(callers).await;
    done.into_iter().map(|done| done.unwrap()).collect()
}

/// Does a step until it is done, as the inbox does: what passes is tried again.
async fn until_done<T, F>(step: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T>>,
{
    loop {
        match step().await {
            Ok(done) => return done,
            Err(error) => assert!(error.is_transient(), "{error}: {}", error.reason()),
        }
    }
}

pub(super) async fn totals_lose_no_update(world: World) {
    let pk = owed(&world.one, "inv").await;
    together(&world, |_, store| async move {
        for _ in 0..10 {
            let mut tx = store.begin().await.unwrap();
            let mut row = tx.payable_by_pk(pk).await.unwrap();
            row.received += 1;
            row.applied += 1;
            tx.put_payable(&row).await.unwrap();
            tx.commit().await.unwrap();
        }
    })
    .await;
    let mut tx = world.one.begin_read().await.unwrap();
    let row = tx.payable_by_pk(pk).await.unwrap();
    assert_eq!(row.received, 160);
}

pub(super) async fn attempts_are_numbered(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let pk = owed(&world.one, "inv").await;
    let row = payable("inv");
    together(&world, |_, store| {
        let row = row.clone();
        async move {
            let mut tx = store.begin().await.unwrap();
            let known = tx.payable(&row.organization, &row.payable).await;
            let pk = known.unwrap().unwrap().pk;
            let known = tx.checkouts_of(pk).await.unwrap();
            let next = i64::try_from(known.len()).unwrap() + 1;
            let row = checkout(pk, connection_pk, next);
            tx.put_checkout(&row).await.unwrap();
            tx.commit().await.unwrap();
        }
    })
    .await;
    let mut tx = world.one.begin_read().await.unwrap();
    let all = tx.checkouts_of(pk).await.unwrap();
    assert_eq!(all.len(), CALLERS);
}

pub(super) async fn a_payable_is_made_once(world: World) {
    for round in 0..5 {
        let row = payable(&format!("inv-{round}"));
        let made = together(&world, |_, store| {
            let row = row.clone();
            async move {
                let mut tx = store.begin().await.unwrap();
                let known = tx.payable(&row.organization, &row.payable).await;
                let (pk, new) = match known.unwrap() {
                    Some(mut known) => {
                        known.received += 1;
                        known.applied += 1;
                        (tx.put_payable(&known).await.unwrap(), false)
                    }
                    None => (tx.put_payable(&row).await.unwrap(), true),
                };
                tx.commit().await.unwrap();
                (pk, new)
            }
        })
        .await;
        assert_eq!(made.iter().filter(|(_, new)| *new).count(), 1);
        let pks: HashSet<_> = made.iter().map(|(pk, _)| *pk).collect();
        assert_eq!(pks.len(), 1);
        let mut tx = world.one.begin_read().await.unwrap();
        let row = tx.payable_by_pk(made[0].0).await.unwrap();
        assert_eq!(row.received, 15, "no write was overwritten");
    }
}

/// Posts one payment on one of these checkouts unless it is posted; returns whether it did.
async fn post(store: &Store, connection_pk: i64, checkout_pk: i64, id: &str) -> Result<bool> {
    let row = payment(checkout_pk, connection_pk, id);
    let key = row.payment.dedup_key();
    let mut tx = store.begin().await?;
    let checkout = tx.checkout_by_pk(checkout_pk).await?;
    let known = tx.payment_by_id(connection_pk, &row.payment.id).await?;
    if tx
        .payment_of_dedup_key(connection_pk, &key)
        .await?
        .is_some()
    {
        return Ok(false);
    }
    let pk = known.map_or(0, |known| known.pk);
    let pk = tx.put_payment(&PaymentRecord { pk, ..row }).await?;
    tx.add_dedup_key(connection_pk, &key, pk, 1).await?;
    let mut owed = tx.payable_by_pk(checkout.payable_pk).await?;
    owed.received += 1_000;
    owed.applied += 1_000;
    tx.put_payable(&owed).await?;
    tx.commit().await?;
    Ok(true)
}

async fn received(store: &Store, pk: i64) -> i64 {
    let mut tx = store.begin_read().await.unwrap();
    tx.payable_by_pk(pk).await.unwrap().received
}

pub(super) async fn an_effect_is_recorded_once(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let payable_pk = owed(&world.one, "inv").await;
    let checkout_pk = asked(&world.one, &checkout(payable_pk, connection_pk, 1)).await;
    for round in 1..=10 {
        let id = format!("p{round}");
        let posted = together(&world, |_, store| {
            let id = id.clone();
            // On one payable they wait for each other, and none fails.
            async move { post(&store, connection_pk, checkout_pk, &id).await.unwrap() }
        })
        .await;
        assert_eq!(posted.iter().filter(|posted| **posted).count(), 1);
        assert_eq!(received(&world.one, payable_pk).await, round * 1_000);
    }
}

pub(super) async fn an_effect_is_recorded_once_on_two_payables(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let mut pks = Vec::new();
    let mut checkouts = Vec::new();
    for id in ["a", "b"] {
        let pk = owed(&world.one, id).await;
        checkouts.push(asked(&world.one, &checkout(pk, connection_pk, 1)).await);
        pks.push(pk);
    }
    for round in 1..=10 {
        let id = format!("p{round}");
        let posted = together(&world, |caller, store| {
            let (id, checkout_pk) = (id.clone(), checkouts[caller / 2 % 2]);
            async move { until_done(|| post(&store, connection_pk, checkout_pk, &id)).await }
        })
        .await;
        assert_eq!(posted.iter().filter(|posted| **posted).count(), 1);
        let all = received(&world.one, pks[0]).await + received(&world.two, pks[1]).await;
        assert_eq!(all, round * 1_000);
    }
}

/// Says that a payment is another one under a second id, unless it is known by then.
async fn alias(
    store: &Store,
    connection_pk: i64,
    checkout_pk: i64,
    (id, other): (&str, i64),
) -> Result<bool> {
    let key = payment(checkout_pk, connection_pk, id).payment.dedup_key();
    let mut tx = store.begin().await?;
    tx.checkout_by_pk(checkout_pk).await?;
    let known = tx.payment_of_dedup_key(connection_pk, &key).await?;
    if known.is_none() {
        tx.add_dedup_key(connection_pk, &key, other, 1).await?;
        tx.commit().await?;
    }
    Ok(known.is_none())
}

/// On one payable the payment is taken for another under a second id, on the other it is posted.
pub(super) async fn a_payment_is_posted_or_taken_for_another_and_not_both(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let mut checkouts = Vec::new();
    for id in ["a", "b"] {
        let pk = owed(&world.one, id).await;
        checkouts.push(asked(&world.one, &checkout(pk, connection_pk, 1)).await);
    }
    let mut tx = world.one.begin().await.unwrap();
    let other = payment(checkouts[0], connection_pk, "other");
    let other = tx.put_payment(&other).await.unwrap();
    tx.commit().await.unwrap();
    for round in 0..20 {
        let id = format!("p{round}");
        let (first, second) = (checkouts[0], checkouts[1]);
        let done = together(&world, |caller, store| {
            let id = id.clone();
            async move {
                if caller / 2 % 2 == 0 {
                    let named = (id.as_str(), other);
                    until_done(|| alias(&store, connection_pk, first, named)).await
                } else {
                    until_done(|| post(&store, connection_pk, second, &id)).await
                }
            }
        })
        .await;
        let done = done.iter().filter(|done| **done).count();
        assert_eq!(done, 1, "round {round}");
    }
}

pub(super) async fn payables_are_held_in_one_order(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let mut pks = Vec::new();
    let mut names = Vec::new();
    for number in 0..4 {
        let payable_pk = owed(&world.one, &format!("inv-{number}")).await;
        let row = checkout(payable_pk, connection_pk, 1);
        pks.push(asked(&world.one, &row).await);
        names.push(TargetName::Reference(row.reference.to_string()));
    }
    together(&world, |caller, store| {
        let (mut pks, mut names) = (pks.clone(), names.clone());
        pks.rotate_left(caller % 4);
        names.rotate_left(caller % 4);
        if caller % 3 == 0 {
            pks.reverse();
            names.reverse();
        }
        async move {
            for _ in 0..10 {
                let mut tx = store.begin().await.unwrap();
                let by_name = &names[..2];
                let by_key = &pks[2..];
                let held = tx.lock_payables(connection_pk, by_name, by_key).await;
                held.unwrap();
                for pk in &pks {
                    let row = tx.checkout_by_pk(*pk).await.unwrap();
                    let mut owed = tx.payable_by_pk(row.payable_pk).await.unwrap();
                    owed.received += 1;
                    owed.applied += 1;
                    tx.put_payable(&owed).await.unwrap();
                }
                tx.commit().await.unwrap();
            }
        }
    })
    .await;
    let mut tx = world.one.begin_read().await.unwrap();
    for pk in pks {
        let row = tx.checkout_by_pk(pk).await.unwrap();
        let owed = tx.payable_by_pk(row.payable_pk).await.unwrap();
        assert_eq!(owed.received, 160);
    }
}

pub(super) async fn settings_are_compared_and_swapped(world: World) {
    let pk = connected(&world.one, "main").await;
    together(&world, |caller, store| async move {
        loop {
            let mut row = store.connection_by_pk(pk).await.unwrap().unwrap();
            row.plain
                .insert(format!("f{caller}"), PlainSetting::Flag(true));
            if store.update_settings(&row).await.unwrap() {
                return;
            }
        }
    })
    .await;
    let row = world.one.connection_by_pk(pk).await.unwrap().unwrap();
    assert_eq!(row.plain.len(), CALLERS + 1);
    assert_eq!(row.version, 17);
}

/// A handler runs a statement that fails and does not say so: what it hides must not look durable.
pub(super) async fn a_handlers_mistake_is_not_committed(world: World) {
    let pk = owed(&world.one, "inv").await;
    let mut tx = world.one.begin().await.unwrap();
    let mut row = tx.payable_by_pk(pk).await.unwrap();
    row.received = 5;
    row.applied = 5;
    tx.put_payable(&row).await.unwrap();
    let failed = world::run(&world.one, &mut tx, "SELECT * FROM no_such_table").await;
    assert!(failed.is_err());
    let committed = tx.commit().await.is_ok();
    let expected = if committed { 5 } else { 0 };
    assert_eq!(received(&world.two, pk).await, expected);
}
