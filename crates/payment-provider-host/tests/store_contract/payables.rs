use payment_provider_core::*;

use super::rows::*;
use super::*;
use crate::accounting::CheckoutState;
use crate::accounting::CloseReason;

pub(super) async fn a_payable_is_written_and_changed(world: World) {
    let pk = owed(&world.one, "inv").await;
    let mut tx = world.two.begin().await.unwrap();
    let mut row = tx.payable_by_pk(pk).await.unwrap();
    assert_eq!((row.pk, row.amount, row.created_at), (pk, 20_012, 2_000));
    row.amount = i64::MAX;
    row.applicable = i64::MAX - 5;
    row.received = i64::MAX;
    row.applied = i64::MAX - 5;
    row.overpaid = 5;
    row.closed = Some(CloseReason::Voided);
    assert_eq!(tx.put_payable(&row).await.unwrap(), pk);
    tx.commit().await.unwrap();
    let mut tx = world.one.begin_read().await.unwrap();
    let found = tx.payable(&row.organization, &row.payable).await;
    let found = found.unwrap().unwrap();
    assert_eq!((found.pk, found.received), (pk, i64::MAX));
    assert_eq!(
        (found.overpaid, found.closed),
        (5, Some(CloseReason::Voided))
    );
    // The sum is the database's own concern as well.
    drop(tx);
    let mut tx = world.one.begin().await.unwrap();
    let wrong = PayableRecord {
        overpaid: 4,
        ..found
    };
    let error = tx.put_payable(&wrong).await.unwrap_err();
    assert!(!error.is_transient(), "{error:?}");
}

pub(super) async fn what_is_not_committed_never_was(world: World) {
    let row = payable("inv");
    let mut tx = world.one.begin().await.unwrap();
    tx.put_payable(&row).await.unwrap();
    drop(tx);
    let mut tx = world.two.begin().await.unwrap();
    let found = tx.payable(&row.organization, &row.payable).await;
    assert!(found.unwrap().is_none());
}

pub(super) async fn a_read_transaction_sees_one_state(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let pk = owed(&world.one, "inv").await;
    let mut reading = world.one.begin_read().await.unwrap();
    let none = reading.checkouts_of(pk).await.unwrap();
    assert!(none.is_empty());
    // It holds up no writer, and sees nothing of what that does.
    asked(&world.two, &checkout(pk, connection_pk, 1)).await;
    let mut tx = world.two.begin().await.unwrap();
    let mut row = tx.payable_by_pk(pk).await.unwrap();
    row.closed = Some(CloseReason::PaidElsewhere);
    tx.put_payable(&row).await.unwrap();
    tx.commit().await.unwrap();
    let still = reading.payable_by_pk(pk).await.unwrap();
    assert_eq!(still.closed, None);
    let still = reading.checkouts_of(pk).await.unwrap();
    assert!(still.is_empty());
    drop(reading);
    let mut reading = world.one.begin_read().await.unwrap();
    let now = reading.checkouts_of(pk).await.unwrap();
    assert_eq!(now.len(), 1);
    // And it cannot write.
    assert!(reading.put_payable(&row).await.is_err());
}

pub(super) async fn a_checkout_is_read_as_it_was_written(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let payable_pk = owed(&world.one, "inv").await;
    let mut row = checkout(payable_pk, connection_pk, 1);
    row.pk = asked(&world.one, &row).await;
    asked(&world.one, &checkout(payable_pk, connection_pk, 2)).await;
    let mut tx = world.two.begin().await.unwrap();
    let found = tx.checkout_by_pk(row.pk).await.unwrap();
    assert_eq!(found.prepared, row.prepared);
    assert_eq!(found.prepared.body, row.prepared.body, "byte for byte");
    assert_eq!(found.connection.as_str(), "main");
    assert_eq!(found.state, CheckoutState::Creating);
    assert_eq!((found.tries, found.tried_at), (1, 3_000));
    row.state = CheckoutState::PartiallyPaid;
    row.tries = 7;
    row.tried_at = 8_000;
    row.expires_at = 12_000;
    row.gateway_id = Some("g1".to_owned());
    row.url = Some(Pii::new("https://pay.example/1"));
    (row.gateway_paid, row.written_off) = (55, 33);
    row.conflicting = true;
    tx.put_checkout(&row).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.one.begin_read().await.unwrap();
    let all = tx.checkouts_of(payable_pk).await.unwrap();
    let attempts: Vec<_> = all.iter().map(|row| row.attempt).collect();
    assert_eq!(attempts, [1, 2]);
    let found = &all[0];
    assert_eq!(found.pk, row.pk);
    assert_eq!(found.state, row.state);
    assert_eq!((found.tries, found.tried_at), (7, 8_000));
    assert_eq!((found.expires_at, found.gateway_paid), (12_000, 55));
    assert_eq!((found.written_off, all[1].written_off), (33, 0));
    assert_eq!(found.gateway_id, row.gateway_id);
    let url = found.url.as_ref().map(Pii::expose);
    assert_eq!(url, Some("https://pay.example/1"));
    assert!(found.conflicting && !found.partial);
}

