//! The work on checkouts that have to be ended at their gateways, until it is done.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Inbox;
use crate::error::Error;
use crate::store::CancelRow;
use crate::timestamp::millis;

/// The number of cancels that a process works on at once.
const CONCURRENCY: usize = 8;
/// The time between two polls of the store.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
const FIRST_WAIT: Duration = Duration::from_secs(30);
const MAX_WAIT: Duration = Duration::from_hours(1);
/// No lease and no wait is that long.
pub(super) const LONGEST_WAIT: Duration = Duration::from_hours(3);

/// Returns the wait after some attempts: it doubles from half a minute to an hour. A longer one that the
/// gateway asks for counts, up to the same hour.
fn wait_after(attempts: i64, asked: Option<Duration>) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 16)).unwrap_or(16);
    let wait = FIRST_WAIT.saturating_mul(1 << doublings);
    wait.max(asked.unwrap_or_default()).min(MAX_WAIT)
}

impl Inbox {
    /// Works on cancels as they become due, until stopped; then finishes those under way.
    pub(super) async fn cancel_until(&self, stop: &CancellationToken) {
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            match self.lease_cancels(CONCURRENCY - running.len()).await {
                Ok(rows) => {
                    for row in rows {
                        let inbox = self.clone();
                        running.spawn(async move { inbox.cancel_or_postpone(&row).await });
                    }
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "cancels cannot be leased");
                }
            }
            tokio::select! {
                Some(_) = running.join_next() => {}
                () = tokio::time::sleep(POLL_INTERVAL) => {}
                () = stop.cancelled() => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Works once on some cancels that are due; returns their number.
    pub(crate) async fn cancel_due(&self) -> Result<usize, Error> {
        let rows = self.lease_cancels(CONCURRENCY).await?;
        let work = rows.iter().map(|row| self.cancel_or_postpone(row));
        futures_util::future::join_all(work).await;
        Ok(rows.len())
    }

    async fn lease_cancels(&self, free: usize) -> Result<Vec<CancelRow>, Error> {
        if free == 0 {
            return Ok(Vec::new());
        }
        let now = self.ledger().now();
        let until = now.saturating_add(millis(self.cancel_lease()));
        let limit = i64::try_from(free).unwrap_or(i64::MAX);
        let store = &self.ledger().store;
        Ok(store.lease_cancels(now, until, limit).await?)
    }

    /// The lease is longer than an attempt takes.
    fn cancel_lease(&self) -> Duration {
        self.config.attempt_timeout + self.config.lease
    }

    async fn cancel_or_postpone(&self, row: &CancelRow) {
        let timeout = self.config.attempt_timeout;
        let work = tokio::time::timeout(timeout, self.checkouts.finish_cancel(row));
        let (error, asked) = match work.await {
            Ok(Ok(())) => (None, None),
            Ok(Err(error)) => (Some(error.to_string()), error.retry_after()),
            Err(_) => (Some("an attempt took too long".to_owned()), None),
        };
        let store = &self.ledger().store;
        let stored = match &error {
            None => store.finish_cancel(row).await,
            Some(error) => {
                tracing::warn!(
                    checkout = row.checkout_pk,
                    attempts = row.attempts,
                    error,
                    "a checkout that must not be paid is not ended yet"
                );
                let wait = millis(wait_after(row.attempts, asked));
                let at = self.ledger().now().saturating_add(wait);
                store.postpone_cancel(row, error, at).await
            }
        };
        // If this is not stored, nothing is lost: the lease runs out and the cancel is tried again.
        if let Err(error) = stored {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "the result of a cancel cannot be stored");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_half_a_minute_to_an_hour() {
        let waits =
            [1, 2, 3, 7, 8, 9, i64::MAX].map(|attempts| wait_after(attempts, None).as_secs());
        assert_eq!(waits, [30, 60, 120, 1_920, 3_600, 3_600, 3_600]);
        let asked = |seconds| wait_after(1, Some(Duration::from_secs(seconds))).as_secs();
        assert_eq!([5, 45, 86_400].map(asked), [30, 45, 3_600]);
    }
}
