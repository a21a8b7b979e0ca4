use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Host;
use crate::store::{DeliveryRow, Postponed, Store, StoreError};

/// How long a worker may take over one batch before another takes its deliveries.
const LEASE: Duration = Duration::from_mins(2);
const BATCH: i64 = 64;
/// How many deliveries of a batch are under way at once; fetches are what they wait for.
const CONCURRENCY: usize = 8;
/// How often the store is looked at when nothing wakes the worker: another process may have
/// stored a delivery, or have died over one.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_mins(5);

impl<S: Store> Host<S> {
    /// Applies deliveries as they come, until told to stop; then finishes what is in flight.
    ///
    /// Any number of these may run, in any number of processes.
    pub async fn run_inbox(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.apply_due_deliveries().await {
                Ok(0) => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = self.inner.arrival.notified() => {}
                        () = tokio::time::sleep(LOOK_AGAIN) => {}
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the inbox cannot be read"
                    );
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(LOOK_AGAIN) => {}
                    }
                }
            }
        }
    }

    /// Applies one batch of deliveries that are due; returns how many there were.
    ///
    /// **Cancellation.** A delivery is applied as a whole or not at all; what a dropped future had
    /// taken is taken up again when its lease runs out.
    pub async fn apply_due_deliveries(&self) -> Result<usize, StoreError> {
        let owner = Uuid::new_v4().to_string();
        let now = self.now_millis();
        let until = now.saturating_add(crate::checkouts::millis(LEASE));
        let batch = self
            .inner
            .store
            .lease_deliveries(&owner, now, until, BATCH)
            .await?;
        let count = batch.len();
        stream::iter(batch)
            .for_each_concurrent(CONCURRENCY, |delivery| {
                let owner = &owner;
                async move { self.apply_or_postpone(&delivery, owner).await }
            })
            .await;
        Ok(count)
    }

    async fn apply_or_postpone(&self, delivery: &DeliveryRow, owner: &str) {
        let Err(error) = self.apply_delivery(delivery, owner).await else {
            return;
        };
        let attempts = u32::try_from(delivery.attempts).unwrap_or(u32::MAX);
        let park = attempts >= self.inner.config.delivery_attempts;
        let wait = wait_after(attempts).max(error.retry_after().unwrap_or_default());
        let text = error.to_string();
        let next_attempt = self
            .now_millis()
            .saturating_add(crate::checkouts::millis(wait));
        let postponed = Postponed {
            error: &text,
            next_attempt,
            park,
        };
        if park {
            tracing::error!(
                delivery = delivery.key,
                error = text,
                "a delivery is parked"
            );
        } else {
            tracing::warn!(
                delivery = delivery.key,
                error = text,
                "a delivery has to wait"
            );
        }
        let stored = self
            .inner
            .store
            .postpone_delivery(delivery.pk, owner, postponed)
            .await;
        if let Err(error) = stored {
            // Nothing is lost: the lease runs out and the delivery is taken up again.
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a delivery keeps its lease"
            );
        }
    }
}

/// Doubles from half a second to five minutes.
fn wait_after(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT)
}
