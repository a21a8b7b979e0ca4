use sqlx::sqlite::{SqlitePool, SqliteRow};

use super::{
    DeliveryEnd, DeliveryRow, DeliveryState, Postponed, Received, Result, StoreError, TargetName,
    Tx,
};
use crate::store::columns::{ReadColumn, json, word};
use crate::store::{UNREADABLE_TRIES, UNREADABLE_WAIT, USE_NOTED_FOR};

/// Stored, or counted as a copy, which is a reason to look again at what waits for somebody.
const RECEIVE: &str =
    "INSERT INTO deliveries (connection_pk, delivery_key, body, events, timestamp_check,
         matched_secret, received_at, state, next_attempt)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7)
     ON CONFLICT (connection_pk, delivery_key) DO UPDATE SET
         copies = copies + 1,
         attempts = CASE
             WHEN state IN ('parked', 'ignored') OR (?9 AND state IN ('applied', 'unmatched'))
             THEN 0 ELSE attempts END,
         looks = CASE
             WHEN state IN ('parked', 'ignored') OR (?9 AND state IN ('applied', 'unmatched'))
             THEN 0 ELSE looks END,
         failures = CASE
             WHEN state IN ('parked', 'ignored') OR (?9 AND state IN ('applied', 'unmatched'))
             THEN 0 ELSE failures END,
         -- One that waits for its next try goes on waiting.
         next_attempt = CASE
             WHEN state IN ('parked', 'ignored') OR (?9 AND state IN ('applied', 'unmatched'))
             THEN excluded.next_attempt ELSE next_attempt END,
         -- It may be understood by now. A copy past its time tells less.
         events = CASE
             WHEN state = 'ignored' OR (state = 'parked' AND excluded.timestamp_check = 'fresh')
                 OR (?9 AND timestamp_check <> 'fresh')
             THEN excluded.events ELSE events END,
         timestamp_check = CASE
             WHEN state = 'ignored' OR (state = 'parked' AND excluded.timestamp_check = 'fresh')
                 OR (?9 AND timestamp_check <> 'fresh')
             THEN excluded.timestamp_check ELSE timestamp_check END,
         matched_secret = CASE
             WHEN state = 'ignored' OR (state = 'parked' AND excluded.timestamp_check = 'fresh')
                 OR (?9 AND timestamp_check <> 'fresh')
             THEN excluded.matched_secret ELSE matched_secret END,
         state = CASE
             WHEN state = 'parked' THEN 'pending'
             WHEN state = 'ignored' THEN excluded.state
             WHEN ?9 AND state IN ('applied', 'unmatched') THEN 'pending'
             ELSE state END
     RETURNING copies";

pub(super) async fn receive(pool: &SqlitePool, row: &DeliveryRow, again: bool) -> Result<Received> {
    let failed = |error| StoreError::new("store a delivery", error);
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let there: Option<bool> = sqlx::query_scalar(
        "SELECT matched_at IS NULL
             OR matched_at <= ?3 - CASE WHEN matched_secret IS NOT ?2 THEN 0 ELSE ?4 END
         FROM connections WHERE connection_pk = ?1 AND deleted_at IS NULL",
    )
    .bind(row.connection_pk)
    .bind(&row.matched_secret)
    .bind(row.received_at)
    .bind(USE_NOTED_FOR)
    .fetch_optional(&mut *tx)
    .await
    .map_err(failed)?;
    let Some(is_news) = there else {
        return Ok(Received::Refused);
    };
    if is_news {
        sqlx::query(
            "UPDATE connections SET matched_secret = ?, matched_at = ? WHERE connection_pk = ?",
        )
        .bind(&row.matched_secret)
        .bind(row.received_at)
        .bind(row.connection_pk)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    }
    let copies: i64 = sqlx::query_scalar(RECEIVE)
        .bind(row.connection_pk)
        .bind(&row.key)
        .bind(&row.body)
        .bind(json(&row.events)?)
        .bind(word(&row.timestamp_check)?)
        .bind(&row.matched_secret)
        .bind(row.received_at)
        .bind(word(&row.state)?)
        .bind(again)
        .fetch_one(&mut *tx)
        .await
        .map_err(failed)?;
    if let Some(label) = &row.matched_secret {
        sqlx::query(
            "INSERT INTO connection_secrets AS known (connection_pk, label, last_matched_at)
             VALUES (?, ?, ?) ON CONFLICT (connection_pk, label) DO UPDATE SET
                 last_matched_at = excluded.last_matched_at
             WHERE known.last_matched_at <= excluded.last_matched_at - ?",
        )
        .bind(row.connection_pk)
        .bind(label)
        .bind(row.received_at)
        .bind(USE_NOTED_FOR)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    }
    crash_point!("arrival.3-before-commit");
    tx.commit().await.map_err(failed)?;
    Ok(match copies {
        1 => Received::New,
        copies => Received::Copy(copies),
    })
}

