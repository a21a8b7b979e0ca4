//! Workers hold short, renewable leases on deliveries.
//!
//! A lease is short, so that the deliveries of a process that died are soon leased by another. It
//! is renewed while the work goes on, so that two workers do not wait for a gateway on one
//! delivery. A process that was frozen for longer than its lease notices this at the latest when it
//! finishes the delivery; then nothing of its work becomes durable.

use std::ops::RangeInclusive;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use uuid::Uuid;

use super::Inbox;
use super::cancels::LONGEST_WAIT;
use crate::error::Error;
use crate::store::DeliveryRow;
use crate::timestamp::millis;

/// The valid values of [`HostConfig::delivery_lease`](crate::HostConfig::delivery_lease). A shorter
/// lease could end while its renewal waits for the database, or because two clocks differ. A longer
/// one would keep the deliveries of a dead process from others for too long.
pub(crate) const LEASE_DURATIONS: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_mins(5);
/// The number of renewals in the time of one lease: two of them may fail.
const RENEWALS: u32 = 3;
/// The time between two checks for waits that are too long, in milliseconds.
const WAITS_CHECKED_FOR: i64 = 60 * 1_000;

impl Inbox {
    /// Leases deliveries that are due, each with the owner of its lease.
    pub(super) async fn lease(&self, free: usize) -> Result<Vec<(DeliveryRow, String)>, Error> {
        // A new owner each time, so that a delivery that is leased again has a different lease.
        let owner = Uuid::new_v4().to_string();
        let now = self.ledger().now();
        let limit = i64::try_from(free).unwrap_or(i64::MAX);
        let store = &self.ledger().store;
        self.shorten_waits(now).await?;
        let leased = store
            .lease_deliveries(&owner, now, self.lease_end(), limit)
            .await?;
        Ok(leased
            .into_iter()
            .map(|delivery| (delivery, owner.clone()))
            .collect())
    }

    /// Shortens the waits that a clock that was set back made longer than any wait is: at once if the
    /// clock of this process went back, otherwise every minute, for the clock may have gone back before the
    /// process began.
    async fn shorten_waits(&self, now: i64) -> Result<(), Error> {
        let before = self.waits_checked_at.load(Ordering::Relaxed);
        let passed = now.checked_sub(before);
        if passed.is_some_and(|passed| (0..WAITS_CHECKED_FOR).contains(&passed)) {
            return Ok(());
        }
        let store = &self.ledger().store;
        let latest = now.saturating_add(millis(LONGEST_WAIT));
        let shortened =
            store.shorten_waits(now).await? + store.shorten_cancel_waits(latest).await?;
        if shortened > 0 {
            tracing::warn!(
                waits = shortened,
                "deliveries or cancels waited for longer than any wait is: the clock was set back"
            );
        }
        self.waits_checked_at.store(now, Ordering::Relaxed);
        Ok(())
    }

    /// Runs the work on a leased delivery, and renews the lease meanwhile. Returns `None` if the
    /// work took too long: work that hangs would keep this worker from all other deliveries.
    ///
    /// **Cancellation.** Dropping the future ends the work and the renewals.
    pub(super) async fn while_leased<F: Future>(
        &self,
        pk: i64,
        owner: &str,
        work: F,
    ) -> Option<F::Output> {
        let (timeout, lease) = (self.config.attempt_timeout, self.config.lease);
        let mut work = pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return Some(done),
            // The work goes on during a renewal, which may wait for locks that the work holds.
            _ = tokio::time::timeout(timeout, self.keep_lease(pk, owner)) => {}
        }
        // Another worker may lease the delivery from now on; finishing the delivery checks for
        // that.
        tokio::time::timeout(timeout + lease, work).await.ok()
    }

    /// Renews a lease until it is lost, or has been renewed for long enough.
    async fn keep_lease(&self, pk: i64, owner: &str) {
        let pause = self.config.lease / RENEWALS;
        // The renewals end after this time: work that hangs in one process may succeed in another.
        let mut rest = self.config.attempt_timeout;
        while let Some(left) = rest.checked_sub(pause) {
            rest = left;
            tokio::time::sleep(pause).await;
            let store = &self.ledger().store;
            match store.renew_lease(pk, owner, self.lease_end()).await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::warn!(delivery = pk, "another worker has leased the delivery");
                    return;
                }
                Err(error) => tracing::warn!(
                    delivery = pk,
                    error = &error as &dyn std::error::Error,
                    "a lease cannot be renewed"
                ),
            }
        }
        tracing::warn!(
            delivery = pk,
            "a delivery takes too long, and is left to other workers"
        );
    }

    fn lease_end(&self) -> i64 {
        self.ledger()
            .now()
            .saturating_add(millis(self.config.lease))
    }
}
