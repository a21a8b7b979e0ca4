//! The statements that have a text for each database, and the reasons.
//!
//! All others are written once. Statements that only one database needs are with what is special about
//! it: row and advisory locks in `postgres/locks.rs`, the release of leases in `sqlite/mod.rs`.

use super::dialect::Dialect;

/// A statement with a text for each database.
#[derive(Debug)]
pub(in crate::store) struct TwoTexts {
    #[cfg_attr(not(test), expect(dead_code, reason = "listed by a test"))]
    reason: &'static str,
    #[cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "another database"))]
    sqlite: &'static str,
    #[cfg_attr(
        not(feature = "postgres"),
        allow(dead_code, reason = "another database")
    )]
    postgres: &'static str,
}

impl TwoTexts {
    pub(super) const fn of(&self, dialect: &Dialect) -> &'static str {
        match dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => self.sqlite,
            #[cfg(feature = "postgres")]
            Dialect::Postgres { .. } => self.postgres,
        }
    }
}

/// True if this copy is inside the acceptance window, and none before it was.
macro_rules! is_first_trusted {
    () => {
        "known.timestamp_check <> 'fresh' AND excluded.timestamp_check = 'fresh'"
    };
}

/// True if a delivery is tried again because it arrived again.
macro_rules! is_requeued {
    () => {
        concat!(
            "known.state IN ('parked', 'ignored') OR (",
            is_first_trusted!(),
            ") OR ($9 AND known.state IN ('applied', 'unmatched'))
             OR (known.dropped_at IS NOT NULL AND known.state = 'unmatched')"
        )
    };
}

/// True if the content of a delivery was dropped, and the delivery needs that of this copy.
macro_rules! is_restored {
    () => {
        concat!("known.dropped_at IS NOT NULL AND (", is_requeued!(), ")")
    };
}

/// True if what was read from this copy replaces what was read from the first. It may be understood by
/// now; a copy outside of the acceptance window is trusted less than one inside.
macro_rules! is_replaced {
    () => {
        concat!(
            "known.state = 'ignored' OR (known.state = 'parked' AND (
                 excluded.timestamp_check = 'fresh' OR known.timestamp_check <> 'fresh'))
             OR (",
            is_first_trusted!(),
            ") OR (",
            is_restored!(),
            ")"
        )
    };
}

/// The place of a delivery in the queue of new deliveries, in milliseconds since 1970: its arrival, or
/// a little after the last place of its connection. So a connection that receives many deliveries at
/// once delays its own, and those of others come in between.
macro_rules! place {
    () => {
        "COALESCE((SELECT max(queued.next_attempt) + 50 FROM @deliveries AS queued
             WHERE queued.connection_pk = $1 AND queued.state = 'pending' AND queued.attempts = 0
                 AND queued.next_attempt > $7 - 50), $7)"
    };
}

/// Stores a delivery, or counts it if it is stored already. A delivery that waits for its next try goes
/// on waiting.
macro_rules! upsert_delivery {
    () => {
        concat!(
            "INSERT INTO @deliveries AS known (connection_pk, delivery_key, body, events,
                 timestamp_check, matched_secret, received_at, state, next_attempt)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, ",
            place!(),
            ")
             ON CONFLICT (connection_pk, delivery_key) DO UPDATE SET
                 delivery_count = known.delivery_count + 1,
                 body = CASE WHEN ",
            is_restored!(),
            " THEN excluded.body ELSE known.body END,
                 ended_at = CASE WHEN ",
            is_restored!(),
            " THEN $7 ELSE known.ended_at END,
                 dropped_at = CASE WHEN ",
            is_restored!(),
            " THEN NULL ELSE known.dropped_at END,
                 attempts = CASE WHEN ",
            is_requeued!(),
            " THEN 0 ELSE known.attempts END,
                 list_polls = CASE WHEN ",
            is_requeued!(),
            " THEN 0 ELSE known.list_polls END,
                 failures = CASE WHEN ",
            is_requeued!(),
            " THEN 0 ELSE known.failures END,
                 next_attempt = CASE WHEN ",
            is_requeued!(),
            "        THEN excluded.next_attempt ELSE known.next_attempt END,
                 events = CASE WHEN ",
            is_replaced!(),
            "        THEN excluded.events ELSE known.events END,
                 timestamp_check = CASE WHEN ",
            is_replaced!(),
            "        THEN excluded.timestamp_check ELSE known.timestamp_check END,
                 matched_secret = CASE WHEN ",
            is_replaced!(),
            "        THEN excluded.matched_secret ELSE known.matched_secret END,
                 state = CASE
                     WHEN known.state = 'parked' THEN 'pending'
                     WHEN known.state = 'ignored' THEN excluded.state
                     WHEN ",
            is_requeued!(),
            " THEN 'pending'
                     ELSE known.state END
             RETURNING delivery_count, connection_pk"
        )
    };
}

