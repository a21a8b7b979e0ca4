use sqlx::postgres::PgRow;

use super::text::storable;
use super::{
    DeliveryEnd, DeliveryRow, PostgresStore, PostgresTx, Postponed, Received, Result, StoreError,
    TargetName,
};
use crate::store::columns::{ReadColumn, json, word};
use crate::store::{Store, UNREADABLE_TRIES, UNREADABLE_WAIT, USE_NOTED_FOR};

/// After how many milliseconds a delivery is looked at again whose names are just becoming known.
const SOON: i64 = 100;

/// One statement: the delivery, then that its connection is there, and which secret verified it. Where
/// the connection is deleted, or has been by the time its row is free, none of it may become durable.
/// Many deliveries share these rows with the connection, and each that wrote them would make all others
/// wait until it is durable: they are written when they say something else, or a minute later.
pub(super) const RECEIVE: &str = "WITH received AS (
         INSERT INTO @deliveries AS known (connection_pk, delivery_key, body, events, timestamp_check,
             matched_secret, received_at, state, next_attempt)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7)
         ON CONFLICT (connection_pk, delivery_key) DO UPDATE SET
             copies = known.copies + 1,
             attempts = CASE
                 WHEN known.state IN ('parked', 'ignored')
                     OR ($9 AND known.state IN ('applied', 'unmatched'))
                 THEN 0 ELSE known.attempts END,
             looks = CASE
                 WHEN known.state IN ('parked', 'ignored')
                     OR ($9 AND known.state IN ('applied', 'unmatched'))
                 THEN 0 ELSE known.looks END,
             failures = CASE
                 WHEN known.state IN ('parked', 'ignored')
                     OR ($9 AND known.state IN ('applied', 'unmatched'))
                 THEN 0 ELSE known.failures END,
             -- One that waits for its next try goes on waiting.
             next_attempt = CASE
                 WHEN known.state IN ('parked', 'ignored')
                     OR ($9 AND known.state IN ('applied', 'unmatched'))
                 THEN excluded.next_attempt ELSE known.next_attempt END,
             -- It may be understood by now. A copy past its time tells less.
             events = CASE
                 WHEN known.state = 'ignored'
                     OR (known.state = 'parked' AND excluded.timestamp_check = 'fresh')
                     OR ($9 AND known.timestamp_check <> 'fresh')
                 THEN excluded.events ELSE known.events END,
             timestamp_check = CASE
                 WHEN known.state = 'ignored'
                     OR (known.state = 'parked' AND excluded.timestamp_check = 'fresh')
                     OR ($9 AND known.timestamp_check <> 'fresh')
                 THEN excluded.timestamp_check ELSE known.timestamp_check END,
             matched_secret = CASE
                 WHEN known.state = 'ignored'
                     OR (known.state = 'parked' AND excluded.timestamp_check = 'fresh')
                     OR ($9 AND known.timestamp_check <> 'fresh')
                 THEN excluded.matched_secret ELSE known.matched_secret END,
             state = CASE
                 WHEN known.state = 'parked' THEN 'pending'
                 WHEN known.state = 'ignored' THEN excluded.state
                 WHEN $9 AND known.state IN ('applied', 'unmatched') THEN 'pending'
                 ELSE known.state END
         RETURNING copies, connection_pk
     ), there AS (
         SELECT connection_pk, matched_secret, matched_at FROM @connections
         WHERE connection_pk = (SELECT connection_pk FROM received) AND deleted_at IS NULL
         FOR KEY SHARE
     ), matched AS (
         UPDATE @connections SET matched_secret = $6, matched_at = $7
         WHERE connection_pk = (SELECT connection_pk FROM there WHERE matched_at IS NULL
             OR matched_at <= $7 - CASE WHEN matched_secret IS DISTINCT FROM $6 THEN 0 ELSE $10 END)
     ), verified AS (
         INSERT INTO @connection_secrets AS known (connection_pk, label, last_matched_at)
         SELECT connection_pk, $6, $7 FROM there WHERE $6 IS NOT NULL AND NOT EXISTS (
             SELECT FROM @connection_secrets AS known
             WHERE known.connection_pk = there.connection_pk AND label = $6
                 AND last_matched_at > $7 - $10)
         ON CONFLICT (connection_pk, label) DO UPDATE SET
             last_matched_at = greatest(known.last_matched_at, excluded.last_matched_at)
     )
     SELECT copies FROM received WHERE EXISTS (SELECT FROM there)";

