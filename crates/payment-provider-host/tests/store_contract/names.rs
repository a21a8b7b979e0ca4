//! Names that become known, and the deliveries that wait for them.

use std::sync::Arc;

use futures_util::FutureExt;
use payment_provider_core::SystemClock;
use tokio::sync::Notify;

use super::rows::*;
use super::*;
use crate::accounting::Decision;
use crate::ledger::Ledger;

/// Stores a delivery as unmatched, waiting for a name.
async fn waiting(store: &Store, connection_pk: i64, key: &str, name: &TargetName) {
    let row = leased(store, connection_pk, &[key]).await.remove(0);
    let end = DeliveryEnd {
        unmatched: std::slice::from_ref(name),
        ..end(DeliveryState::Unmatched)
    };
    let mut tx = store.begin().await.unwrap();
    assert!(tx.finish_delivery(row.pk, "me", end).await.unwrap());
    tx.commit().await.unwrap();
}

pub(super) async fn a_name_with_nul_is_found_as_it_was_recorded(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let name = TargetName::Order("o\u{0}1".to_owned());
    waiting(&world.one, connection_pk, "a", &name).await;
    let mut tx = world.two.begin().await.unwrap();
    let keys = AccountKeys {
        connection_pk,
        names: std::slice::from_ref(&name),
        payments: vec!["p\u{0}1"],
        ..AccountKeys::default()
    };
    assert!(tx.accounts(&keys).await.unwrap().is_empty());
    let requeued = tx.requeue_unmatched(connection_pk, &[name], 7_000).await;
    assert_eq!(requeued.unwrap(), 1);
    tx.commit().await.unwrap();
    let found = stored(&world.one, connection_pk, "a").await;
    assert_eq!(found.state, DeliveryState::Pending);
}

pub(super) async fn the_worker_is_woken_after_the_commit(world: World) {
    let connection_pk = connected(&world.one, "main").await;
    let name = TargetName::Order("o1".to_owned());
    waiting(&world.one, connection_pk, "a", &name).await;
    let wake = Arc::new(Notify::new());
    let store = world.one.clone();
    let ledger = Ledger::new(store, Arc::new(SystemClock), Arc::new(()), wake);
    let known = || Decision {
        outcome: (),
        accounts: Vec::new(),
        history: Vec::new(),
        notifications: Vec::new(),
        new_names: vec![(connection_pk, name.clone())],
        merged: Vec::new(),
    };
    let is_woken = || ledger.inbox_woken().now_or_never().is_some();

    let mut tx = world.one.begin().await.unwrap();
    ledger.record(&mut tx, known()).await.unwrap();
    assert!(
        !is_woken(),
        "the delivery is not due for another transaction yet"
    );
    drop(tx);
    assert!(!is_woken(), "nothing was committed");
    let mut tx = world.one.begin().await.unwrap();
    ledger.record(&mut tx, known()).await.unwrap();
    tx.commit().await.unwrap();
    assert!(is_woken());
}