pub(super) async fn a_checkout_is_found_by_each_of_its_names(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let payable_pk = owed(&world.one, "inv").await;
    let mut pks = Vec::new();
    for attempt in [1, 2] {
        let mut row = checkout(payable_pk, connection_pk, attempt);
        // A gateway that repeats its ids: the latest counts.
        row.gateway_id = Some("same".to_owned());
        pks.push(asked(&world.one, &row).await);
    }
    let mut tx = world.one.begin().await.unwrap();
    let mut paid = payment(pks[0], connection_pk, "p1");
    paid.payment.order_id = OrderId::new("o1").ok();
    tx.put_payment(&paid).await.unwrap();
    tx.commit().await.unwrap();
    let reference = checkout(payable_pk, connection_pk, 2).reference.to_string();
    for (name, expected) in [
        (TargetName::Reference(reference), Some(pks[1])),
        (TargetName::GatewayId("same".to_owned()), Some(pks[1])),
        (TargetName::Order("o1".to_owned()), Some(pks[0])),
        (TargetName::Reference("o1".to_owned()), None),
        (TargetName::GatewayId("o1".to_owned()), None),
        (TargetName::Order("same".to_owned()), None),
    ] {
        let mut writing = world.two.begin().await.unwrap();
        let mut reading = world.two.begin_read().await.unwrap();
        for tx in [&mut writing, &mut reading] {
            let found = tx.checkout_by_name(connection_pk, &name).await;
            assert_eq!(found.unwrap().map(|row| row.pk), expected, "{name}");
        }
    }
}

pub(super) async fn names_count_inside_their_connection(world: World) {
    let first = connected(&world.one, "first").await;
    let second = connected(&world.one, "second").await;
    let payable_pk = owed(&world.one, "inv").await;
    let row = checkout(payable_pk, first, 1);
    asked(&world.one, &row).await;
    let name = TargetName::Reference(row.reference.to_string());
    let mut tx = world.two.begin().await.unwrap();
    let elsewhere = tx.checkout_by_name(second, &name).await;
    assert!(elsewhere.unwrap().is_none());
}

pub(super) async fn history_is_by_time_and_once_for_a_delivery(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let payable_pk = owed(&world.one, "inv").await;
    let delivery_pk = leased(&world.one, connection_pk, &["d"]).await[0].pk;
    let mut tx = world.one.begin().await.unwrap();
    for (at, detail, delivery_pk) in [
        (2, "second", None),
        (1, "first", None),
        (2, "third", None),
        (3, "received", Some(delivery_pk)),
        (4, "received again", Some(delivery_pk)),
    ] {
        let line = HistoryEntry {
            payable_pk,
            at,
            event: AuditEvent::DeliveryReceived,
            detail: detail.to_owned(),
            delivery_pk,
        };
        tx.append_history(&[line]).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = world.two.begin_read().await.unwrap();
    let lines = tx.history_of(payable_pk).await.unwrap();
    let details: Vec<_> = lines.iter().map(|line| line.detail.as_str()).collect();
    assert_eq!(details, ["first", "second", "third", "received"]);
    assert_eq!(lines[3].delivery_pk, Some(delivery_pk));
    assert_eq!(lines[0].event, AuditEvent::DeliveryReceived);
}
