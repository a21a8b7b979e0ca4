//! The end of old deliveries: their content is dropped, later their rows are removed, in small batches beside
//! the intake.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Inbox;
use crate::error::Error;
use crate::store::DropClass;

/// The number of deliveries of a batch. On SQLite no delivery arrives while one is written.
const BATCH: i64 = 200;
/// The time between two looks at old deliveries when none is left.
const IDLE_INTERVAL: Duration = Duration::from_mins(1);
/// The pause after a step: at least this, and this many times the length of the step.
const MIN_PAUSE: Duration = Duration::from_millis(50);
const PAUSE_FACTOR: u32 = 3;
/// The time limit of a step.
const STEP_TIMEOUT: Duration = Duration::from_mins(1);
/// The number of deliveries after which a run that goes on is logged.
const LOGGED_AFTER: u64 = 50_000;

/// The times for which ended deliveries are kept, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retention {
    /// The content of applied and ignored deliveries.
    pub(crate) applied: i64,
    /// The content of unmatched and parked deliveries.
    pub(crate) unapplied: i64,
    /// The key of every delivery.
    pub(crate) key: i64,
}

/// The old deliveries that one step of [`Host::expire_deliveries`](crate::Host::expire_deliveries) ended.
///
/// # Examples
/// ```
/// use payment_provider_host::inbox::ExpiredDeliveries;
///
/// let none = ExpiredDeliveries::default();
/// assert!(none.is_empty());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExpiredDeliveries {
    /// The number of deliveries whose body and events were dropped.
    pub dropped: u64,
    /// The number of deliveries whose rows were removed.
    pub removed: u64,
}

impl ExpiredDeliveries {
    /// Returns true if nothing was due.
    pub const fn is_empty(self) -> bool {
        self.dropped == 0 && self.removed == 0
    }

    const fn add(&mut self, step: Self) {
        self.dropped += step.dropped;
        self.removed += step.removed;
    }

    fn log(&mut self) {
        if !self.is_empty() {
            let Self { dropped, removed } = *self;
            tracing::info!(dropped, removed, "old deliveries are dropped and removed");
        }
        *self = Self::default();
    }
}

impl Inbox {
    /// Makes one step: a batch of each kind that is due, each in a transaction.
    pub(crate) async fn expire_deliveries(&self) -> Result<ExpiredDeliveries, Error> {
        let store = &self.ledger().store;
        let (now, kept) = (self.ledger().now(), self.config.retention);
        let mut done = ExpiredDeliveries::default();
        for (class, kept) in [
            (DropClass::Applied, kept.applied),
            (DropClass::Unapplied, kept.unapplied),
        ] {
            let ended_by = now.saturating_sub(kept);
            done.dropped += store.drop_deliveries(class, ended_by, BATCH, now).await?;
        }
        let ended_by = now.saturating_sub(kept.key);
        done.removed = store.remove_deliveries(ended_by, BATCH).await?;
        // Also after an empty step: the last one may have left free pages.
        store.release_pages().await?;
        Ok(done)
    }

    /// Makes steps until stopped, with pauses in which deliveries arrive and are applied. A failure is
    /// logged: the next step is made later.
    pub(super) async fn expire_until(&self, stop: &CancellationToken) {
        let mut run = ExpiredDeliveries::default();
        loop {
            let start = Instant::now();
            let made = tokio::time::timeout(STEP_TIMEOUT, self.expire_deliveries()).await;
            let pause = match made {
                Ok(Ok(ended)) if !ended.is_empty() => {
                    run.add(ended);
                    MIN_PAUSE.max(start.elapsed() * PAUSE_FACTOR)
                }
                Ok(Ok(_)) => IDLE_INTERVAL,
                Ok(Err(error)) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "old deliveries cannot be dropped now");
                    IDLE_INTERVAL
                }
                Err(_) => {
                    tracing::error!("dropping old deliveries timed out");
                    IDLE_INTERVAL
                }
            };
            if pause == IDLE_INTERVAL || run.dropped + run.removed >= LOGGED_AFTER {
                run.log();
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => break,
            }
        }
        run.log();
    }
}
