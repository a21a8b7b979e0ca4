//! The parking and the retry of deliveries by an operator.

use payment_provider_core::OrganizationId;

use crate::connection_ref::ConnectionRef;
use crate::crash_point::CommitStep;
use crate::delivery_state::DeliveryState;
use crate::store::engine::retry_on_conflict;
use crate::store::row::Row;
use crate::store::statement::statement;
use crate::store::{Result, Store};

/// The outcome of parking a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParkOutcome {
    Parked,
    /// It is neither pending nor unmatched; with its state.
    Not(DeliveryState),
    /// Its content was dropped at this time.
    Dropped(i64),
    Unknown,
}

const FORGET_NAMES: &str = "DELETE FROM @unmatched_targets WHERE connection_pk = $1
         AND delivery_pk = (SELECT delivery_pk FROM @deliveries
             WHERE connection_pk = $1 AND delivery_key = $2)";

const PARK: &str = "UPDATE @deliveries
     SET state = 'parked', error = $3, ended_at = $4, lease_owner = NULL, lease_until = 0
     WHERE connection_pk = $1 AND delivery_key = $2 AND state IN ('pending', 'unmatched')
         AND dropped_at IS NULL";

const STATE: &str =
    "SELECT state, dropped_at FROM @deliveries WHERE connection_pk = $1 AND delivery_key = $2";

const RETRY: &str =
    "UPDATE @deliveries SET state = 'pending', attempts = 0, list_polls = 0, failures = 0,
         next_attempt = 0
     WHERE connection_pk = $1 AND delivery_key = $2 AND state <> 'pending'
         AND dropped_at IS NULL";

/// Each gets its own place in the queue, as if they arrived one after another: see `RECEIVE`.
const RETRY_PARKED: &str = "UPDATE @deliveries SET state = 'pending', attempts = 0, list_polls = 0,
         failures = 0, next_attempt = $2 + parked.place
     FROM (SELECT delivery_pk AS pk, sum(50) OVER (ORDER BY delivery_pk) AS place
         FROM @deliveries WHERE connection_pk = $1 AND state = 'parked' AND dropped_at IS NULL) AS parked
     WHERE deliveries.delivery_pk = parked.pk AND deliveries.state = 'parked'
         AND deliveries.dropped_at IS NULL";

impl Store {
    /// Parks a delivery that is pending or unmatched, even if it is leased. Only a retry or a duplicate
    /// makes it pending again.
    ///
    /// Locks the names that the delivery waits for before the delivery itself, in the same order as
    /// a transaction that makes a name known.
    pub(crate) async fn park_delivery(
        &self,
        connection_pk: i64,
        key: &str,
        error: &str,
        now: i64,
    ) -> Result<ParkOutcome> {
        const ACTION: &str = "park a delivery";
        retry_on_conflict(|| async {
            let mut tx = self.begin().await?;
            let forget = || statement!(ACTION, FORGET_NAMES, connection_pk, key);
            tx.execute(forget()).await?;
            let park = statement!(ACTION, PARK, connection_pk, key, error, now);
            if tx.execute(park).await? == 0 {
                // The transaction is rolled back: the delivery keeps the names that it waits for.
                let find = statement!(ACTION, STATE, connection_pk, key);
                let read = |row: &Row<'_>| match row.optional_number("dropped_at")? {
                    Some(at) => Ok(ParkOutcome::Dropped(at)),
                    None => row.variant("state").map(ParkOutcome::Not),
                };
                let found = tx.fetch_optional(find, read).await?;
                return Ok(found.unwrap_or(ParkOutcome::Unknown));
            }
            if tx.locks_rows() {
                // The delivery may have been recorded under more names before its row was locked.
                tx.execute(forget()).await?;
            }
            tx.commit_as(CommitStep::Park).await?;
            Ok(ParkOutcome::Parked)
        })
        .await
    }

    /// Makes a delivery pending again that is in another state. Returns false if there is none, or its
    /// content was dropped.
    pub(crate) async fn retry_delivery(&self, connection_pk: i64, key: &str) -> Result<bool> {
        let retry = statement!("retry a delivery", RETRY, connection_pk, key);
        Ok(self.execute_durably(CommitStep::Replay, retry).await? == 1)
    }

    /// Makes every parked delivery of a connection pending again. Returns their number.
    pub(crate) async fn retry_parked(&self, connection_pk: i64, now: i64) -> Result<u64> {
        let retry = statement!("retry deliveries", RETRY_PARKED, connection_pk, now);
        self.execute_durably(CommitStep::Replay, retry).await
    }
}

const PARKED: &str = "SELECT organization_id, code, count(*) AS parked, max(received_at) AS latest
     FROM @deliveries JOIN @connections USING (connection_pk)
     WHERE deliveries.state = 'parked' AND dropped_at IS NULL GROUP BY organization_id, code
     ORDER BY latest DESC, organization_id, code LIMIT $1";

const PARKED_OF_ORGANIZATION: &str =
    "SELECT organization_id, code, count(*) AS parked, max(received_at) AS latest
     FROM @deliveries JOIN @connections USING (connection_pk)
     WHERE deliveries.state = 'parked' AND dropped_at IS NULL AND organization_id = $2 GROUP BY organization_id, code
     ORDER BY latest DESC, organization_id, code LIMIT $1";

/// The parked deliveries of a connection.
#[derive(Debug, Clone)]
pub(crate) struct ParkedRow {
    pub connection: ConnectionRef,
    pub count: i64,
    pub latest_at: i64,
}

impl Store {
    /// Counts the parked deliveries of at most `limit` connections of one organization or of all.
    pub(crate) async fn parked_deliveries(
        &self,
        organization: Option<&OrganizationId>,
        limit: i64,
    ) -> Result<Vec<ParkedRow>> {
        const ACTION: &str = "count parked deliveries";
        let find = match organization {
            None => statement!(ACTION, PARKED, limit),
            Some(organization) => statement!(ACTION, PARKED_OF_ORGANIZATION, limit, organization),
        };
        let read = |row: &Row<'_>| {
            Ok(ParkedRow {
                connection: ConnectionRef::new(row.parsed("organization_id")?, row.parsed("code")?),
                count: row.number("parked")?,
                latest_at: row.number("latest")?,
            })
        };
        self.fetch_all(find, read).await
    }
}
