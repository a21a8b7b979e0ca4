use payment_provider_core::*;

use super::rows::*;
use super::*;

/// A connection, a payable, and a checkout of it; their keys.
async fn ground(store: &Store) -> (i64, i64, i64) {
    let connection_pk = connected(store, "main").await;
    let payable_pk = owed(store, "inv").await;
    let checkout_pk = asked(store, &checkout(payable_pk, connection_pk, 1)).await;
    (connection_pk, payable_pk, checkout_pk)
}

pub(super) async fn a_refund_is_written_and_changed(world: World) {
    let (connection_pk, payable_pk, checkout_pk) = ground(&world.one).await;
    let second = asked(&world.one, &checkout(payable_pk, connection_pk, 2)).await;
    let mut tx = world.one.begin().await.unwrap();
    let mut row = refund(checkout_pk, connection_pk, "r1");
    row.pk = tx.put_refund(&row).await.unwrap();
    let mut other = refund(second, connection_pk, "r'2; @x $1");
    other.refund.status = RefundStatus::Unknown("a\0b ₹ @refunds".to_owned());
    other.pk = tx.put_refund(&other).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = world.two.begin().await.unwrap();
    let id = row.refund.id.clone();
    let found = tx.refund_by_id(connection_pk, &id).await;
    assert_eq!(found.unwrap().as_ref(), Some(&row));
    row.refund.status = RefundStatus::Succeeded;
    row.refund.payment_id = PaymentId::new("p1").ok();
    row.refund.amount = inr(700);
    row.checkout_pk = second;
    let change = RefundRecord {
        seen_at: 1,
        ..row.clone()
    };
    let written = tx.put_refund(&change).await.unwrap();
    assert_eq!(written, row.pk);
    tx.commit().await.unwrap();

    let mut tx = world.one.begin_read().await.unwrap();
    let all = tx.refunds_of_payable(payable_pk).await;
    assert_eq!(all.unwrap(), [row, other], "when it was seen first is kept");
    let elsewhere = tx.refund_by_id(connection_pk + 1, &id).await;
    assert_eq!(elsewhere.unwrap(), None);
    let keys = AccountKeys {
        payables: &[payable_pk + 1],
        ..AccountKeys::default()
    };
    assert!(tx.accounts(&keys).await.unwrap().is_empty());
}

pub(super) async fn a_refund_that_is_there_is_not_made_again(world: World) {
    let (connection_pk, payable_pk, checkout_pk) = ground(&world.one).await;
    let row = refund(checkout_pk, connection_pk, "r1");
    let mut tx = world.one.begin().await.unwrap();
    tx.put_refund(&row).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.two.begin().await.unwrap();
    assert!(tx.put_refund(&row).await.is_err());
    drop(tx);
    let mut tx = world.two.begin_read().await.unwrap();
    let all = tx.refunds_of_payable(payable_pk).await;
    assert_eq!(all.unwrap().len(), 1);
}

pub(super) async fn what_was_refunded_is_kept_with_the_payable(world: World) {
    let pk = owed(&world.one, "inv").await;
    let mut tx = world.one.begin().await.unwrap();
    let mut row = tx.payable_by_pk(pk).await.unwrap();
    assert_eq!(row.refunded, 0);
    // More than was received: the report of the payment may be on its way.
    row.refunded = 30_000;
    tx.put_payable(&row).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.two.begin_read().await.unwrap();
    let found = tx.payable_by_pk(pk).await.unwrap();
    assert_eq!((found.received, found.refunded), (0, 30_000));
}

pub(super) async fn a_posted_payment_is_a_name_under_each_of_its_ids(world: World) {
    let (connection_pk, payable_pk, checkout_pk) = ground(&world.one).await;
    let name = |id: &str| TargetName::Payment(PaymentId::new(id).unwrap());
    let store = &world.one;
    let mut tx = store.begin().await.unwrap();
    let mut row = payment(checkout_pk, connection_pk, "p1");
    row.pk = tx.put_payment(&row).await.unwrap();
    let found = tx.checkout_by_name(connection_pk, &name("p1")).await;
    assert!(found.unwrap().is_none(), "its money is not posted yet");
    for id in ["p1", "other"] {
        let known_as = PaymentId::new(id).unwrap();
        let known_as = Payment::new(known_as, PaymentStatus::Succeeded, inr(1));
        let key = known_as.dedup_key();
        tx.add_dedup_key(connection_pk, &key, row.pk, 1)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    for id in ["p1", "other"] {
        let mut tx = world.two.begin().await.unwrap();
        tx.lock_payables(connection_pk, &[name(id)], &[])
            .await
            .unwrap();
        let found = tx.checkout_by_name(connection_pk, &name(id)).await;
        assert_eq!(found.unwrap().unwrap().payable_pk, payable_pk, "{id}");
        let elsewhere = tx.checkout_by_name(connection_pk + 1, &name(id)).await;
        assert!(elsewhere.unwrap().is_none());
    }
}

pub(super) async fn a_delivery_that_waits_for_a_payment_comes_back(world: World) {
    let (connection_pk, ..) = ground(&world.one).await;
    let delivery = leased(&world.one, connection_pk, &["d"]).await.remove(0);
    let waits_for = [TargetName::Payment(PaymentId::new("p1").unwrap())];
    let end = DeliveryEnd {
        unmatched: &waits_for,
        ..end(DeliveryState::Unmatched)
    };
    let mut tx = world.one.begin().await.unwrap();
    let done = tx.finish_delivery(delivery.pk, "me", end);
    assert!(done.await.unwrap());
    tx.commit().await.unwrap();
    let mut tx = world.two.begin().await.unwrap();
    let requeued = tx.requeue_unmatched(connection_pk, &waits_for, 1).await;
    assert_eq!(requeued.unwrap(), 1);
    tx.commit().await.unwrap();
    let row = stored(&world.one, connection_pk, "d").await;
    assert_eq!(row.state, DeliveryState::Pending);
}
