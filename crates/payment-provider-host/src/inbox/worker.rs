use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::waiting::ApplyError;
use crate::Host;
use crate::checkouts::millis;
use crate::store::{DeliveryRow, Postponement, StoreError};

/// How many deliveries a worker has under way at once; fetches are what they wait for.
const CONCURRENCY: usize = 8;
/// How often the store is looked at when nothing wakes the worker: another process may have
/// stored a delivery, or have died over one.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long a look may take, and a note about a delivery.
const LONGEST_LOOK: Duration = Duration::from_mins(1);
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// A gateway that asks to be left alone for longer is asked again all the same.
const LONGEST_GATEWAY_WAIT: Duration = Duration::from_hours(1);

impl Host {
    /// Applies deliveries as they come, until told to stop; then finishes what is in flight.
    ///
    /// Any number of these may run, in any number of processes. A panic of a provider or a handler
    /// costs its delivery a try, nothing more. To be called within a Tokio runtime.
    ///
    /// **Cancellation.** Dropping the future ends what is in flight; see
    /// [`apply_due_deliveries`](Self::apply_due_deliveries).
    pub async fn run_inbox(&self, stop: CancellationToken) {
        // Tasks of their own: one that holds the store's writer must go on while this waits for it.
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            // A connection on which nothing comes back any more must not end all work.
            let leased = self.lease(CONCURRENCY - running.len());
            match tokio::time::timeout(LONGEST_LOOK, leased).await {
                Err(_) => tracing::error!("the inbox does not answer"),
                Ok(Ok(leased)) => {
                    for (delivery, owner) in leased {
                        let host = self.clone();
                        running.spawn(async move { host.apply_or_postpone(delivery, owner).await });
                    }
                }
                Ok(Err(error)) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the inbox cannot be read"
                    );
                }
            }
            tokio::select! {
                Some(_) = running.join_next() => {}
                () = self.inner.arrival.notified(), if running.len() < CONCURRENCY => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = stop.cancelled() => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Applies some deliveries that are due; returns how many there were.
    ///
    /// **Cancellation.** A delivery is applied as a whole or not at all; what a dropped future had
    /// taken is taken up again when its lease runs out
    /// ([`HostConfig::delivery_lease`](crate::HostConfig::delivery_lease)).
    pub async fn apply_due_deliveries(&self) -> Result<usize, StoreError> {
        let leased = self.lease(CONCURRENCY).await?;
        let count = leased.len();
        let work = leased
            .into_iter()
            .map(|(delivery, owner)| self.apply_or_postpone(delivery, owner));
        work.collect::<FuturesUnordered<_>>().collect::<()>().await;
        Ok(count)
    }

    async fn apply_or_postpone(&self, delivery: DeliveryRow, owner: String) {
        crash_point!("delivery.1-leased");
        let work = AssertUnwindSafe(self.apply_delivery(&delivery, &owner)).catch_unwind();
        let most = i64::from(self.inner.config.delivery_attempts);
        // The try before may have ended the process, and the ones before it.
        let tried = if delivery.failures < most {
            self.while_leased(delivery.pk, &owner, work).await
        } else {
            None
        };
        let attempts = u32::try_from(delivery.attempts).unwrap_or(u32::MAX);
        let too_often = delivery.failures + 1 >= most;
        let (text, failed, park, looked, gateway_wait) = match tried {
            Some(Ok(Ok(()))) => return,
            Some(Ok(Err(error))) => {
                let failed = !error.is_transient();
                (
                    error.text(),
                    failed,
                    error.is_final() || (too_often && failed),
                    matches!(error, ApplyError::Incomplete),
                    error.retry_after(),
                )
            }
            Some(Err(_)) => {
                let text = "applying it panicked".to_owned();
                (text, true, too_often, false, None)
            }
            None => {
                let text = "a try took too long, or never came back".to_owned();
                (text, true, too_often, false, None)
            }
        };
        let gateway_wait = gateway_wait.unwrap_or_default().min(LONGEST_GATEWAY_WAIT);
        let wait = wait_after(attempts).max(gateway_wait);
        let next_attempt = self.now_millis().saturating_add(millis(wait));
        let postponed = Postponement {
            error: &text,
            next_attempt,
            polled_list: looked,
            failed,
            park,
            delivery_count: delivery.delivery_count,
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
        crash_point!("postponed.1-failed");
        let store = &self.inner.store;
        let stored = store.postpone_delivery(delivery.pk, &owner, postponed);
        let stored = tokio::time::timeout(LONGEST_LOOK, stored).await;
        crash_point!("postponed.2-stored");
        // Where it is not, nothing is lost: the lease runs out and the delivery is taken up again.
        match stored {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "a delivery keeps its lease"
            ),
            Err(_) => tracing::error!("a delivery keeps its lease: the inbox does not answer"),
        }
    }
}

/// Doubles from half a second to five minutes.
fn wait_after(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT)
}
