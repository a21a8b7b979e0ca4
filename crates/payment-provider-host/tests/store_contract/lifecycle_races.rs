//! Connections deleted, and customers moved, while others rest on them.

use std::future::Future;
use std::sync::Arc;

use futures_util::future::join_all;
use payment_provider_core::*;
use tokio::sync::Barrier;

use super::rows::*;
use super::*;

const CALLERS: usize = 8;

async fn together<T, F>(world: &World, call: impl Fn(usize, Store) -> F) -> Vec<T>
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

fn linked_to(connection_pk: i64, id: &str) -> CustomerRow {
    CustomerRow {
        organization: organization("org"),
        customer: Customer::new(CustomerId::new(id).unwrap()),
        connection_pk,
        connection: ConnectionCode::new("main").unwrap(),
        remote_id: None,
        needs: Violations::none(),
        linked_at: 1,
    }
}

/// The result that one caller saw.
#[derive(Debug, PartialEq)]
enum Seen {
    Deleted,
    Kept,
    Added,
    TurnedAway,
}

pub(super) async fn what_is_added_while_a_connection_is_deleted_counts_or_is_refused(world: World) {
    let mut ends = (0, 0);
    for round in 0..25 {
        let code = format!("c{round}");
        let pk = connected(&world.one, &code).await;
        let seen = together(&world, |caller, store| async move {
            // In another order each time.
            for _ in 0..(caller * 7 + round * 3) % 5 {
                tokio::task::yield_now().await;
            }
            let added = match caller % 4 {
                0 => {
                    let row = delivery(pk, &format!("d{caller}"));
                    let received = store.receive_delivery(&row, false).await.unwrap();
                    received != Received::Refused
                }
                1 => {
                    let row = linked_to(pk, &format!("customer {round} {caller}"));
                    store.put_customer(&row).await.unwrap()
                }
                _ => {
                    let deleted = store.delete_connection(pk, 1, 1).await.unwrap();
                    return match deleted {
                        Deletion::Done => Seen::Deleted,
                        _ => Seen::Kept,
                    };
                }
            };
            if added { Seen::Added } else { Seen::TurnedAway }
        })
        .await;
        let count = |wanted: Seen| seen.iter().filter(|seen| **seen == wanted).count();
        let stored = world.two.deliveries(pk, 99).await.unwrap().len();
        if count(Seen::Deleted) == 0 {
            ends.0 += 1;
            assert_eq!((count(Seen::Added), count(Seen::TurnedAway)), (4, 0));
            assert_eq!(stored, 2);
        } else {
            ends.1 += 1;
            assert_eq!(count(Seen::Deleted), 1);
            assert_eq!((count(Seen::Added), count(Seen::TurnedAway)), (0, 4));
            assert_eq!(stored, 0);
        }
    }
    println!("kept {}, deleted {}", ends.0, ends.1);
}

pub(super) async fn moving_a_customer_sees_what_was_requested_before(world: World) {
    let first = connected(&world.one, "first").await;
    let second = connected(&world.one, "second").await;
    for round in 0..15 {
        let id = format!("customer {round}");
        let row = linked_to(first, &id);
        world.one.put_customer(&row).await.unwrap();
        let mut payables = Vec::new();
        for caller in 0..CALLERS {
            payables.push(owed(&world.one, &format!("inv {round} {caller}")).await);
        }
        let seen = together(&world, |caller, store| {
            let (payable_pk, id) = (payables[caller], CustomerId::new(id.as_str()).unwrap());
            async move {
                let name = organization("org");
                if caller % 4 == 0 {
                    let row = linked_to(second, id.as_str());
                    assert!(store.put_customer(&row).await.unwrap());
                    let left = store.open_checkouts_elsewhere(&name, &id).await.unwrap();
                    let left: Vec<_> = left.iter().map(|row| row.checkout.pk).collect();
                    return (Some(left), None);
                }
                let mut tx = store.begin().await.unwrap();
                tx.payable_by_pk(payable_pk).await.unwrap();
                let link = tx.link_of_customer(&name, &id).await.unwrap();
                if link.map(|(pk, _)| pk) != Some(first) {
                    return (None, None);
                }
                let row = CheckoutRecord {
                    customer: id,
                    ..checkout(payable_pk, first, 1)
                };
                let pk = tx.put_checkout(&row).await.unwrap();
                tx.commit().await.unwrap();
                (None, Some(pk))
            }
        })
        .await;
        let mut asked: Vec<_> = seen.iter().filter_map(|(_, asked)| *asked).collect();
        asked.sort_unstable();
        let lists: Vec<_> = seen.into_iter().filter_map(|(list, _)| list).collect();
        assert_eq!(lists.len(), 2);
        for list in lists {
            assert_eq!(list, asked, "round {round}");
        }
    }
}
