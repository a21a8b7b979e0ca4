//! Locks that two transactions take at the same time. On SQLite only one transaction writes.

use std::sync::Arc;

use async_trait::async_trait;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::ledger::Cause;
use payment_provider_host::prelude::*;
use tokio::sync::Semaphore;

use crate::fixture::database::{Database, in_tx, numbers};
use crate::fixture::{Bench, invoice};
use crate::gateway::paid_event;

/// A handler that stops while money is posted.
#[derive(Debug, Clone)]
struct Stopping {
    reached: Arc<Semaphore>,
    go_on: Arc<Semaphore>,
}

#[async_trait]
impl PaymentHandler for Stopping {
    async fn on_change(
        &self,
        _: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        if matches!(change.cause, Cause::Posted { .. }) {
            self.reached.add_permits(1);
            self.go_on.acquire().await?.forget();
        }
        Ok(())
    }
}

async fn run(tx: &mut Transaction, statement: &'static str) {
    in_tx!(tx, connection => sqlx::query(statement).execute(connection).await.map(drop)).unwrap();
}

/// A duplicate takes the row of its delivery, then the row of the connection. So does the attempt that
/// records the receipt of a payment event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_duplicate_does_not_deadlock_with_the_attempt_of_its_delivery() {
    let handler = Stopping {
        reached: Arc::new(Semaphore::new(0)),
        go_on: Arc::new(Semaphore::new(0)),
    };
    let bench = Bench::with_handler(Database::Postgres, handler.clone()).await;
    let url = bench.url(&invoice("inv", "10.00")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "10.00");
    let event = paid_event(url.reference.as_str(), &payment);
    bench.receive(&[event]).await;
    let host = bench.host.clone();
    let attempt = tokio::spawn(async move { host.apply_due_deliveries().await });
    handler.reached.acquire().await.unwrap().forget();

    // The locks of a duplicate that is received now.
    let mut duplicate = bench.host.begin().await.unwrap();
    let count = "UPDATE deliveries SET delivery_count = delivery_count + 1";
    run(&mut duplicate, count).await;
    handler.go_on.add_permits(1);
    let waiting = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
         WHERE NOT granted AND application_name = current_setting('application_name')";
    while numbers(&bench.host, waiting).await == [0] {
        tokio::task::yield_now().await;
    }
    let record = "UPDATE connections SET matched_at = 1";
    run(&mut duplicate, record).await;
    bench.host.commit(duplicate).await.unwrap();

    assert_eq!(attempt.await.unwrap().unwrap(), 1);
    let delivery = &bench.deliveries().await[0];
    assert_eq!(
        delivery.state,
        DeliveryState::Applied,
        "{:?}",
        delivery.error
    );
    let recorded = "SELECT count(*) FROM connections WHERE payment_event_at IS NOT NULL";
    assert_eq!(numbers(&bench.host, recorded).await, [1]);
}
