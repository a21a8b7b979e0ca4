use payment_provider_core::*;

use super::rows::*;
use super::*;
use crate::accounting::AllocationOutcome;

/// A connection and a checkout; their keys.
async fn ground(store: &Store) -> (i64, i64, i64) {
    let connection_pk = connected(store, "main").await;
    let payable_pk = owed(store, "inv").await;
    let checkout_pk = asked(store, &checkout(payable_pk, connection_pk, 1)).await;
    (connection_pk, payable_pk, checkout_pk)
}

pub(super) async fn a_payment_is_written_and_changed(world: World) {
    let (connection_pk, payable_pk, checkout_pk) = ground(&world.one).await;
    let mut tx = world.one.begin().await.unwrap();
    let mut row = payment(checkout_pk, connection_pk, "p1");
    row.payment.status = PaymentStatus::Pending;
    row.pk = tx.put_payment(&row).await.unwrap();
    let second = payment(checkout_pk, connection_pk, "p2");
    let second = tx.put_payment(&second).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = world.two.begin().await.unwrap();
    let id = PaymentId::new("p1").unwrap();
    let found = tx.payment_by_id(connection_pk, &id).await;
    assert_eq!(found.unwrap().unwrap().payment, row.payment);
    row.payment.status = PaymentStatus::Succeeded;
    row.payment.order_id = OrderId::new("o1").ok();
    (row.outcome, row.applied, row.overpaid) = (Some(AllocationOutcome::Over), 900, 100);
    row.seen_at = 1;
    assert_eq!(tx.put_payment(&row).await.unwrap(), row.pk);
    tx.commit().await.unwrap();

    let mut tx = world.one.begin_read().await.unwrap();
    let of_checkout = tx.payments_of_checkout(checkout_pk).await;
    let of_checkout = of_checkout.unwrap();
    let of_payable = tx.payments_of_payable(payable_pk).await;
    for rows in [of_checkout, of_payable.unwrap()] {
        let pks: Vec<_> = rows.iter().map(|row| row.pk).collect();
        assert_eq!(pks, [row.pk, second]);
        assert_eq!(rows[0].payment, row.payment);
        assert_eq!(rows[0].outcome, Some(AllocationOutcome::Over));
        assert_eq!((rows[0].applied, rows[0].overpaid), (900, 100));
        assert_eq!(rows[0].seen_at, 4_000, "when it was seen first");
        assert!(!rows[1].is_posted());
    }
}

pub(super) async fn a_dedup_key_is_added_once(world: World) {
    let (connection_pk, _, checkout_pk) = ground(&world.one).await;
    let mut tx = world.one.begin().await.unwrap();
    let one = payment(checkout_pk, connection_pk, "p1");
    let first = tx.put_payment(&one).await.unwrap();
    let two = payment(checkout_pk, connection_pk, "p2");
    let second = tx.put_payment(&two).await.unwrap();
    let key = one.payment.dedup_key();
    let found = tx.payment_of_dedup_key(connection_pk, &key).await;
    assert_eq!(found.unwrap(), None);
    tx.add_dedup_key(connection_pk, &key, first, 1)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.two.begin().await.unwrap();
    let again = tx.add_dedup_key(connection_pk, &key, second, 2).await;
    assert!(again.unwrap_err().is_conflict());
    drop(tx);
    let mut tx = world.one.begin().await.unwrap();
    let found = tx.payment_of_dedup_key(connection_pk, &key).await;
    assert_eq!(found.unwrap(), Some(first));
}

pub(super) async fn merging_keeps_the_dedup_keys(world: World) {
    let (connection_pk, _, checkout_pk) = ground(&world.one).await;
    let mut tx = world.one.begin().await.unwrap();
    let gone = payment(checkout_pk, connection_pk, "gone");
    let gone_pk = tx.put_payment(&gone).await.unwrap();
    let kept = payment(checkout_pk, connection_pk, "kept");
    let kept_pk = tx.put_payment(&kept).await.unwrap();
    let key = gone.payment.dedup_key();
    tx.add_dedup_key(connection_pk, &key, gone_pk, 1)
        .await
        .unwrap();
    tx.merge_payments(gone_pk, kept_pk).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.two.begin().await.unwrap();
    let found = tx.payment_of_dedup_key(connection_pk, &key).await;
    assert_eq!(found.unwrap(), Some(kept_pk));
    let id = PaymentId::new("gone").unwrap();
    let found = tx.payment_by_id(connection_pk, &id).await;
    assert!(found.unwrap().is_none());
}

pub(super) async fn texts_that_gateways_could_send_are_kept(world: World) {
    let (connection_pk, payable_pk, checkout_pk) = ground(&world.one).await;
    let hostile = "a\0b'; DROP TABLE payments; -- ₹ \u{202e} \"$1\" @payments";
    let mut tx = world.one.begin().await.unwrap();
    let mut row = payment(checkout_pk, connection_pk, "p'1; @x $1");
    row.payment.status = PaymentStatus::Unknown(hostile.to_owned());
    let key = row.payment.dedup_key();
    let found = tx.payment_of_dedup_key(connection_pk, &key).await;
    assert_eq!(found.unwrap(), None);
    let pk = tx.put_payment(&row).await.unwrap();
    tx.add_dedup_key(connection_pk, &key, pk, 1).await.unwrap();
    let line = HistoryEntry {
        payable_pk,
        at: 1,
        event: AuditEvent::Mismatch,
        detail: hostile.to_owned(),
        delivery_pk: None,
    };
    tx.append_history(&[line]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.two.begin_read().await.unwrap();
    let id = row.payment.id.clone();
    let found = tx.payment_by_id(connection_pk, &id).await;
    assert_eq!(found.unwrap().unwrap().payment.status, row.payment.status);
    let lines = tx.history_of(payable_pk).await.unwrap();
    assert!(lines[0].detail.ends_with("@payments"));
    drop(tx);
    let delivery = leased(&world.one, connection_pk, &["d"]).await.remove(0);
    let wait = Postponement {
        error: hostile,
        next_attempt: 1,
        polled_list: false,
        failed: false,
        delivery_count: i64::MAX,
        untrusted: false,
        park: true,
    };
    world
        .one
        .postpone_delivery(delivery.pk, "me", wait)
        .await
        .unwrap();
    let error = stored(&world.two, connection_pk, "d").await.error.unwrap();
    assert!(error.ends_with("@payments"), "{error}");
}