/// Stores a delivery and returns how often it has arrived, on PostgreSQL also the timestamp check of the
/// copy that was stored before.
///
/// On PostgreSQL it stores the delivery, then checks that its connection exists, then records the secret
/// that verified it, in one statement; it returns no row if the connection is deleted, or has been
/// deleted by the time its row is free, and then nothing of it may become durable. Many deliveries share
/// the rows of the connection and the secret, and each that wrote them would delay all others until it is
/// durable: they are written if they change, or once a minute.
pub(in crate::store) const RECEIVE: TwoTexts = TwoTexts {
    reason: "SQLite has no INSERT within WITH; PostgreSQL answers in one round trip",
    sqlite: upsert_delivery!(),
    postgres: concat!(
        "WITH received AS (",
        upsert_delivery!(),
        "
         ), connected AS (
             SELECT connection_pk, matched_secret, matched_at FROM @connections
             WHERE connection_pk = (SELECT connection_pk FROM received) AND deleted_at IS NULL
             FOR KEY SHARE
         ), matched AS (
             UPDATE @connections SET matched_secret = $6, matched_at = $7
             WHERE connection_pk = (SELECT connection_pk FROM connected WHERE matched_at IS NULL
                 OR matched_at <= $7
                     - CASE WHEN matched_secret IS DISTINCT FROM $6 THEN 0 ELSE $10 END)
         ), verified AS (
             INSERT INTO @connection_secrets AS known (connection_pk, label, last_matched_at)
             SELECT connection_pk, $6, $7 FROM connected WHERE $6 IS NOT NULL AND NOT EXISTS (
                 SELECT FROM @connection_secrets AS known
                 WHERE known.connection_pk = connected.connection_pk AND label = $6
                     AND last_matched_at > $7 - $10)
             ON CONFLICT (connection_pk, label) DO UPDATE SET
                 last_matched_at = greatest(known.last_matched_at, excluded.last_matched_at)
         )
         SELECT delivery_count, (SELECT before.timestamp_check FROM @deliveries AS before
             WHERE before.connection_pk = $1 AND before.delivery_key = $2) AS checked_before
         FROM received WHERE EXISTS (SELECT FROM connected)"
    ),
};

const NO_LATERAL: &str = "SQLite has no LATERAL, and PostgreSQL finds the rows of an IN (… LIMIT) by \
     reading the table";

/// A page of deliveries: of as many connections as can be on the page, those with the latest
/// deliveries; of each the latest; of these the latest.
macro_rules! page {
    ($in_state:literal) => {
        TwoTexts {
            reason: NO_LATERAL,
            sqlite: concat!(
                "SELECT page.code AS code, #deliveries FROM (
                     SELECT code, of_one.delivery_pk FROM (
                         SELECT connection_pk, code, (
                                 SELECT delivery_pk FROM deliveries
                                 WHERE deliveries.connection_pk = connections.connection_pk
                                     AND delivery_pk < $3",
                $in_state,
                "
                                 ORDER BY delivery_pk DESC LIMIT 1) AS latest
                         FROM connections
                         WHERE organization_id = $1 AND ($2 IS NULL OR code = $2)
                             AND deleted_at IS NULL
                         ORDER BY latest DESC LIMIT $4) AS busy
                     CROSS JOIN deliveries AS of_one ON of_one.delivery_pk IN (
                         SELECT delivery_pk FROM deliveries
                         WHERE deliveries.connection_pk = busy.connection_pk
                             AND delivery_pk < $3",
                $in_state,
                "
                         ORDER BY delivery_pk DESC LIMIT $4)
                     ORDER BY of_one.delivery_pk DESC LIMIT $4) AS page
                 CROSS JOIN deliveries USING (delivery_pk)
                 ORDER BY delivery_pk DESC"
            ),
            postgres: concat!(
                "SELECT page.code AS code, #deliveries FROM (
                     SELECT code, of_one.delivery_pk FROM (
                         SELECT connections.connection_pk, code FROM @connections
                         CROSS JOIN LATERAL (
                             SELECT delivery_pk FROM @deliveries
                             WHERE deliveries.connection_pk = connections.connection_pk
                                 AND delivery_pk < $3",
                $in_state,
                "
                             ORDER BY delivery_pk DESC LIMIT 1) AS latest
                         WHERE organization_id = $1 AND ($2::text IS NULL OR code = $2)
                             AND deleted_at IS NULL
                         ORDER BY latest.delivery_pk DESC LIMIT $4) AS busy
                     CROSS JOIN LATERAL (
                         SELECT delivery_pk FROM @deliveries
                         WHERE deliveries.connection_pk = busy.connection_pk
                             AND delivery_pk < $3",
                $in_state,
                "
                         ORDER BY delivery_pk DESC LIMIT $4) AS of_one
                     ORDER BY of_one.delivery_pk DESC LIMIT $4) AS page
                 JOIN @deliveries USING (delivery_pk)
                 ORDER BY deliveries.delivery_pk DESC"
            ),
        }
    };
}

/// Deliveries of any state.
pub(in crate::store) const PAGE: TwoTexts = page!("");

/// Deliveries of one state.
pub(in crate::store) const PAGE_IN_STATE: TwoTexts = page!(" AND state = $5");

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(&str, &TwoTexts); 3] = [
        ("RECEIVE", &RECEIVE),
        ("PAGE", &PAGE),
        ("PAGE_IN_STATE", &PAGE_IN_STATE),
    ];

    #[test]
    fn at_most_twenty_statements_have_two_texts() {
        let source = include_str!("two_texts.rs");
        let declared = source.matches(concat!(": Two", "Texts = ")).count();
        assert_eq!(declared, ALL.len(), "each is listed here");
        assert!(ALL.len() <= 20);
        println!("{} statements have two texts", ALL.len());
        for (name, texts) in ALL {
            assert_ne!(texts.sqlite, texts.postgres, "{name}");
            println!("{name}: {}", texts.reason);
        }
    }
}
