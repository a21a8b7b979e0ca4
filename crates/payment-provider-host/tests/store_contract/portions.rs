//! Accounts with many payments: the work for a report does not depend on their number.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use payment_provider_core::*;

use super::rows::*;
use super::*;
use crate::accounting::{AllocationOutcome, Answer, Fetched, FetchedRefunds, fetched};

/// A connection and a checkout; their keys.
async fn ground(store: &Store, id: &str) -> (i64, i64, i64) {
    let connection_pk = connected(store, id).await;
    let payable_pk = owed(store, id).await;
    let checkout_pk = asked(store, &checkout(payable_pk, connection_pk, 1)).await;
    (connection_pk, payable_pk, checkout_pk)
}

fn paid(id: &str, order: Option<&str>) -> Payment {
    let id = PaymentId::new(id).unwrap();
    let mut payment = Payment::new(id, PaymentStatus::Succeeded, inr(1));
    payment.order_id = order.map(|order| OrderId::new(order).unwrap());
    payment
}

/// Records a list of payments. Returns the number of statements.
async fn record(store: &Store, connection_pk: i64, pk: i64, payments: Vec<Payment>) -> usize {
    let mut tx = store.begin().await.unwrap();
    let total = inr(i64::try_from(payments.len()).unwrap());
    let reference = CheckoutReference::new("r").unwrap();
    let mut found = Checkout::new(
        reference,
        CheckoutStatus::Open,
        inr(1_000),
        NextAction::None,
    );
    found.amount_paid = total;
    let answer = Answer::from(Arc::new(Fetched {
        checkout: found,
        payments,
        refunds: FetchedRefunds::NotFetched,
        started_at: 1,
    }));
    let mut keys = AccountKeys {
        connection_pk,
        checkouts: &[pk],
        ..AccountKeys::default()
    };
    keys.add_portion(&answer.portion());
    let accounts = tx.accounts(&keys).await.unwrap();
    let mut decision = fetched(accounts, pk, &answer, 1).unwrap();
    tx.save(&mut decision, 1).await.unwrap();
    let statements = tx.statements.load(Ordering::Relaxed);
    tx.commit().await.unwrap();
    statements
}

pub(super) async fn a_portion_is_recorded_by_as_many_statements_as_one_payment(world: World) {
    let (connection_pk, payable_pk, checkout_pk) = ground(&world.one, "main").await;
    let store = &world.one;
    let payments = |from: usize, to: usize| -> Vec<Payment> {
        (from..to)
            .map(|number| paid(&format!("p{number}"), Some(&format!("o{number}"))))
            .collect()
    };
    let one = record(store, connection_pk, checkout_pk, payments(0, 1)).await;
    let many = record(store, connection_pk, checkout_pk, payments(1, 101)).await;
    // PostgreSQL is asked once to plan by the many keys.
    assert!(many <= one + 1, "{one} {many}");
    let known = record(store, connection_pk, checkout_pk, payments(1, 101)).await;
    assert!(known <= many, "{known} {many}");
    let mut tx = world.two.begin_read().await.unwrap();
    let stored = tx.payments_of_payable(payable_pk).await.unwrap();
    let ids: Vec<_> = stored
        .iter()
        .map(|row| row.payment.id.to_string())
        .collect();
    let expected: Vec<_> = (0..101).map(|number| format!("p{number}")).collect();
    assert_eq!(ids, expected, "in the order of the list");
    assert!(stored.iter().all(|row| row.dedup_keys.len() == 1));
    assert_eq!(tx.payable_by_pk(payable_pk).await.unwrap().received, 101);
}

/// Returns the sum that is posted on a checkout after payments of these amounts were stored.
async fn posted(world: &World, code: &str, amounts: &[i64]) -> i64 {
    let (connection_pk, payable_pk, checkout_pk) = ground(&world.one, code).await;
    let mut tx = world.one.begin().await.unwrap();
    for (number, amount) in amounts.iter().enumerate() {
        let mut row = payment(checkout_pk, connection_pk, &format!("p{number}"));
        row.payment.amount = inr(*amount);
        (row.outcome, row.applied) = (Some(AllocationOutcome::Partial), *amount);
        tx.put_payment(&row).await.unwrap();
    }
    let account = tx.account(payable_pk).await.unwrap();
    account.checkout(checkout_pk).unwrap().posted
}