/// Takes back what a process that is gone had leased.
pub(super) async fn release(pool: &SqlitePool) -> Result<()> {
    sqlx::query(
        "UPDATE deliveries SET lease_owner = NULL, lease_until = 0, failures = failures + 1
         WHERE state = 'pending' AND lease_owner IS NOT NULL",
    )
    .execute(pool)
    .await
    .map_err(|error| StoreError::new("release deliveries", error))?;
    Ok(())
}

pub(super) async fn lease(
    pool: &SqlitePool,
    owner: &str,
    now: i64,
    until: i64,
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    let failed = |error| StoreError::new("lease deliveries", error);
    let leased = sqlx::query(
        "UPDATE deliveries SET lease_owner = ?1, lease_until = ?3, attempts = attempts + 1,
             -- Nobody ended the one before.
             failures = failures + (lease_owner IS NOT NULL)
         WHERE delivery_pk IN (SELECT delivery_pk FROM deliveries
             WHERE state = 'pending' AND next_attempt <= ?2 AND lease_until <= ?2
             ORDER BY next_attempt, delivery_pk LIMIT ?4)
         RETURNING *",
    )
    .bind(owner)
    .bind(now)
    .bind(until)
    .bind(limit)
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    let mut rows = Vec::new();
    for row in &leased {
        match read(row) {
            Ok(row) => rows.push(row),
            // Written by another version, whose processes may run beside this one: it waits for them.
            Err(error) => {
                sqlx::query(
                    "UPDATE deliveries SET error = ?1, lease_owner = NULL, lease_until = 0,
                         next_attempt = ?3, failures = failures + 1,
                         state = CASE WHEN failures + 1 >= ?4 THEN 'parked' ELSE state END
                     WHERE delivery_pk = ?2",
                )
                .bind(format!("{error}: {}", error.reason()))
                .bind(row.number("delivery_pk")?)
                .bind(now.saturating_add(UNREADABLE_WAIT))
                .bind(UNREADABLE_TRIES)
                .execute(pool)
                .await
                .map_err(failed)?;
            }
        }
    }
    Ok(rows)
}

pub(super) async fn renew(pool: &SqlitePool, pk: i64, owner: &str, until: i64) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE deliveries SET lease_until = max(lease_until, ?)
         WHERE delivery_pk = ? AND lease_owner = ? AND state = 'pending'",
    )
    .bind(until)
    .bind(pk)
    .bind(owner)
    .execute(pool)
    .await
    .map_err(|error| StoreError::new("renew a lease", error))?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn retry(pool: &SqlitePool, connection_pk: i64, key: &str) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE deliveries SET state = 'pending', attempts = 0, looks = 0, failures = 0,
             next_attempt = 0
         WHERE connection_pk = ? AND delivery_key = ? AND state <> 'pending'",
    )
    .bind(connection_pk)
    .bind(key)
    .execute(pool)
    .await
    .map_err(|error| StoreError::new("try a delivery again", error))?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn is_leased(tx: &mut Tx, pk: i64, owner: &str) -> Result<bool> {
    let found = sqlx::query(
        "SELECT delivery_pk FROM deliveries
         WHERE delivery_pk = ? AND lease_owner = ? AND state = 'pending'",
    )
    .bind(pk)
    .bind(owner)
    .fetch_optional(&mut **tx)
    .await
    .map_err(|error| StoreError::new("look at a lease", error))?;
    Ok(found.is_some())
}

pub(super) async fn finish(
    tx: &mut Tx,
    pk: i64,
    owner: &str,
    end: DeliveryEnd<'_>,
) -> Result<bool> {
    let failed = |error| StoreError::new("finish a delivery", error);
    let mut end = end;
    if !end.unmatched.is_empty() && names_known(tx, pk, end.unmatched).await? {
        // By what came later in the same delivery.
        end.state = DeliveryState::Pending;
        end.unmatched = &[];
    }
    let done = sqlx::query(
        "UPDATE deliveries SET
             -- Of a delivery that never came in time, a copy is no news.
             state = CASE WHEN copies > ?5 AND timestamp_check = 'fresh' THEN 'pending' ELSE ?1 END,
             attempts = CASE WHEN copies > ?5 AND timestamp_check = 'fresh' THEN 0 ELSE attempts END,
             looks = CASE WHEN copies > ?5 AND timestamp_check = 'fresh' THEN 0 ELSE looks END,
             failures = CASE WHEN copies > ?5 AND timestamp_check = 'fresh' THEN 0 ELSE failures END,
             next_attempt = ?2, lease_owner = NULL, lease_until = 0, error = NULL
         WHERE delivery_pk = ?3 AND lease_owner = ?4 AND state = 'pending'",
    )
    .bind(word(&end.state)?)
    .bind(end.next_attempt)
    .bind(pk)
    .bind(owner)
    .bind(end.copies)
    .execute(&mut **tx)
    .await
    .map_err(failed)?;
    for name in end.unmatched {
        sqlx::query(
            "INSERT INTO unmatched_subjects (connection_pk, name, delivery_pk)
             SELECT connection_pk, ?, delivery_pk FROM deliveries WHERE delivery_pk = ?
             ON CONFLICT DO NOTHING",
        )
        .bind(name.to_string())
        .bind(pk)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    }
    Ok(done.rows_affected() == 1)
}

