//! The end of old deliveries: their content is dropped, and later their rows are removed, in small batches.

use crate::crash_point::CommitStep;
use crate::store::row::Row;
use crate::store::statement::{Statement, statement};
use crate::store::{Result, Store, Transaction};

/// The deliveries whose content is dropped after the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DropClass {
    /// Applied and ignored ones.
    Applied,
    /// Unmatched and parked ones.
    Unapplied,
}

/// Drops the content of deliveries that ended by `$1`. Rows that another process works on are skipped.
macro_rules! drop_content {
    ($states:literal) => {
        concat!(
            "WITH old AS MATERIALIZED (SELECT delivery_pk FROM @deliveries
                 WHERE state IN (",
            $states,
            ") AND dropped_at IS NULL AND coalesce(ended_at, received_at) <= $1
                 ORDER BY coalesce(ended_at, received_at) LIMIT $2
                 {FOR NO KEY UPDATE SKIP LOCKED})
             UPDATE @deliveries SET body = $3, events = '[]', dropped_at = $4
             FROM old WHERE deliveries.delivery_pk = old.delivery_pk
             RETURNING deliveries.delivery_pk AS delivery_pk"
        )
    };
}

pub(in crate::store) const DROP_APPLIED: &str = drop_content!("'applied', 'ignored'");
pub(in crate::store) const DROP_UNAPPLIED: &str = drop_content!("'unmatched', 'parked'");

/// A name that another transaction takes is skipped: that one waits for the delivery next, and then finds
/// that its content is dropped.
pub(in crate::store) const FORGET_NAMES: &str = "DELETE FROM @unmatched_targets
     WHERE (connection_pk, name, delivery_pk) IN (
         SELECT connection_pk, name, delivery_pk FROM @unmatched_targets
         WHERE delivery_pk {any $1} {FOR UPDATE SKIP LOCKED})";

pub(in crate::store) const REMOVABLE: &str = "SELECT delivery_pk FROM @deliveries
     WHERE dropped_at IS NOT NULL AND coalesce(ended_at, received_at) <= $1
     ORDER BY coalesce(ended_at, received_at) LIMIT $2 {FOR UPDATE SKIP LOCKED}";

pub(in crate::store) const UNLINK_HISTORY: &str =
    "UPDATE @history SET delivery_pk = NULL WHERE delivery_pk {any $1}";

pub(in crate::store) const REMOVE: &str = "DELETE FROM @deliveries WHERE delivery_pk {any $1}
     AND NOT EXISTS (SELECT 1 FROM @unmatched_targets AS waiting
         WHERE waiting.delivery_pk = deliveries.delivery_pk)";

/// Returns at most this many free pages of a SQLite file to the file system. A file that was created
/// without `auto_vacuum` keeps them, and they are used again.
#[cfg(feature = "sqlite")]
const SHRINK: &str = "PRAGMA incremental_vacuum(256)";

const DROP: &str = "drop old deliveries";

impl Store {
    /// Drops body and events of at most `limit` deliveries of a class that ended by `ended_by`, the oldest
    /// first. They match no name any more. Returns their number.
    pub(crate) async fn drop_deliveries(
        &self,
        class: DropClass,
        ended_by: i64,
        limit: i64,
        now: i64,
    ) -> Result<u64> {
        let text = match class {
            DropClass::Applied => DROP_APPLIED,
            DropClass::Unapplied => DROP_UNAPPLIED,
        };
        let mut tx = self.begin().await?;
        let drop = statement!(DROP, text, ended_by, limit)
            .bind(&[] as &[u8])
            .bind(now);
        let dropped = tx.keys(drop).await?;
        if dropped.is_empty() {
            return Ok(0);
        }
        if class == DropClass::Unapplied {
            tx.execute(statement!(DROP, FORGET_NAMES, &dropped[..]))
                .await?;
        }
        tx.commit_as(CommitStep::Drop).await?;
        Ok(dropped.len() as u64)
    }

    /// Removes at most `limit` dropped deliveries that ended by `ended_by`. History entries about their
    /// arrival stay. Returns their number.
    pub(crate) async fn remove_deliveries(&self, ended_by: i64, limit: i64) -> Result<u64> {
        let mut tx = self.begin().await?;
        let old = tx
            .keys(statement!(DROP, REMOVABLE, ended_by, limit))
            .await?;
        if old.is_empty() {
            return Ok(0);
        }
        let mut removed = 0;
        for text in [FORGET_NAMES, UNLINK_HISTORY, REMOVE] {
            removed = tx.execute(statement!(DROP, text, &old[..])).await?;
        }
        tx.commit_as(CommitStep::Remove).await?;
        Ok(removed)
    }

    /// Lets a SQLite file shrink by some of its free pages. PostgreSQL uses them again.
    pub(crate) async fn release_pages(&self) -> Result<()> {
        #[cfg(feature = "sqlite")]
        if self.sqlite().is_some() {
            self.execute(statement!("shrink the file", SHRINK)).await?;
        }
        Ok(())
    }
}

impl Transaction {
    async fn keys(&mut self, statement: Statement<'_>) -> Result<Vec<i64>> {
        let key = |row: &Row<'_>| row.number("delivery_pk");
        self.fetch_all(statement, key).await
    }
}