pub(super) async fn receive(
    store: &PostgresStore,
    row: &DeliveryRow,
    again: bool,
) -> Result<Received> {
    let mut tx = store.begin().await?;
    let copies: Option<i64> = sqlx::query_scalar(tx.sql(RECEIVE))
        .bind(row.connection_pk)
        .bind(&row.key)
        .bind(&row.body)
        .bind(json(&row.events)?)
        .bind(word(&row.timestamp_check)?)
        .bind(row.matched_secret.as_deref().map(storable))
        .bind(row.received_at)
        .bind(word(&row.state)?)
        .bind(again)
        .bind(USE_NOTED_FOR)
        .fetch_optional(tx.own())
        .await
        .map_err(|error| StoreError::new("store a delivery", error))?;
    let Some(copies) = copies else {
        return Ok(Received::Refused);
    };
    crash_point!("arrival.3-before-commit");
    tx.commit().await?;
    Ok(match copies {
        1 => Received::New,
        copies => Received::Copy(copies),
    })
}

/// Rows that another worker is taking just now are passed over, not waited for.
pub(super) const LEASE: &str = "WITH due AS MATERIALIZED (
         SELECT delivery_pk FROM @deliveries
         WHERE state = 'pending' AND next_attempt <= $2 AND lease_until <= $2
         ORDER BY next_attempt, delivery_pk LIMIT $4
         FOR NO KEY UPDATE SKIP LOCKED)
     UPDATE @deliveries AS taken SET lease_owner = $1, lease_until = $3, attempts = attempts + 1,
         -- Nobody ended the one before.
         failures = failures + CASE WHEN lease_owner IS NULL THEN 0 ELSE 1 END
     FROM due WHERE taken.delivery_pk = due.delivery_pk
     RETURNING taken.#deliveries";

pub(super) async fn lease(
    store: &PostgresStore,
    owner: &str,
    now: i64,
    until: i64,
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    let failed = |error| StoreError::new("lease deliveries", error);
    let leased = sqlx::query(store.sql(LEASE))
        .bind(owner)
        .bind(now)
        .bind(until)
        .bind(limit)
        .fetch_all(&store.pool)
        .await
        .map_err(failed)?;
    let mut rows = Vec::new();
    for row in &leased {
        match read(row) {
            Ok(row) => rows.push(row),
            // Written by another version, whose processes may run beside this one: it waits for them.
            Err(error) => {
                sqlx::query(store.sql(
                    "UPDATE @deliveries SET error = $1, lease_owner = NULL, lease_until = 0,
                         next_attempt = $4, failures = failures + 1,
                         state = CASE WHEN failures + 1 >= $5 THEN 'parked' ELSE state END
                     WHERE delivery_pk = $2 AND lease_owner = $3",
                ))
                .bind(storable(&format!("{error}: {}", error.reason())))
                .bind(row.number("delivery_pk")?)
                .bind(owner)
                .bind(now.saturating_add(UNREADABLE_WAIT))
                .bind(UNREADABLE_TRIES)
                .execute(&store.pool)
                .await
                .map_err(failed)?;
            }
        }
    }
    rows.sort_by_key(|row| row.pk);
    Ok(rows)
}

