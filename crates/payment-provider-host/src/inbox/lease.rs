//! A delivery is its worker's for a short while at a time, and for as long as the work goes on.
//!
//! Short, so that what a process had under way when it died is soon another's; prolonged by whoever
//! is at work, so that an answer of a gateway that takes long is not waited for twice. A process that
//! was frozen and wakes after its lease finds that out at the latest when it ends the delivery, and
//! then nothing of what it did becomes durable.

use std::ops::RangeInclusive;
use std::pin::pin;
use std::time::Duration;

use uuid::Uuid;

use crate::Host;
use crate::checkouts::millis;
use crate::store::{DeliveryRow, StoreError};

/// What [`HostConfig::delivery_lease`](crate::HostConfig::delivery_lease) may be. A shorter one would
/// end while its renewal waits for the database, and within the difference of two clocks; with a
/// longer one, what a dead process had would be kept for long from those that live.
pub(crate) const LEASES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(5);
/// How often a lease is renewed in its time: two renewals may fail.
const RENEWALS: u32 = 3;

impl Host {
    /// Takes deliveries that are due, each with the name under which it was taken.
    pub(super) async fn lease(
        &self,
        free: usize,
    ) -> Result<Vec<(DeliveryRow, String)>, StoreError> {
        // Another name each time: whoever takes up what it lost has a lease of its own.
        let owner = Uuid::new_v4().to_string();
        let now = self.now_millis();
        let limit = i64::try_from(free).unwrap_or(i64::MAX);
        let leased = self
            .inner
            .store
            .lease_deliveries(&owner, now, self.lease_end(), limit)
            .await?;
        Ok(leased
            .into_iter()
            .map(|delivery| (delivery, owner.clone()))
            .collect())
    }

    /// Does some work on a delivery that is leased, and renews the lease meanwhile. `None` if it took
    /// too long: what hangs for good would keep this worker from everything else.
    ///
    /// **Cancellation.** Dropping the future ends the work and the renewals.
    pub(super) async fn while_leased<F: Future>(
        &self,
        pk: i64,
        owner: &str,
        work: F,
    ) -> Option<F::Output> {
        let config = &self.inner.config;
        let mut work = pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return Some(done),
            // A renewal waits as well, for what the work itself may be holding.
            _ = tokio::time::timeout(config.longest_try, self.keep_lease(pk, owner)) => {}
        }
        // Whose delivery it is by now is decided when it is finished.
        let rest = config.longest_try + config.delivery_lease;
        tokio::time::timeout(rest, work).await.ok()
    }

    /// Renews a lease until it is lost, or has been renewed for long enough.
    async fn keep_lease(&self, pk: i64, owner: &str) {
        let pause = self.inner.config.delivery_lease / RENEWALS;
        // What hangs in one process may not in another.
        let mut rest = self.inner.config.longest_try;
        while let Some(left) = rest.checked_sub(pause) {
            rest = left;
            tokio::time::sleep(pause).await;
            let renewed = self.inner.store.renew_lease(pk, owner, self.lease_end());
            match renewed.await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::warn!(delivery = pk, "a delivery was taken over while worked on");
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
            "a delivery takes too long, and is left to others"
        );
    }

    fn lease_end(&self) -> i64 {
        let lease = millis(self.inner.config.delivery_lease);
        self.now_millis().saturating_add(lease)
    }
}
