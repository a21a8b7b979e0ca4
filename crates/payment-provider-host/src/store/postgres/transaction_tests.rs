//! Transactions that are abandoned, that wait for a lock, or that run on a connection on which
//! other code left a transaction open.

use std::pin::pin;
use std::task::Poll;

use futures_util::future::poll_fn;
use sqlx::postgres::{PgConnection, PgPoolOptions};

use crate::delivery_state::DeliveryState;
use crate::store::contract::postgres::Schema;
use crate::store::contract::rows;
use crate::store::{DatabaseLocation, Received, Store};

/// Opens a store on a pool of one connection, so that every statement runs on the same one.
async fn with_one_connection(schema: &Schema) -> Store {
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.connect(&schema.url).await.unwrap();
    DatabaseLocation::PostgresPool(pool, schema.name.clone())
        .open(crate::store::FileUse::Shared)
        .await
        .unwrap()
}

async fn poll_and_drop<F: Future>(future: F, polls: usize) {
    let mut future = pin!(future);
    for _ in 0..polls {
        let done = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready()));
        if done.await {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_abandoned_begin_leaves_no_transaction_open() {
    let schema = Schema::new();
    let (store, others) = (with_one_connection(&schema).await, schema.open().await);
    let connection_pk = rows::connected(&store, "main").await;
    for polls in 0..40 {
        poll_and_drop(store.begin(), polls).await;
        let key = format!("{polls}");
        let row = rows::delivery(connection_pk, &key);
        let received = store.receive_delivery(&row, false).await.unwrap();
        assert_eq!(received, Received::New);
        // Another connection sees only what is committed.
        let seen = others.deliveries(connection_pk, 100).await.unwrap();
        assert_eq!(seen.len(), polls + 1);
    }
    let open: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity
         WHERE application_name = $1 AND state LIKE 'idle in transaction%'",
    )
    .bind(schema.name.to_string())
    .fetch_one(others.postgres().unwrap())
    .await
    .unwrap();
    assert_eq!(open, 0);
}

#[tokio::test]
async fn a_transaction_has_lock_and_idle_timeouts() {
    let schema = Schema::new();
    let store = with_one_connection(&schema).await;
    let shown = async |connection: &mut PgConnection, what| -> String {
        let show = sqlx::query_scalar(what);
        show.fetch_one(connection).await.unwrap()
    };
    let mut tx = store.begin().await.unwrap();
    assert_eq!(
        shown(tx.postgres().unwrap(), "SHOW lock_timeout").await,
        "5s"
    );
    let idle = "SHOW idle_in_transaction_session_timeout";
    assert_eq!(shown(tx.postgres().unwrap(), idle).await, "30s");
    drop(tx);
    let mut reading = store.begin_read().await.unwrap();
    assert_eq!(shown(reading.postgres().unwrap(), idle).await, "30s");
    drop(reading);
    let mut outside = store.postgres().unwrap().acquire().await.unwrap();
    assert_eq!(shown(&mut outside, "SHOW lock_timeout").await, "0");
    assert_eq!(shown(&mut outside, idle).await, "0");
}

#[tokio::test]
async fn locks_of_a_frozen_process_are_released_by_the_server() {
    let schema = Schema::new();
    let (frozen, other) = (with_one_connection(&schema).await, schema.open().await);
    let payable_pk = rows::owed(&other, "inv").await;
    let mut tx = frozen.begin().await.unwrap();
    let mut row = tx.payable_by_pk(payable_pk).await.unwrap();
    sqlx::query("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
        .execute(tx.postgres().unwrap())
        .await
        .unwrap();
    // Waits for the row until the server has ended the other transaction.
    let mut waiting = other.begin().await.unwrap();
    waiting.payable_by_pk(payable_pk).await.unwrap();
    row.received = 1;
    let too_late = tx.put_payable(&row).await;
    assert!(too_late.unwrap_err().is_transient());
}

#[tokio::test]
async fn a_stored_delivery_is_durable_on_a_connection_with_an_open_transaction() {
    let schema = Schema::new();
    let (store, others) = (with_one_connection(&schema).await, schema.open().await);
    let connection_pk = rows::connected(&store, "main").await;
    sqlx::raw_sql("BEGIN; SELECT 1")
        .execute(store.postgres().unwrap())
        .await
        .unwrap();
    let row = rows::delivery(connection_pk, "d");
    store.receive_delivery(&row, false).await.unwrap();
    assert_eq!(others.deliveries(connection_pk, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_retried_delivery_is_pending_after_an_open_transaction_is_rolled_back() {
    let schema = Schema::new();
    let (store, others) = (with_one_connection(&schema).await, schema.open().await);
    let connection_pk = rows::connected(&store, "main").await;
    rows::leased(&store, connection_pk, &["d"]).await;
    others
        .park_delivery(connection_pk, "d", "parked", 12_000)
        .await
        .unwrap();
    sqlx::raw_sql("BEGIN; SELECT 1")
        .execute(store.postgres().unwrap())
        .await
        .unwrap();
    assert!(store.retry_delivery(connection_pk, "d").await.unwrap());
    // Another connection sees only what is committed.
    let seen = rows::stored(&others, connection_pk, "d").await;
    assert_eq!(seen.state, DeliveryState::Pending);
}
