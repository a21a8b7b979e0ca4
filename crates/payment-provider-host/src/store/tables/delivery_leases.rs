//! The leases of deliveries.

use super::deliveries::{DeliveryRow, read};
use crate::store::row::Row;
use crate::store::statement::statement;
use crate::store::{Result, Store, Transaction};

/// The wait, in milliseconds, of a delivery that another version of this crate stored, while both
/// run side by side, and that this version cannot read. After [`UNREADABLE_TRIES`] attempts, an
/// hour in all, it is parked.
pub(in crate::store) const UNREADABLE_WAIT: i64 = 5 * 60 * 1000;
pub(in crate::store) const UNREADABLE_TRIES: i64 = 12;

/// The longest wait of a delivery for its next attempt, in milliseconds. No lease is that long.
const MAX_WAIT: i64 = 60 * 60 * 1000;

/// Leases deliveries: new ones, in the order of their places in the queue, and postponed ones that are
/// due. Rows that another worker is leasing at this moment are skipped, not waited for. A lease that
/// ran out without being released counts as a failure. A lease that ends after `$5` was made before the
/// clock was set back: no lease is that long, and it counts as run out.
pub(in crate::store) const LEASE: &str = "WITH new AS MATERIALIZED (
         SELECT delivery_pk, next_attempt FROM @deliveries
         WHERE state = 'pending' AND attempts = 0 AND (lease_until <= $2 OR lease_until > $5)
         ORDER BY next_attempt, delivery_pk LIMIT $4
         {FOR NO KEY UPDATE SKIP LOCKED}
     ), postponed AS MATERIALIZED (
         SELECT delivery_pk, next_attempt FROM @deliveries
         WHERE state = 'pending' AND attempts > 0 AND next_attempt <= $2
             AND (lease_until <= $2 OR lease_until > $5)
         ORDER BY next_attempt, delivery_pk LIMIT $4
         {FOR NO KEY UPDATE SKIP LOCKED}
     ), due AS (
         SELECT delivery_pk FROM (
             SELECT delivery_pk, next_attempt FROM new
             UNION ALL SELECT delivery_pk, next_attempt FROM postponed) AS leasable
         ORDER BY next_attempt, delivery_pk LIMIT $4)
     UPDATE @deliveries SET lease_owner = $1, lease_until = $3, attempts = attempts + 1,
         failures = failures + CASE WHEN lease_owner IS NULL THEN 0 ELSE 1 END
     FROM due WHERE deliveries.delivery_pk = due.delivery_pk
     RETURNING #deliveries, deliveries.body AS body,
         (SELECT payment_event_at FROM @connections
             WHERE connections.connection_pk = deliveries.connection_pk) AS payment_event_at";

/// Shortens waits that end after `$1`: they were made before the clock was set back.
pub(in crate::store) const SHORTEN_WAITS: &str = "UPDATE @deliveries SET next_attempt = $1
     WHERE state = 'pending' AND attempts > 0 AND next_attempt > $1";

const POSTPONE_UNREADABLE: &str =
    "UPDATE @deliveries SET error = $1, lease_owner = NULL, lease_until = 0,
         next_attempt = $4, failures = failures + 1,
         state = CASE WHEN failures + 1 >= $5 THEN 'parked' ELSE state END, ended_at = $4
     WHERE delivery_pk = $2 AND lease_owner = $3";

/// Renews a lease. Waits for a worker that is leasing the delivery at this moment, and then finds
/// the new lease.
pub(in crate::store) const RENEW: &str = "UPDATE @deliveries
     SET lease_until = CASE WHEN lease_until > $3 THEN lease_until ELSE $3 END
     WHERE delivery_pk = $1 AND lease_owner = $2 AND state = 'pending'";

const IS_LEASED: &str = "SELECT delivery_pk FROM @deliveries
     WHERE delivery_pk = $1 AND lease_owner = $2 AND state = 'pending' {FOR NO KEY UPDATE}";

impl Store {
    /// Leases at most `limit` deliveries that are due and that no other worker holds. The lease lasts
    /// until it runs out or the delivery is finished or postponed.
    pub(crate) async fn lease_deliveries(
        &self,
        owner: &str,
        now: i64,
        until: i64,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>> {
        const ACTION: &str = "lease deliveries";
        let lease =
            statement!(ACTION, LEASE, owner, now, until, limit).bind(now.saturating_add(MAX_WAIT));
        let read = |row: &Row<'_>| {
            let mut delivery = read(row);
            if let Ok(delivery) = &mut delivery {
                delivery.payment_event_at = row.optional_number("payment_event_at")?;
            }
            Ok((row.number("delivery_pk")?, delivery))
        };
        let mut rows = Vec::new();
        for (pk, row) in self.execute_returning(lease, read).await? {
            match row {
                Ok(row) => rows.push(row),
                // Another version stored it; its processes may run beside this one.
                Err(error) => {
                    let error = format!("{error}: {}", error.reason());
                    let wait = statement!(ACTION, POSTPONE_UNREADABLE, error, pk, owner)
                        .bind(now.saturating_add(UNREADABLE_WAIT))
                        .bind(UNREADABLE_TRIES);
                    if let Err(error) = self.execute(wait).await {
                        // It keeps its lease until that runs out. The others go on.
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(delivery = pk, error, "cannot postpone a delivery");
                    }
                }
            }
        }
        rows.sort_by_key(|row| row.pk);
        Ok(rows)
    }

    /// Makes deliveries due within [`MAX_WAIT`] from now that wait for longer: no wait is that long, so
    /// the clock was set back since. Returns their number.
    pub(crate) async fn shorten_waits(&self, now: i64) -> Result<u64> {
        let latest = now.saturating_add(MAX_WAIT);
        self.execute(statement!("shorten waits", SHORTEN_WAITS, latest))
            .await
    }

    /// Extends a lease; never shortens it. Returns false if the delivery is not leased by the owner any
    /// more.
    pub(crate) async fn renew_lease(&self, pk: i64, owner: &str, until: i64) -> Result<bool> {
        let renew = statement!("renew a lease", RENEW, pk, owner, until);
        Ok(self.execute(renew).await? == 1)
    }
}

impl Transaction {
    /// Returns true if a delivery is leased by the owner, and keeps other workers from taking it until
    /// the transaction ends.
    pub(crate) async fn is_leased(&mut self, pk: i64, owner: &str) -> Result<bool> {
        let find = statement!("read a lease", IS_LEASED, pk, owner);
        Ok(self.fetch_optional(find, |_| Ok(())).await?.is_some())
    }
}