/// Whether one of these names of the delivery's connection is known.
async fn names_known(tx: &mut Tx, pk: i64, names: &[TargetName]) -> Result<bool> {
    let connection_pk: i64 =
        sqlx::query_scalar("SELECT connection_pk FROM deliveries WHERE delivery_pk = ?")
            .bind(pk)
            .fetch_one(&mut **tx)
            .await
            .map_err(|error| StoreError::new("finish a delivery", error))?;
    for name in names {
        let known = super::payables::checkout_by_name(tx, connection_pk, name).await?;
        if known.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) async fn postpone(
    pool: &SqlitePool,
    pk: i64,
    owner: &str,
    wait: Postponed<'_>,
) -> Result<()> {
    sqlx::query(
        "UPDATE deliveries SET next_attempt = ?2, lease_owner = NULL, lease_until = 0,
             error = ?3,
             -- A copy that came meanwhile asks for other tries, as one that comes now would.
             state = CASE WHEN ?1 AND copies <= ?8 THEN 'parked' ELSE 'pending' END,
             attempts = CASE WHEN ?1 AND copies > ?8 THEN 0 ELSE attempts END,
             looks = CASE WHEN ?1 AND copies > ?8 THEN 0 ELSE looks + ?4 END,
             failures = CASE WHEN ?1 AND copies > ?8 THEN 0 ELSE failures + ?7 END
         WHERE delivery_pk = ?5 AND lease_owner = ?6 AND state = 'pending'",
    )
    .bind(wait.park)
    .bind(wait.next_attempt)
    .bind(wait.error)
    .bind(wait.looked)
    .bind(pk)
    .bind(owner)
    .bind(wait.failed)
    .bind(wait.copies)
    .execute(pool)
    .await
    .map_err(|error| StoreError::new("postpone a delivery", error))?;
    Ok(())
}

pub(super) async fn requeue(
    tx: &mut Tx,
    connection_pk: i64,
    names: &[TargetName],
    now: i64,
) -> Result<u64> {
    let failed = |error| StoreError::new("look at unmatched deliveries again", error);
    let mut requeued = 0;
    for name in names {
        let name = name.to_string();
        let done = sqlx::query(
            "UPDATE deliveries SET state = 'pending', attempts = 0, looks = 0, failures = 0,
                 next_attempt = ?3
             WHERE state <> 'pending' AND delivery_pk IN (SELECT delivery_pk
                 FROM unmatched_subjects WHERE connection_pk = ?1 AND name = ?2)",
        )
        .bind(connection_pk)
        .bind(&name)
        .bind(now)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
        requeued += done.rows_affected();
        sqlx::query("DELETE FROM unmatched_subjects WHERE connection_pk = ? AND name = ?")
            .bind(connection_pk)
            .bind(&name)
            .execute(&mut **tx)
            .await
            .map_err(failed)?;
    }
    Ok(requeued)
}

pub(super) async fn latest(
    pool: &SqlitePool,
    connection_pk: i64,
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    let rows = sqlx::query(
        "SELECT * FROM deliveries WHERE connection_pk = ? ORDER BY delivery_pk DESC LIMIT ?",
    )
    .bind(connection_pk)
    .bind(limit)
    .fetch_all(pool)
    .await
    .map_err(|error| StoreError::new("read the inbox", error))?;
    // Events of another version are no reason to show nothing of a delivery.
    let shown = |row| read(row).or_else(|_| read_without_events(row));
    rows.iter().map(shown).collect()
}

pub(super) fn read(row: &SqliteRow) -> Result<DeliveryRow> {
    let events = row.json("events")?;
    Ok(DeliveryRow {
        events,
        ..read_without_events(row)?
    })
}

pub(super) fn read_without_events(row: &SqliteRow) -> Result<DeliveryRow> {
    Ok(DeliveryRow {
        pk: row.number("delivery_pk")?,
        connection_pk: row.number("connection_pk")?,
        key: row.text("delivery_key")?,
        body: row.bytes("body")?,
        events: Vec::new(),
        timestamp_check: row.word("timestamp_check")?,
        matched_secret: row.maybe_text("matched_secret")?,
        received_at: row.number("received_at")?,
        copies: row.number("copies")?,
        state: row.word("state")?,
        attempts: row.number("attempts")?,
        failures: row.number("failures")?,
        looks: row.number("looks")?,
        error: row.maybe_text("error")?,
    })
}
