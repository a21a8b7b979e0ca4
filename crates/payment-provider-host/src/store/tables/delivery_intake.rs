//! The intake of deliveries: each is stored once, and its duplicates are counted.

use payment_provider_core::TimestampCheck;

use super::deliveries::DeliveryRow;
use crate::crash_point::CommitStep;
use crate::store::engine::retry_on_conflict;
use crate::store::row::{json, variant_name};
use crate::store::statement::{Statement, statement};
use crate::store::{Result, Store, Transaction, two_texts};

/// The outcome of storing a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    New,
    /// It was stored before.
    Duplicate {
        /// The number of times that it arrived, this one included.
        count: i64,
        /// True if this is the first copy inside the acceptance window: its content replaced what was
        /// concluded from the copies before.
        is_first_trusted: bool,
    },
    /// Its connection is deleted: nothing was stored.
    Refused,
}

/// The use of a secret is recorded at most once in this many milliseconds: otherwise all deliveries
/// of a connection would wait for one row.
const USE_RECORDED_FOR: i64 = 60 * 1000;

const RECEIVE: &str = "store a delivery";

fn receive(row: &DeliveryRow, again: bool) -> Result<Statement<'_>> {
    let receive = statement!(RECEIVE, &two_texts::RECEIVE, row.connection_pk, &*row.key);
    Ok(receive
        .bind(&*row.body)
        .bind(json(&row.events)?)
        .bind(variant_name(&row.timestamp_check)?)
        .bind(&row.matched_secret)
        .bind(row.received_at)
        .bind(variant_name(&row.state)?)
        .bind(again)
        .bind(USE_RECORDED_FOR))
}

#[cfg(feature = "sqlite")]
const IS_OUTDATED: &str = "SELECT matched_at IS NULL
         OR matched_at <= $3 - CASE WHEN matched_secret IS DISTINCT FROM $2 THEN 0 ELSE $4 END
         AS outdated,
         (SELECT timestamp_check FROM @deliveries
             WHERE deliveries.connection_pk = $1 AND delivery_key = $5) AS checked_before
     FROM @connections WHERE connection_pk = $1 AND deleted_at IS NULL";

#[cfg(feature = "sqlite")]
const RECORD_MATCH: &str =
    "UPDATE @connections SET matched_secret = $1, matched_at = $2 WHERE connection_pk = $3";

#[cfg(feature = "sqlite")]
const RECORD_USE: &str =
    "INSERT INTO @connection_secrets AS known (connection_pk, label, last_matched_at)
     VALUES ($1, $2, $3) ON CONFLICT (connection_pk, label) DO UPDATE SET
         last_matched_at = excluded.last_matched_at
     WHERE known.last_matched_at <= excluded.last_matched_at - $4";

impl Store {
    /// Stores a delivery, or counts it if it is stored already, and records the secret that
    /// verified it.
    ///
    /// A duplicate makes a parked delivery pending again; with `again`, also an applied or
    /// unmatched one. The first duplicate inside the acceptance window replaces a stored copy that
    /// was not, with everything that was concluded from it.
    pub(crate) async fn receive_delivery(
        &self,
        row: &DeliveryRow,
        again: bool,
    ) -> Result<Received> {
        retry_on_conflict(|| async {
            let mut tx = self.begin().await?;
            let Some((count, checked_before)) = tx.store_delivery(row, again).await? else {
                return Ok(Received::Refused);
            };
            tx.commit_as(CommitStep::Arrival).await?;
            let was_trusted = checked_before.is_none_or(|check| check == TimestampCheck::Fresh);
            Ok(match count {
                1 => Received::New,
                count => Received::Duplicate {
                    count,
                    is_first_trusted: !was_trusted && row.timestamp_check == TimestampCheck::Fresh,
                },
            })
        })
        .await
    }
}

impl Transaction {
    /// Stores a delivery and returns how often it arrived, with the timestamp check of the copy that was
    /// stored before; `None` if its connection is deleted.
    async fn store_delivery(
        &mut self,
        row: &DeliveryRow,
        again: bool,
    ) -> Result<Option<(i64, Option<TimestampCheck>)>> {
        #[cfg(feature = "sqlite")]
        if self.sqlite().is_some() {
            let Some(checked_before) = self.record_use(row).await? else {
                return Ok(None);
            };
            let receive = receive(row, again)?;
            let count = self.fetch_one(receive, |row| row.number("delivery_count"));
            return Ok(Some((count.await?, checked_before)));
        }
        let receive = receive(row, again)?;
        self.fetch_optional(receive, |row| {
            let checked_before = row.optional_variant("checked_before")?;
            Ok((row.number("delivery_count")?, checked_before))
        })
        .await
    }

    /// Records, on SQLite, the secret that verified a delivery. Returns the timestamp check of the copy
    /// that is stored, if any; `None` if its connection is deleted.
    #[cfg(feature = "sqlite")]
    async fn record_use(&mut self, row: &DeliveryRow) -> Result<Option<Option<TimestampCheck>>> {
        let connection_pk = row.connection_pk;
        let find = statement!(RECEIVE, IS_OUTDATED, connection_pk, &row.matched_secret)
            .bind(row.received_at)
            .bind(USE_RECORDED_FOR)
            .bind(&*row.key);
        let found = self
            .fetch_optional(find, |row| {
                let checked_before = row.optional_variant("checked_before")?;
                Ok((row.flag("outdated")?, checked_before))
            })
            .await?;
        let Some((outdated, checked_before)) = found else {
            return Ok(None);
        };
        if outdated {
            let update = statement!(RECEIVE, RECORD_MATCH, &row.matched_secret)
                .bind(row.received_at)
                .bind(connection_pk);
            self.execute(update).await?;
        }
        if let Some(label) = &row.matched_secret {
            let upsert = statement!(RECEIVE, RECORD_USE, connection_pk, &**label)
                .bind(row.received_at)
                .bind(USE_RECORDED_FOR);
            self.execute(upsert).await?;
        }
        Ok(Some(checked_before))
    }
}
