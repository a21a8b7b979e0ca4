//! Transient errors: the delivery waits for as long as they last, and none counts as a failure.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::ledger::Cause;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::paid_event;

each_database! {
    a_handler_whose_database_is_away_parks_nothing_and_uses_up_no_tries,
}

/// An error of the database as the host's own code wraps it.
#[derive(Debug, thiserror::Error)]
#[error("the invoice cannot be written")]
struct Wrapped(#[source] sqlx::Error);

/// A handler for which the database is away, as often as this says.
#[derive(Debug, Clone, Default)]
struct Away {
    still: Arc<Mutex<usize>>,
}

#[async_trait]
impl PaymentHandler for Away {
    async fn on_change(
        &self,
        _: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        let mut still = self.still.lock().unwrap();
        if *still == 0 || !matches!(change.cause, Cause::Posted { .. }) {
            return Ok(());
        }
        *still -= 1;
        Err(Wrapped(sqlx::Error::PoolTimedOut).into())
    }
}

async fn a_handler_whose_database_is_away_parks_nothing_and_uses_up_no_tries(database: Database) {
    const OUTAGE: usize = 60;
    let handler = Away::default();
    let bench = Bench::with_handler(database, handler.clone()).await;
    let url = bench.url(&invoice("inv", "10.00")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "10.00");
    *handler.still.lock().unwrap() = OUTAGE;
    bench
        .receive(&[paid_event(url.reference.as_str(), &payment)])
        .await;
    for _ in 0..OUTAGE {
        assert_eq!(bench.host.apply_due_deliveries().await.unwrap(), 1);
        let delivery = &bench.deliveries().await[0];
        assert_eq!(delivery.state, DeliveryState::Pending);
        let error = delivery.error.as_deref().unwrap();
        assert_eq!(
            error,
            "the host's payment handler failed: the invoice cannot be written"
        );
        bench.clock.advance(Duration::from_mins(5));
    }
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "10.00 10.00 0.00 succeeded");
}
