//! The worker that applies deliveries.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use payment_provider_core::TimestampCheck;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Inbox;
use super::retry::{Attempts, retry_unfinished};
use crate::crash_point::Moment;
use crate::error::Error;
use crate::store::{DeliveryRow, Postponement};

/// The number of deliveries that a process applies at once. Those for which a gateway is asked come on
/// top, within the limits of their connections.
pub(super) const CONCURRENCY: usize = 8;
/// The number of deliveries that a process has leased at most, with those for which a gateway is asked.
const MAX_LEASED: usize = 512;
/// The time between two polls of the store when nothing wakes the worker: another process may have stored
/// a delivery, or have died while applying one.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The time limit of a poll, and of postponing a delivery.
const STORE_TIMEOUT: Duration = Duration::from_mins(1);

impl Inbox {
    /// Applies deliveries as they arrive, writes the counts of refused ones, drops old ones and ends
    /// checkouts that must not be paid, until stopped; then finishes those that are under way.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        tokio::join!(
            self.apply_until(&stop),
            self.write_refusals(&stop),
            self.expire_until(&stop),
            self.cancel_until(&stop)
        );
    }

    async fn apply_until(&self, stop: &CancellationToken) {
        // Each delivery has its own task: one that holds the writer of the store must go on while
        // this loop waits for the writer.
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            let free = self.posting.available_permits();
            for (delivery, owner) in self
                .lease_or_log(free.min(MAX_LEASED - running.len()))
                .await
            {
                // Taken here, so that no more are leased than can be applied. There may be none left: a
                // delivery for which a gateway was asked may have taken it meanwhile.
                let slot = Arc::clone(&self.posting).try_acquire_owned().ok();
                let inbox = self.clone();
                running.spawn(async move { inbox.apply_or_postpone(delivery, owner, slot).await });
            }
            tokio::select! {
                Some(_) = running.join_next() => {}
                () = self.room_and_work(), if running.len() < MAX_LEASED => {}
                () = tokio::time::sleep(POLL_INTERVAL) => {}
                () = stop.cancelled() => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Leases at most `free` deliveries that are due. A failure is logged: this worker goes on.
    async fn lease_or_log(&self, free: usize) -> Vec<(DeliveryRow, String)> {
        if free == 0 {
            return Vec::new();
        }
        // A database connection that hangs must not stop this worker.
        match tokio::time::timeout(STORE_TIMEOUT, self.lease(free)).await {
            Ok(Ok(leased)) => return leased,
            Ok(Err(error)) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "deliveries cannot be leased"
            ),
            Err(_) => tracing::error!("leasing deliveries timed out"),
        }
        Vec::new()
    }

    /// Waits until a delivery may be due and there is a slot to apply it.
    async fn room_and_work(&self) {
        self.ledger().inbox_woken().await;
        drop(self.posting.acquire().await);
    }

    /// Applies some deliveries that are due; returns their number. Writes the counts of refused ones.
    pub(crate) async fn apply_due(&self) -> Result<usize, Error> {
        self.write_due_refusals().await;
        let leased = self.lease(CONCURRENCY).await?;
        let count = leased.len();
        let work = leased
            .into_iter()
            .map(|(delivery, owner)| self.apply_or_postpone(delivery, owner, None));
        work.collect::<FuturesUnordered<_>>().collect::<()>().await;
        Ok(count)
    }

    async fn apply_or_postpone(
        &self,
        delivery: DeliveryRow,
        owner: String,
        slot: Option<OwnedSemaphorePermit>,
    ) {
        Moment::Leased.pass();
        let work = AssertUnwindSafe(self.apply_delivery(&delivery, &owner, slot)).catch_unwind();
        let max_failures = i64::from(self.config.max_attempts);
        // Earlier attempts may have ended the process: after too many of them there is no other
        // attempt.
        let tried = if delivery.failures < max_failures {
            self.while_leased(delivery.pk, &owner, work).await
        } else {
            None
        };
        let attempts = Attempts {
            count: u32::try_from(delivery.attempts).unwrap_or(u32::MAX),
            list_polls: delivery.polls(),
            last_chance: delivery.failures + 1 >= max_failures,
            listing_timeout: self.config.listing_timeout,
        };
        let now = self.ledger().now();
        let (text, retry) = match tried {
            Some(Ok(Ok(()))) => return,
            Some(Ok(Err(error))) => (error.text(), error.retry(attempts, now)),
            Some(Err(_)) => {
                let text = "applying it panicked".to_owned();
                (text, retry_unfinished(attempts))
            }
            None => {
                let text = "an attempt took too long, or never ended".to_owned();
                (text, retry_unfinished(attempts))
            }
        };
        let postponement = Postponement {
            error: &text,
            next_attempt: if retry.park { now } else { retry.at(now) },
            polled_list: retry.polled_list,
            failed: retry.failed,
            park: retry.park,
            delivery_count: delivery.delivery_count,
            untrusted: delivery.timestamp_check != TimestampCheck::Fresh,
        };
        if retry.park {
            tracing::error!(
                delivery = delivery.key,
                error = text,
                "a delivery is parked"
            );
        } else if retry.failed {
            tracing::warn!(
                delivery = delivery.key,
                error = text,
                "a delivery has to wait"
            );
        } else {
            tracing::debug!(
                delivery = delivery.key,
                reason = text,
                "a delivery is postponed"
            );
        }
        let store = &self.ledger().store;
        let stored = store.postpone_delivery(delivery.pk, &owner, postponement);
        let stored = tokio::time::timeout(STORE_TIMEOUT, stored).await;
        // If this is not stored, nothing is lost: the lease runs out and the delivery is tried
        // again.
        match stored {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "a delivery cannot be postponed and keeps its lease"
            ),
            Err(_) => tracing::error!("postponing a delivery timed out: it keeps its lease"),
        }
    }
}
