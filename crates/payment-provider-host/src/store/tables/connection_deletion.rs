//! The deletion of a connection, and the uses that prevent it.

use crate::crash_point::CommitStep;
use crate::store::engine::retry_on_conflict;
use crate::store::row::Row;
use crate::store::statement::{Statement, statement};
use crate::store::{Result, Store, Transaction};

/// The reasons for which a connection is still needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectionUseRow {
    pub open_checkouts: i64,
    /// Checkouts on which the gateway reports more money than is posted or written off.
    pub unreconciled_checkouts: i64,
    /// Deliveries that are pending, or parked with their content.
    pub waiting_deliveries: i64,
    pub customers: i64,
    /// The latest expiry of a checkout, as requested.
    pub latest_end: Option<i64>,
    /// The time at which the latest payment became known.
    pub latest_payment: Option<i64>,
}

impl ConnectionUseRow {
    /// Returns the time until which money, or an event about it, is still expected: a grace period
    /// after the latest expiry or payment.
    pub(crate) fn expected_until(&self, grace: i64) -> Option<i64> {
        let latest = self.latest_end.max(self.latest_payment)?;
        Some(latest.saturating_add(grace))
    }

    /// Returns true if the connection is not needed any more.
    pub(crate) fn is_over(&self, now: i64, grace: i64) -> bool {
        let counts = [
            self.open_checkouts,
            self.unreconciled_checkouts,
            self.waiting_deliveries,
            self.customers,
        ];
        counts == [0; 4] && self.expected_until(grace).is_none_or(|until| until <= now)
    }
}

/// The outcome of deleting a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deletion {
    Done,
    /// The connection is needed; it was not changed.
    InUse(ConnectionUseRow),
    /// It does not exist, or is deleted already.
    Missing,
}

/// Counts the uses in one statement, so that all counts are of one state.
pub(in crate::store) const USE: &str = "SELECT
         (SELECT count(*) FROM @customers WHERE connection_pk = $1) AS customers,
         (SELECT count(*) FROM @deliveries WHERE connection_pk = $1 AND state = 'pending')
             + (SELECT count(*) FROM @deliveries WHERE connection_pk = $1 AND state = 'parked'
                 AND dropped_at IS NULL)
             AS waiting,
         count(*) FILTER (WHERE state IN ('creating', 'open', 'partially_paid')) AS open,
         count(*) FILTER (WHERE list_incomplete OR gateway_paid > booked + written_off
             OR (state = 'paid' AND NOT has_payment AND written_off = 0))
             AS unreconciled,
         max(expires_at) AS latest_end,
         (SELECT max(seen_at) FROM @payments WHERE connection_pk = $1) AS latest_payment
     FROM (SELECT state, expires_at, gateway_paid, written_off, list_incomplete,
             (SELECT coalesce(sum(payments.amount), 0) FROM @payments
                 WHERE payments.checkout_pk = checkouts.checkout_pk
                     AND allocation_outcome IS NOT NULL
                     AND payments.currency = checkouts.currency) AS booked,
             EXISTS (SELECT 1 FROM @payments
                 WHERE payments.checkout_pk = checkouts.checkout_pk
                     AND allocation_outcome IS NOT NULL)
                 AS has_payment
         FROM @checkouts WHERE connection_pk = $1) AS created";

/// Waits for every transaction that adds rows to the connection, and makes later ones wait and read
/// the connection again. These transactions lock only the key of the connection, and no lock weaker
/// than this one blocks that.
const LOCK: &str = "SELECT connection_pk FROM @connections
     WHERE connection_pk = $1 AND deleted_at IS NULL {FOR UPDATE}";

const MARK_DELETED: &str = "UPDATE @connections SET deleted_at = $1, enabled = false,
         plain_settings = '{}', encrypted_settings = '{}', encryption_keys = '',
         settings_version = settings_version + 1
     WHERE connection_pk = $2";

const DELETE_SECRETS: &str = "DELETE FROM @connection_secrets WHERE connection_pk = $1";

const DELETE_REFUSED: &str = "DELETE FROM @refused_deliveries WHERE connection_pk = $1";

const DELETE: &str = "delete a connection";

impl Store {
    /// Deletes a connection and its secrets, unless it is needed. Afterwards no customer can be
    /// linked to it and no delivery can be stored for it.
    ///
    /// Counts before it locks, so that a refused deletion delays no delivery.
    pub(crate) async fn delete_connection(
        &self,
        pk: i64,
        now: i64,
        grace: i64,
    ) -> Result<Deletion> {
        retry_on_conflict(|| async {
            let found = self.fetch_optional(uses(pk), read).await?;
            if let Some(used) = found.filter(|used| !used.is_over(now, grace)) {
                return Ok(Deletion::InUse(used));
            }
            let mut tx = self.begin().await?;
            let deletion = tx.delete_connection(pk, now, grace).await?;
            if deletion == Deletion::Done {
                tx.commit_as(CommitStep::Deletion).await?;
            }
            Ok(deletion)
        })
        .await
    }
}

impl Transaction {
    pub(in crate::store) async fn delete_connection(
        &mut self,
        pk: i64,
        now: i64,
        grace: i64,
    ) -> Result<Deletion> {
        let lock = statement!(DELETE, LOCK, pk);
        let found = self.fetch_optional(lock, |_| Ok(())).await?;
        if found.is_none() {
            return Ok(Deletion::Missing);
        }
        let used = self.fetch_one(uses(pk), read).await?;
        if !used.is_over(now, grace) {
            return Ok(Deletion::InUse(used));
        }
        self.execute(statement!(DELETE, MARK_DELETED, now, pk))
            .await?;
        self.execute(statement!(DELETE, DELETE_SECRETS, pk)).await?;
        self.execute(statement!(DELETE, DELETE_REFUSED, pk)).await?;
        Ok(Deletion::Done)
    }
}

fn uses(pk: i64) -> Statement<'static> {
    statement!("count the uses of a connection", USE, pk)
}

fn read(row: &Row<'_>) -> Result<ConnectionUseRow> {
    Ok(ConnectionUseRow {
        open_checkouts: row.number("open")?,
        unreconciled_checkouts: row.number("unreconciled")?,
        waiting_deliveries: row.number("waiting")?,
        customers: row.number("customers")?,
        latest_end: row.optional_number("latest_end")?,
        latest_payment: row.optional_number("latest_payment")?,
    })
}