pub(super) async fn a_sum_beyond_all_amounts_is_the_largest_amount_in_any_order(world: World) {
    let most = i64::MAX;
    for (code, amounts, sum) in [
        ("exact", &[most - 2, 2][..], most),
        ("above", &[most, most, 1], most),
        ("also-above", &[1, most, most], most),
        ("below", &[-most, -most], i64::MIN),
        ("back", &[most, most, -most, -7], most - 7),
        ("back-first", &[-7, -most, most, most], most - 7),
        ("small", &[999_999_999, 1, -1, 2_000_000_001], 3_000_000_000),
    ] {
        assert_eq!(posted(&world, code, amounts).await, sum, "{amounts:?}");
    }
}

/// Stores posted payments, each with its order, and one of them under another id as well.
async fn store_payments(store: &Store, connection_pk: i64, checkout_pk: i64) {
    let mut tx = store.begin().await.unwrap();
    for (id, order) in [
        ("p1", Some("o1")),
        ("p2", Some("o2")),
        ("p3", Some("o2")),
        ("p4", None),
        ("manual:m", Some("o4")),
        ("p6", Some("o6")),
    ] {
        let mut row = payment(checkout_pk, connection_pk, id);
        row.payment = paid(id, order);
        (row.outcome, row.applied) = (Some(AllocationOutcome::Partial), 1);
        let pk = tx.put_payment(&row).await.unwrap();
        let key = row.payment.dedup_key();
        tx.add_dedup_key(connection_pk, &key, pk, 1).await.unwrap();
        if id == "p6" {
            let known_as = paid("alias", None).dedup_key();
            tx.add_dedup_key(connection_pk, &known_as, pk, 1)
                .await
                .unwrap();
        }
    }
    tx.commit().await.unwrap();
}

pub(super) async fn only_the_payments_that_a_report_names_are_loaded(world: World) {
    let (connection_pk, _, checkout_pk) = ground(&world.one, "main").await;
    let (_, _, elsewhere) = ground(&world.one, "other").await;
    store_payments(&world.one, connection_pk, checkout_pk).await;
    let mut tx = world.two.begin().await.unwrap();
    let checkouts = [checkout_pk];
    let base = || AccountKeys {
        connection_pk,
        checkouts: &checkouts,
        ..AccountKeys::default()
    };
    let order = |id: &str| [TargetName::Order(id.to_owned())];
    let (of_first, of_second) = (order("o1"), order("o2"));
    let (by_id, alias) = (
        PaymentId::new("p1").unwrap(),
        PaymentId::new("alias").unwrap(),
    );
    let none = PaymentId::new("unknown").unwrap();
    let posted = [TargetName::Payment(alias.clone())];
    let named = |id| {
        let mut keys = base();
        keys.add_payment_id(id);
        keys
    };
    for (keys, expected) in [
        (base(), &[][..]),
        (named(&none), &["manual:m"]),
        (named(&by_id), &["p1", "manual:m"]),
        (named(&alias), &["manual:m", "p6"]),
        (
            AccountKeys {
                names: &posted,
                ..base()
            },
            &["manual:m", "p6"],
        ),
        (
            AccountKeys {
                names: &of_first,
                ..base()
            },
            &["p1", "manual:m"],
        ),
        // The first payment of an order decides to which checkout it belongs.
        (
            AccountKeys {
                names: &of_second,
                ..base()
            },
            &["p2", "manual:m"],
        ),
        // A claim of an order may be any of its payments, and any that names no order.
        (
            AccountKeys {
                claimed_orders: vec!["o2"],
                ..base()
            },
            &["p2", "p3", "p4", "manual:m"],
        ),
        (
            AccountKeys {
                with_all_payments: true,
                ..base()
            },
            &["p1", "p2", "p3", "p4", "manual:m", "p6"],
        ),
    ] {
        let account = tx.accounts(&keys).await.unwrap().remove(0);
        let ids: Vec<_> = account
            .payments
            .iter()
            .map(|row| row.payment.id.as_str())
            .collect();
        assert_eq!(ids, expected, "{keys:?}");
        let checkout = account.checkout(checkout_pk).unwrap();
        assert_eq!((checkout.posted, checkout.has_payment), (6, true));
    }
    let other = AccountKeys {
        checkouts: &[elsewhere],
        ..base()
    };
    let account = tx.accounts(&other).await.unwrap().remove(0);
    let checkout = account.checkout(elsewhere).unwrap();
    assert_eq!((checkout.posted, checkout.has_payment), (0, false));
}
