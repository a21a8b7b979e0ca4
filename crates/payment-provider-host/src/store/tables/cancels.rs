//! The checkouts that have to be ended at their gateways.

use payment_provider_core::OrganizationId;

use super::disputes::OwnerRow;
use crate::crash_point::CommitStep;
use crate::store::row::Row;
use crate::store::statement::statement;
use crate::store::{Result, Store, Transaction};

/// A checkout that has to be ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CancelRow {
    pub checkout_pk: i64,
    pub requested_at: i64,
    pub attempts: i64,
    pub next_attempt: i64,
    pub error: Option<String>,
}

pub(super) const COLUMNS: &[&str] = &[
    "checkout_pk",
    "requested_at",
    "attempts",
    "next_attempt",
    "error",
];

const REQUEST: &str = "INSERT INTO @cancels (checkout_pk, requested_at, next_attempt)
     SELECT checkout_pk, $2, $3 FROM @checkouts WHERE checkout_pk {any $1}
     ON CONFLICT (checkout_pk) DO NOTHING";

pub(in crate::store) const LEASE: &str =
    "WITH due AS MATERIALIZED (SELECT checkout_pk FROM @cancels
         WHERE next_attempt <= $1 ORDER BY next_attempt LIMIT $3 {FOR NO KEY UPDATE SKIP LOCKED})
     UPDATE @cancels SET attempts = attempts + 1, next_attempt = $2
     FROM due WHERE cancels.checkout_pk = due.checkout_pk RETURNING #cancels";

pub(in crate::store) const SHORTEN_WAITS: &str =
    "UPDATE @cancels SET next_attempt = $1 WHERE next_attempt > $1";

const POSTPONE: &str = "UPDATE @cancels SET next_attempt = $3, error = $4
     WHERE checkout_pk = $1 AND attempts = $2";

const FINISH: &str = "DELETE FROM @cancels WHERE checkout_pk = $1 AND attempts = $2";

pub(in crate::store) const OF_PAYABLE: &str =
    "SELECT #cancels FROM @checkouts JOIN @cancels USING (checkout_pk) WHERE payable_pk = $1";

macro_rules! failing {
    ($condition:literal) => {
        concat!(
            "SELECT #cancels, organization_id, payable_id, reference
             FROM @cancels JOIN @checkouts USING (checkout_pk) JOIN @payables USING (payable_pk)
             WHERE attempts >= 5",
            $condition,
            " ORDER BY requested_at LIMIT $1"
        )
    };
}

pub(in crate::store) const FAILING: &str = failing!("");
const FAILING_OF_ORGANIZATION: &str = failing!(" AND organization_id = $2");

impl Transaction {
    /// Records that checkouts have to be ended, from this time on. Those that are recorded stay as they are.
    pub(crate) async fn request_cancels(
        &mut self,
        keys: &[i64],
        now: i64,
        from: i64,
    ) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        self.execute(statement!("request cancels", REQUEST, keys, now, from))
            .await?;
        Ok(())
    }

    /// Returns the checkouts of a payable that have to be ended.
    pub(crate) async fn cancels_of(&mut self, payable_pk: i64) -> Result<Vec<CancelRow>> {
        let find = statement!("read cancels", OF_PAYABLE, payable_pk);
        self.fetch_all(find, read).await
    }
}

impl Store {
    /// Leases at most `limit` cancels that are due, until this time. The number of attempts names the lease.
    pub(crate) async fn lease_cancels(
        &self,
        now: i64,
        until: i64,
        limit: i64,
    ) -> Result<Vec<CancelRow>> {
        let lease = statement!("lease cancels", LEASE, now, until, limit);
        self.execute_returning(lease, read).await
    }

    /// Shortens waits that end after a time: the clock was set back since. Returns their number.
    pub(crate) async fn shorten_cancel_waits(&self, latest: i64) -> Result<u64> {
        self.execute(statement!("shorten waits", SHORTEN_WAITS, latest))
            .await
    }

    /// Postpones a cancel, unless another worker has it.
    pub(crate) async fn postpone_cancel(
        &self,
        row: &CancelRow,
        error: &str,
        at: i64,
    ) -> Result<()> {
        let wait = statement!("postpone a cancel", POSTPONE, row.checkout_pk, row.attempts);
        let wait = wait.bind(at).bind(error);
        self.execute_durably(CommitStep::CancelWait, wait).await?;
        Ok(())
    }

    /// Ends the work on a cancel, unless another worker has it.
    pub(crate) async fn finish_cancel(&self, row: &CancelRow) -> Result<()> {
        let done = statement!("finish a cancel", FINISH, row.checkout_pk, row.attempts);
        self.execute_durably(CommitStep::CancelDone, done).await?;
        Ok(())
    }

    /// Returns at most `limit` cancels that fail for long, of one organization or of all, the oldest first.
    pub(crate) async fn failing_cancels(
        &self,
        organization: Option<&OrganizationId>,
        limit: i64,
    ) -> Result<Vec<(OwnerRow, CancelRow)>> {
        const ACTION: &str = "read cancels";
        let find = match organization {
            None => statement!(ACTION, FAILING, limit),
            Some(organization) => statement!(ACTION, FAILING_OF_ORGANIZATION, limit, organization),
        };
        let row = |row: &Row<'_>| Ok((OwnerRow::read(row)?, read(row)?));
        self.fetch_all(find, row).await
    }
}

fn read(row: &Row<'_>) -> Result<CancelRow> {
    Ok(CancelRow {
        checkout_pk: row.number("checkout_pk")?,
        requested_at: row.number("requested_at")?,
        attempts: row.number("attempts")?,
        next_attempt: row.number("next_attempt")?,
        error: row.optional_text("error")?,
    })
}
