use super::races::together;
use super::rows::*;
use super::*;

pub(super) async fn a_lease_is_renewed_by_its_owner_alone<S: Store>(world: World<S>) {
    let connection_pk = connected(&*world.one, "main").await;
    let pk = leased(&*world.one, connection_pk, &["d"]).await[0].pk;
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
    assert_eq!(stored(&*world.one, connection_pk, "d").await.attempts, 2);
}

pub(super) async fn renewing_shortens_no_lease<S: Store>(world: World<S>) {
    let connection_pk = connected(&*world.one, "main").await;
    let pk = leased(&*world.one, connection_pk, &["d"]).await[0].pk;
    assert!(world.one.renew_lease(pk, "me", 11_000).await.unwrap());
    let early = world.two.lease_deliveries("you", 19_999, 30_000, 10).await;
    assert!(early.unwrap().is_empty());
    // One that ran out, and that nobody took, is its owner's still.
    assert!(world.one.renew_lease(pk, "me", 25_000).await.unwrap());
    let early = world.two.lease_deliveries("you", 24_999, 30_000, 10).await;
    assert!(early.unwrap().is_empty());
}

pub(super) async fn what_has_ended_or_waits_has_no_lease<S: Store>(world: World<S>) {
    let connection_pk = connected(&*world.one, "main").await;
    let rows = leased(&*world.one, connection_pk, &["ended", "waits"]).await;
    let mut tx = world.one.begin().await.unwrap();
    let applied = end(DeliveryState::Applied);
    let done = world
        .one
        .finish_delivery(&mut tx, rows[0].pk, "me", applied);
    assert!(done.await.unwrap());
    world.one.commit(tx).await.unwrap();
    let wait = Postponed {
        error: "not now",
        next_attempt: 12_000,
        looked: false,
        failed: false,
        copies: i64::MAX,
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

pub(super) async fn a_lease_that_runs_out_is_renewed_or_taken_and_not_both<S: Store>(
    world: World<S>,
) {
    let connection_pk = connected(&*world.one, "main").await;
    for round in 0..20 {
        let key = format!("d{round}");
        let pk = leased(&*world.one, connection_pk, &[&key]).await[0].pk;
        let had = together(&world, move |caller, store| async move {
            if caller == 0 {
                return store.renew_lease(pk, "me", i64::MAX).await.unwrap();
            }
            let owner = format!("owner {caller}");
            let taken = store.lease_deliveries(&owner, 20_000, i64::MAX, 10).await;
            !taken.unwrap().is_empty()
        })
        .await;
        assert_eq!(had.into_iter().filter(|had| *had).count(), 1, "{round}");
    }
}