/// Waits for whoever takes the delivery at this moment, and then sees whose it is.
pub(super) const RENEW: &str = "UPDATE @deliveries SET lease_until = greatest(lease_until, $3)
     WHERE delivery_pk = $1 AND lease_owner = $2 AND state = 'pending'";

pub(super) async fn renew(store: &PostgresStore, pk: i64, owner: &str, until: i64) -> Result<bool> {
    let done = sqlx::query(store.sql(RENEW))
        .bind(pk)
        .bind(owner)
        .bind(until)
        .execute(&store.pool)
        .await
        .map_err(|error| StoreError::new("renew a lease", error))?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn retry(store: &PostgresStore, connection_pk: i64, key: &str) -> Result<bool> {
    let done = sqlx::query(store.sql(
        "UPDATE @deliveries SET state = 'pending', attempts = 0, looks = 0, failures = 0,
             next_attempt = 0
         WHERE connection_pk = $1 AND delivery_key = $2 AND state <> 'pending'",
    ))
    .bind(connection_pk)
    .bind(storable(key))
    .execute(&store.pool)
    .await
    .map_err(|error| StoreError::new("try a delivery again", error))?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn is_leased(tx: &mut PostgresTx, pk: i64, owner: &str) -> Result<bool> {
    let sql = tx.sql(
        "SELECT delivery_pk FROM @deliveries
         WHERE delivery_pk = $1 AND lease_owner = $2 AND state = 'pending' FOR NO KEY UPDATE",
    );
    let found = sqlx::query(sql)
        .bind(pk)
        .bind(owner)
        .fetch_optional(tx.own())
        .await
        .map_err(|error| StoreError::new("look at a lease", error))?;
    Ok(found.is_some())
}

pub(super) async fn finish(
    tx: &mut PostgresTx,
    pk: i64,
    owner: &str,
    end: DeliveryEnd<'_>,
) -> Result<bool> {
    let failed = |error| StoreError::new("finish a delivery", error);
    let mut state = word(&end.state)?;
    let mut next_attempt = end.next_attempt;
    let mut unmatched: &[TargetName] = &[];
    if !end.unmatched.is_empty() {
        let sql = tx.sql("SELECT connection_pk FROM @deliveries WHERE delivery_pk = $1");
        let connection_pk: i64 = sqlx::query_scalar(sql)
            .bind(pk)
            .fetch_one(tx.own())
            .await
            .map_err(failed)?;
        if !tx.keep_unknown(connection_pk, end.unmatched).await? {
            // Whoever makes one of them known does not see yet that somebody waits for it.
            "pending".clone_into(&mut state);
            next_attempt = next_attempt.saturating_add(SOON);
        } else if super::payables::knows_any(tx, connection_pk, end.unmatched).await? {
            // One of them became known since it was looked for.
            "pending".clone_into(&mut state);
        } else {
            unmatched = end.unmatched;
        }
    }
    let sql = tx.sql(
        "UPDATE @deliveries SET
             -- Of a delivery that never came in time, a copy is no news.
             state = CASE WHEN copies > $5 AND timestamp_check = 'fresh' THEN 'pending' ELSE $1 END,
             attempts = CASE WHEN copies > $5 AND timestamp_check = 'fresh' THEN 0 ELSE attempts END,
             looks = CASE WHEN copies > $5 AND timestamp_check = 'fresh' THEN 0 ELSE looks END,
             failures = CASE WHEN copies > $5 AND timestamp_check = 'fresh' THEN 0 ELSE failures END,
             next_attempt = $2, lease_owner = NULL, lease_until = 0, error = NULL
         WHERE delivery_pk = $3 AND lease_owner = $4 AND state = 'pending'",
    );
    let done = sqlx::query(sql)
        .bind(state)
        .bind(next_attempt)
        .bind(pk)
        .bind(owner)
        .bind(end.copies)
        .execute(tx.own())
        .await
        .map_err(failed)?;
    if !unmatched.is_empty() {
        let names: Vec<String> = unmatched.iter().map(ToString::to_string).collect();
        let sql = tx.sql(
            "INSERT INTO @unmatched_subjects (connection_pk, name, delivery_pk)
             SELECT connection_pk, name, delivery_pk
             FROM @deliveries CROSS JOIN unnest($1::text[]) AS name
             WHERE delivery_pk = $2 ON CONFLICT DO NOTHING",
        );
        sqlx::query(sql)
            .bind(&names)
            .bind(pk)
            .execute(tx.own())
            .await
            .map_err(failed)?;
    }
    Ok(done.rows_affected() == 1)
}

pub(super) async fn postpone(
    store: &PostgresStore,
    pk: i64,
    owner: &str,
    wait: Postponed<'_>,
) -> Result<()> {
    sqlx::query(store.sql(
        "UPDATE @deliveries SET next_attempt = $2, lease_owner = NULL, lease_until = 0,
             error = $3,
             -- A copy that came meanwhile asks for other tries, as one that comes now would.
             state = CASE WHEN $1 AND copies <= $8 THEN 'parked' ELSE 'pending' END,
             attempts = CASE WHEN $1 AND copies > $8 THEN 0 ELSE attempts END,
             looks = CASE WHEN $1 AND copies > $8 THEN 0 ELSE looks + $4 END,
             failures = CASE WHEN $1 AND copies > $8 THEN 0 ELSE failures + $7 END
         WHERE delivery_pk = $5 AND lease_owner = $6 AND state = 'pending'",
    ))
    .bind(wait.park)
    .bind(wait.next_attempt)
    .bind(storable(wait.error))
    .bind(i64::from(wait.looked))
    .bind(pk)
    .bind(owner)
    .bind(i64::from(wait.failed))
    .bind(wait.copies)
    .execute(&store.pool)
    .await
    .map_err(|error| StoreError::new("postpone a delivery", error))?;
    Ok(())
}

pub(super) const REQUEUE: &str = "WITH waiting AS (
         DELETE FROM @unmatched_subjects WHERE connection_pk = $1 AND name = ANY ($2)
         RETURNING delivery_pk)
     UPDATE @deliveries SET state = 'pending', attempts = 0, looks = 0, failures = 0,
         next_attempt = $3
     WHERE state <> 'pending' AND delivery_pk IN (SELECT delivery_pk FROM waiting)";

pub(super) async fn requeue(
    tx: &mut PostgresTx,
    connection_pk: i64,
    names: &[TargetName],
    now: i64,
) -> Result<u64> {
    if names.is_empty() {
        return Ok(0);
    }
    tx.make_known(connection_pk, names).await?;
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let sql = tx.sql(REQUEUE);
    let done = sqlx::query(sql)
        .bind(connection_pk)
        .bind(&names)
        .bind(now)
        .execute(tx.own())
        .await
        .map_err(|error| StoreError::new("look at unmatched deliveries again", error))?;
    Ok(done.rows_affected())
}

pub(super) const LATEST: &str = "SELECT #deliveries FROM @deliveries WHERE connection_pk = $1
     ORDER BY delivery_pk DESC LIMIT $2";

pub(super) async fn latest(
    store: &PostgresStore,
    connection_pk: i64,
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    let rows = sqlx::query(store.sql(LATEST))
        .bind(connection_pk)
        .bind(limit)
        .fetch_all(&store.pool)
        .await
        .map_err(|error| StoreError::new("read the inbox", error))?;
    // Events of another version are no reason to show nothing of a delivery.
    let shown = |row| read(row).or_else(|_| read_without_events(row));
    rows.iter().map(shown).collect()
}

pub(super) fn read(row: &PgRow) -> Result<DeliveryRow> {
    let events = row.json("events")?;
    Ok(DeliveryRow {
        events,
        ..read_without_events(row)?
    })
}

pub(super) fn read_without_events(row: &PgRow) -> Result<DeliveryRow> {
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
