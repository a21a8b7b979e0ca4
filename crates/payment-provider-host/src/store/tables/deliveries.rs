use std::fmt;

use payment_provider_core::{Event, EventKind, TimestampCheck};

use crate::accounting::TargetName;
use crate::crash_point::CommitStep;
use crate::delivery_state::DeliveryState;
use crate::store::engine::retry_on_conflict;
use crate::store::row::{Row, json, variant_name};
use crate::store::statement::{Statement, statement};
use crate::store::{Result, Store, Transaction, two_texts};

#[derive(Clone)]
pub(crate) struct DeliveryRow {
    pub pk: i64,
    pub connection_pk: i64,
    pub key: String,
    pub body: Vec<u8>,
    pub events: Vec<Event>,
    pub timestamp_check: TimestampCheck,
    pub matched_secret: Option<String>,
    pub received_at: i64,
    /// The number of times it arrived.
    pub delivery_count: i64,
    pub state: DeliveryState,
    pub attempts: i64,
    /// The number of attempts that failed by a fault of the delivery, or that never ended.
    pub failures: i64,
    /// The number of times that the gateway's list did not contain yet what the delivery reports.
    pub list_polls: i64,
    pub error: Option<String>,
    /// The latest recorded receipt of a payment event on its connection. Read with a lease only.
    pub payment_event_at: Option<i64>,
}

impl DeliveryRow {
    /// Returns true if the same bytes may report another change when they arrive again: an event says
    /// that something changed, without its state.
    pub(crate) fn is_hint(&self) -> bool {
        self.events.iter().any(|event| {
            matches!(
                event.kind,
                EventKind::FetchNeeded | EventKind::RefundClaimed(_)
            )
        })
    }
}

impl DeliveryRow {
    /// Returns the number of times that the gateway's list did not contain what it reports.
    pub(crate) fn polls(&self) -> u32 {
        u32::try_from(self.list_polls).unwrap_or(u32::MAX)
    }

    /// Returns true if a copy that arrives during an attempt may say more than these events.
    pub(crate) fn may_be_superseded(&self) -> bool {
        self.is_hint() || self.timestamp_check != TimestampCheck::Fresh
    }
}

impl fmt::Debug for DeliveryRow {
    /// Omits the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryRow")
            .field("key", &self.key)
            .field("state", &self.state)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

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

/// The end of the work on a delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeliveryEnd<'a> {
    pub state: DeliveryState,
    /// The names under which it may be matched later.
    pub unmatched: &'a [TargetName],
    /// The number of times that it had arrived when the work began. If it arrived again since, it
    /// becomes pending again.
    pub delivery_count: Option<i64>,
    pub next_attempt: i64,
}

/// The next attempt of a delivery, and the reason for which it has to wait.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "independent yes-or-no facts")]
pub(crate) struct Postponement<'a> {
    pub error: &'a str,
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

/// The wait, in milliseconds, of a delivery that another version of this crate stored, while both
/// run side by side, and that this version cannot read. After [`UNREADABLE_TRIES`] attempts, an
/// hour in all, it is parked.
pub(in crate::store) const UNREADABLE_WAIT: i64 = 5 * 60 * 1000;
pub(in crate::store) const UNREADABLE_TRIES: i64 = 12;

/// The longest wait of a delivery for its next attempt, in milliseconds. No lease is that long.
pub(crate) const MAX_WAIT: i64 = 60 * 60 * 1000;

/// The use of a secret is recorded at most once in this many milliseconds: otherwise all deliveries
/// of a connection would wait for one row.
const USE_RECORDED_FOR: i64 = 60 * 1000;

/// The wait, in milliseconds, before the retry of a delivery whose names another transaction may be
/// making known.
#[cfg(feature = "postgres")]
const SOON: i64 = 100;

/// The columns of a delivery without the body, which is read only where it is needed.
pub(super) const COLUMNS: &[&str] = &[
    "delivery_pk",
    "connection_pk",
    "delivery_key",
    "events",
    "timestamp_check",
    "matched_secret",
    "received_at",
    "delivery_count",
    "state",
    "attempts",
    "failures",
    "list_polls",
    "error",
];

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
         state = CASE WHEN failures + 1 >= $5 THEN 'parked' ELSE state END
     WHERE delivery_pk = $2 AND lease_owner = $3";

/// Renews a lease. Waits for a worker that is leasing the delivery at this moment, and then finds
/// the new lease.
pub(in crate::store) const RENEW: &str = "UPDATE @deliveries
     SET lease_until = CASE WHEN lease_until > $3 THEN lease_until ELSE $3 END
     WHERE delivery_pk = $1 AND lease_owner = $2 AND state = 'pending'";

