//! The deliveries that connections refuse, counted for their operators.
//!
//! A refused delivery may be sent by anyone, so it costs no write of its own: it is counted in memory, and
//! the counts are added to the database now and then. Only connections that exist have counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use payment_provider_core::{ProviderError, ProviderErrorKind, TimestampCheck};
use tokio_util::sync::CancellationToken;

use super::Inbox;
use crate::refusal_reason::RefusalReason;
use crate::store::RefusedRow;

/// The least time between two writes of the counts, in milliseconds.
const WRITE_INTERVAL: i64 = 10_000;
/// The time between two looks at the clock.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Counts that wait for longer than this, in milliseconds, are written by the request that finds them: no
/// worker runs in this process.
const OVERDUE: i64 = 2 * WRITE_INTERVAL;
/// The time limit of a write.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// The refused deliveries that are not written yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Refusals {
    counted: Arc<Mutex<Counted>>,
}

#[derive(Debug, Default)]
struct Counted {
    counts: BTreeMap<(i64, RefusalReason), Count>,
    /// The time of the first of these counts.
    since: i64,
    written_at: i64,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    refused: i64,
    last_at: i64,
}

impl Refusals {
    /// Counts a delivery. `now` is in milliseconds since 1970.
    pub(super) fn count(&self, connection_pk: i64, reason: RefusalReason, now: i64) {
        let count = Count {
            refused: 1,
            last_at: now,
        };
        self.counted().add((connection_pk, reason), count);
    }

    /// Takes the counts to write them, unless the latest ones were written a short time ago. A clock that
    /// was set back delays nothing.
    fn take_due(&self, now: i64) -> Vec<RefusedRow> {
        let mut counted = self.counted();
        let passed = now.saturating_sub(counted.written_at);
        if (0..WRITE_INTERVAL).contains(&passed) {
            return Vec::new();
        }
        counted.take(now)
    }

    /// Takes the counts that no worker has written in time.
    fn take_overdue(&self, now: i64) -> Vec<RefusedRow> {
        let mut counted = self.counted();
        if now.saturating_sub(counted.since) < OVERDUE {
            return Vec::new();
        }
        counted.take(now)
    }

    fn take_all(&self, now: i64) -> Vec<RefusedRow> {
        self.counted().take(now)
    }

    /// Returns counts that could not be written.
    fn put_back(&self, row: &RefusedRow) {
        let count = Count {
            refused: row.refused,
            last_at: row.last_refused_at,
        };
        self.counted().add((row.connection_pk, row.reason), count);
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn add(&mut self, key: (i64, RefusalReason), count: Count) {
        if self.counts.is_empty() {
            self.since = count.last_at;
        }
        let known = self.counts.entry(key).or_insert(Count {
            refused: 0,
            last_at: count.last_at,
        });
        known.refused = known.refused.saturating_add(count.refused);
        known.last_at = known.last_at.max(count.last_at);
    }

    fn take(&mut self, now: i64) -> Vec<RefusedRow> {
        if self.counts.is_empty() {
            return Vec::new();
        }
        self.written_at = now;
        let counts = std::mem::take(&mut self.counts);
        let row = |((connection_pk, reason), count): (_, Count)| RefusedRow {
            connection_pk,
            reason,
            refused: count.refused,
            last_refused_at: count.last_at,
        };
        counts.into_iter().map(row).collect()
    }
}

/// Returns the reason for which a provider does not verify a delivery.
pub(super) fn reason_of(error: &ProviderError) -> RefusalReason {
    match error.kind() {
        ProviderErrorKind::InvalidSignature if error.is_unsigned() => RefusalReason::Unsigned,
        ProviderErrorKind::InvalidSignature => RefusalReason::SignatureMismatch,
        _ => RefusalReason::Unverifiable,
    }
}

/// Returns the reason for which the content of a verified delivery is not trusted, if it is not.
pub(super) const fn reason_of_timestamp(check: TimestampCheck) -> Option<RefusalReason> {
    match check {
        TimestampCheck::Fresh => None,
        TimestampCheck::FromFuture => Some(RefusalReason::FromFuture),
        TimestampCheck::Stale => Some(RefusalReason::Stale),
    }
}

impl Inbox {
    /// Writes the counts of refused deliveries until stopped, at most every 10 seconds, and the rest then.
    pub(super) async fn write_refusals(&self, stop: &CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
                () = stop.cancelled() => break,
            }
            self.write_due_refusals().await;
        }
        let rest = self.refusals.take_all(self.ledger().now());
        self.write_or_keep(rest).await;
    }

    pub(super) async fn write_due_refusals(&self) {
        let due = self.refusals.take_due(self.ledger().now());
        self.write_or_keep(due).await;
    }

    /// Writes counts that no worker of this process writes.
    pub(super) async fn write_overdue_refusals(&self) {
        let overdue = self.refusals.take_overdue(self.ledger().now());
        self.write_or_keep(overdue).await;
    }

    /// Writes counts, each in one statement. Those that cannot be written are kept for the next time. If the
    /// database does not answer in time, a count that it has added may be added again.
    async fn write_or_keep(&self, rows: Vec<RefusedRow>) {
        let mut unwritten = Unwritten {
            refusals: &self.refusals,
            rows,
        };
        while let Some(row) = unwritten.rows.last() {
            let write = self.ledger().store.add_refused(row);
            let written = tokio::time::timeout(WRITE_TIMEOUT, write).await;
            let problem: &dyn std::error::Error = match &written {
                Ok(Ok(())) => {
                    unwritten.rows.pop();
                    continue;
                }
                Ok(Err(error)) => error,
                Err(elapsed) => elapsed,
            };
            tracing::error!(error = problem, "refused deliveries cannot be counted now");
            return;
        }
    }
}

/// Counts that are being written. Those that are left when this value is dropped are kept.
struct Unwritten<'r> {
    refusals: &'r Refusals,
    rows: Vec<RefusedRow>,
}

impl Drop for Unwritten<'_> {
    fn drop(&mut self) {
        for row in &self.rows {
            self.refusals.put_back(row);
        }
    }
}
