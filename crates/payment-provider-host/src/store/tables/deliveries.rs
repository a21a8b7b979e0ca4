use std::fmt;

use payment_provider_core::{Event, EventKind, TimestampCheck};

use crate::delivery_state::DeliveryState;
use crate::store::row::Row;
use crate::store::statement::statement;
use crate::store::{Result, Store};

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
    /// The time at which body and events were dropped.
    pub dropped_at: Option<i64>,
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
    "dropped_at",
];

pub(in crate::store) const BY_KEY: &str = "SELECT #deliveries, deliveries.body AS body
     FROM @deliveries WHERE connection_pk = $1 AND delivery_key = $2";

impl Store {
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

/// Reads a delivery with its body.
pub(super) fn read(row: &Row<'_>) -> Result<DeliveryRow> {
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
        dropped_at: row.optional_number("dropped_at")?,
        payment_event_at: None,
    })
}