const IS_LEASED: &str = "SELECT delivery_pk FROM @deliveries
     WHERE delivery_pk = $1 AND lease_owner = $2 AND state = 'pending' {FOR NO KEY UPDATE}";

const RETRY: &str =
    "UPDATE @deliveries SET state = 'pending', attempts = 0, list_polls = 0, failures = 0,
         next_attempt = 0
     WHERE connection_pk = $1 AND delivery_key = $2 AND state <> 'pending'";

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
         next_attempt = $2, lease_owner = NULL, lease_until = 0, error = NULL
     WHERE delivery_pk = $3 AND lease_owner = $4 AND state = 'pending'";

const CONNECTION_OF: &str = "SELECT connection_pk FROM @deliveries WHERE delivery_pk = $1";

/// Postpones or parks a delivery. If a duplicate arrived meanwhile, the delivery is not parked but
/// gets new attempts, as a duplicate of a parked delivery would give it. If the duplicate is the first
/// copy inside the acceptance window, the attempt was made with outdated events: it does not count.
const POSTPONE: &str = "UPDATE @deliveries SET lease_owner = NULL, lease_until = 0, error = $3,
         next_attempt = CASE WHEN $9 AND timestamp_check = 'fresh' THEN 0 ELSE $2 END,
         state = CASE WHEN $1 AND delivery_count <= $8 THEN 'parked' ELSE 'pending' END,
         attempts = CASE WHEN ($1 AND delivery_count > $8)
             OR ($9 AND timestamp_check = 'fresh') THEN 0 ELSE attempts END,
         list_polls = CASE WHEN ($1 AND delivery_count > $8)
             OR ($9 AND timestamp_check = 'fresh') THEN 0 ELSE list_polls + $4 END,
         failures = CASE WHEN ($1 AND delivery_count > $8)
             OR ($9 AND timestamp_check = 'fresh') THEN 0 ELSE failures + $7 END
     WHERE delivery_pk = $5 AND lease_owner = $6 AND state = 'pending'";

pub(in crate::store) const BY_KEY: &str = "SELECT #deliveries, deliveries.body AS body
     FROM @deliveries WHERE connection_pk = $1 AND delivery_key = $2";

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

    /// Makes a delivery pending again that is in another state. Returns false if there is none.
    pub(crate) async fn retry_delivery(&self, connection_pk: i64, key: &str) -> Result<bool> {
        let retry = statement!("retry a delivery", RETRY, connection_pk, key);
        Ok(self.execute_durably(CommitStep::Replay, retry).await? == 1)
    }

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

    /// Returns one delivery. Events of another version of this crate that cannot be read are left
    /// out.
    pub(crate) async fn delivery(
        &self,
        connection_pk: i64,
        key: &str,
    ) -> Result<Option<DeliveryRow>> {
        let find = statement!("read the inbox", BY_KEY, connection_pk, key);
        self.fetch_optional(find, |row| with_body(row, shown(row)?))
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

    /// Returns true if a delivery is leased by the owner, and keeps other workers from taking it until
    /// the transaction ends.
    pub(crate) async fn is_leased(&mut self, pk: i64, owner: &str) -> Result<bool> {
        let find = statement!("read a lease", IS_LEASED, pk, owner);
        Ok(self.fetch_optional(find, |_| Ok(())).await?.is_some())
    }

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

fn read(row: &Row<'_>) -> Result<DeliveryRow> {
    let events = row.json("events")?;
    with_body(
        row,
        DeliveryRow {
            events,
            ..without_events(row)?
        },
    )
}

fn with_body(row: &Row<'_>, delivery: DeliveryRow) -> Result<DeliveryRow> {
    let body = row.bytes("body")?;
    Ok(DeliveryRow { body, ..delivery })
}

/// Reads a delivery without its body. Its events are left out if they cannot be read, because
/// another version of this crate wrote them.
pub(in crate::store) fn shown(row: &Row<'_>) -> Result<DeliveryRow> {
    let delivery = without_events(row)?;
    let events = row.json("events").unwrap_or_default();
    Ok(DeliveryRow { events, ..delivery })
}

fn without_events(row: &Row<'_>) -> Result<DeliveryRow> {
    Ok(DeliveryRow {
        pk: row.number("delivery_pk")?,
        connection_pk: row.number("connection_pk")?,
        key: row.text("delivery_key")?,
        body: Vec::new(),
        events: Vec::new(),
        timestamp_check: row.variant("timestamp_check")?,
        matched_secret: row.optional_text("matched_secret")?,
        received_at: row.number("received_at")?,
        delivery_count: row.number("delivery_count")?,
        state: row.variant("state")?,
        attempts: row.number("attempts")?,
        failures: row.number("failures")?,
        list_polls: row.number("list_polls")?,
        error: row.optional_text("error")?,
        payment_event_at: None,
    })
}
