//! The end of an attempt: the delivery is finished, or postponed.

use crate::accounting::TargetName;
use crate::crash_point::CommitStep;
use crate::delivery_state::DeliveryState;
use crate::store::row::variant_name;
use crate::store::statement::statement;
use crate::store::{Result, Store, Transaction};

/// The end of the work on a delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeliveryEnd<'a> {
    pub state: DeliveryState,
    /// The names under which it may be matched later.
    pub unmatched: &'a [TargetName],
    /// The number of times that it had arrived when the work began. If it arrived again since, it
    /// becomes pending again.
    pub delivery_count: Option<i64>,
    /// The present time, at which it is due if it is pending again.
    pub next_attempt: i64,
}

/// The next attempt of a delivery, and the reason for which it has to wait.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "independent yes-or-no facts")]
pub(crate) struct Postponement<'a> {
    pub error: &'a str,
    /// The time of the next attempt; of a delivery that is parked, the present time.
    pub next_attempt: i64,
    /// True if the gateway's list was fetched and did not contain what the delivery reports.
    pub polled_list: bool,
    /// True if the delivery itself is at fault.
    pub failed: bool,
    pub park: bool,
    /// The number of times that it had arrived when the work began. If it arrived again since, it
    /// is not parked.
    pub delivery_count: i64,
    /// True if no copy that had arrived when the work began was inside the acceptance window.
    pub untrusted: bool,
}

/// The wait, in milliseconds, before the retry of a delivery whose names another transaction may be
/// making known.
#[cfg(feature = "postgres")]
const SOON: i64 = 100;

/// Finishes a delivery. If a duplicate arrived meanwhile, the delivery is pending again, unless no
/// copy of it was ever inside the acceptance window.
const FINISH: &str = "UPDATE @deliveries SET
         state = CASE WHEN delivery_count > $5 AND timestamp_check = 'fresh'
             THEN 'pending' ELSE $1 END,
         attempts = CASE WHEN delivery_count > $5 AND timestamp_check = 'fresh'
             THEN 0 ELSE attempts END,
         list_polls = CASE WHEN delivery_count > $5 AND timestamp_check = 'fresh'
             THEN 0 ELSE list_polls END,
         failures = CASE WHEN delivery_count > $5 AND timestamp_check = 'fresh'
             THEN 0 ELSE failures END,
         next_attempt = $2, ended_at = $2, lease_owner = NULL, lease_until = 0, error = NULL
     WHERE delivery_pk = $3 AND lease_owner = $4 AND state = 'pending'";

const CONNECTION_OF: &str = "SELECT connection_pk FROM @deliveries WHERE delivery_pk = $1";

/// Postpones or parks a delivery. If a duplicate arrived meanwhile, the delivery is not parked but
/// gets new attempts, as a duplicate of a parked delivery would give it. If the duplicate is the first
/// copy inside the acceptance window, the attempt was made with outdated events: it does not count.
const POSTPONE: &str = "UPDATE @deliveries SET lease_owner = NULL, lease_until = 0, error = $3,
         next_attempt = CASE WHEN $9 AND timestamp_check = 'fresh' THEN 0 ELSE $2 END,
         state = CASE WHEN $1 AND delivery_count <= $8 THEN 'parked' ELSE 'pending' END,
         ended_at = CASE WHEN $1 AND delivery_count <= $8 THEN $2 ELSE ended_at END,
         attempts = CASE WHEN ($1 AND delivery_count > $8)
             OR ($9 AND timestamp_check = 'fresh') THEN 0 ELSE attempts END,
         list_polls = CASE WHEN ($1 AND delivery_count > $8)
             OR ($9 AND timestamp_check = 'fresh') THEN 0 ELSE list_polls + $4 END,
         failures = CASE WHEN ($1 AND delivery_count > $8)
             OR ($9 AND timestamp_check = 'fresh') THEN 0 ELSE failures + $7 END
     WHERE delivery_pk = $5 AND lease_owner = $6 AND state = 'pending'";

impl Store {
    /// Releases a lease until the next attempt, or parks the delivery. Does nothing if the delivery
    /// is not leased by the owner any more.
    pub(crate) async fn postpone_delivery(
        &self,
        pk: i64,
        owner: &str,
        wait: Postponement<'_>,
    ) -> Result<()> {
        let postpone = statement!(
            "postpone a delivery",
            POSTPONE,
            wait.park,
            wait.next_attempt
        )
        .bind(wait.error)
        .bind(i64::from(wait.polled_list))
        .bind(pk)
        .bind(owner)
        .bind(i64::from(wait.failed))
        .bind(wait.delivery_count)
        .bind(wait.untrusted);
        let done = CommitStep::Postpone.around(self.execute(postpone)).await;
        done.map(drop)
    }
}

impl Transaction {
    /// Finishes a delivery. Returns false if it is not leased by the owner any more; then nothing
    /// of the transaction may become durable. An unmatched delivery becomes pending again instead
    /// if one of its names is known by now, or if another transaction may be making one known.
    pub(crate) async fn finish_delivery(
        &mut self,
        pk: i64,
        owner: &str,
        end: DeliveryEnd<'_>,
    ) -> Result<bool> {
        const ACTION: &str = "finish a delivery";
        let mut end = end;
        if !end.unmatched.is_empty() {
            let find = statement!(ACTION, CONNECTION_OF, pk);
            let connection_pk = self
                .fetch_one(find, |row| row.number("connection_pk"))
                .await?;
            let names = end.unmatched;
            #[cfg(feature = "postgres")]
            if !self.try_lock_unknown_names(connection_pk, names).await? {
                // The transaction that makes one of the names known cannot see this delivery yet.
                end.next_attempt = end.next_attempt.saturating_add(SOON);
                (end.state, end.unmatched) = (DeliveryState::Pending, &[]);
            }
            if !end.unmatched.is_empty() && self.knows_any(connection_pk, names).await? {
                (end.state, end.unmatched) = (DeliveryState::Pending, &[]);
            }
        }
        let finish = statement!(ACTION, FINISH, variant_name(&end.state)?, end.next_attempt)
            .bind(pk)
            .bind(owner)
            .bind(end.delivery_count);
        let done = self.execute(finish).await? == 1;
        self.put_unmatched(pk, end.unmatched).await?;
        Ok(done)
    }
}
