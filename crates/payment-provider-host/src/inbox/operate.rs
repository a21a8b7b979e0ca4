//! The inbox in the hands of an operator: look through it, take a delivery out, have some tried again.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use payment_provider_core::{ConnectionCode, Event, OrganizationId};

use super::Delivery;
use crate::Host;
use crate::connections::ConnectionError;
use crate::store::{DeliveryState, InboxPage, ParkOutcome, StoreError};

/// The most deliveries on one page.
const LARGEST_PAGE: u32 = 1_000;
const LONGEST_REASON: usize = 500;

/// Which deliveries of an organization to look at.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeliveryFilter {
    /// Those of one connection; `None`: of all that the organization has.
    pub connection: Option<ConnectionCode>,
    /// Those that stand like this; `None`: all.
    pub state: Option<DeliveryState>,
    /// Those older than the last one of an earlier page ([`DeliveryPage::next`]).
    pub after: Option<DeliveryCursor>,
    /// How many to a page, 1 to 1000.
    pub limit: u32,
}

impl Default for DeliveryFilter {
    /// The latest 100.
    fn default() -> Self {
        Self {
            connection: None,
            state: None,
            after: None,
            limit: 100,
        }
    }
}

impl DeliveryFilter {
    /// Of one connection alone.
    pub fn of_connection(mut self, code: ConnectionCode) -> Self {
        self.connection = Some(code);
        self
    }

    /// Of one state alone.
    pub const fn in_state(mut self, state: DeliveryState) -> Self {
        self.state = Some(state);
        self
    }

    /// The page that follows another.
    pub const fn after(mut self, cursor: DeliveryCursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// So many to a page.
    pub const fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }
}

/// Where a page of deliveries ends. What arrives later is on none of the pages that follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryCursor(i64);

impl fmt::Display for DeliveryCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for DeliveryCursor {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// Some deliveries, newest first.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeliveryPage {
    /// These.
    pub deliveries: Vec<Delivery>,
    /// Where the next page begins; `None`: there is none.
    pub next: Option<DeliveryCursor>,
}

/// One delivery with all that came.
#[derive(Clone)]
#[non_exhaustive]
pub struct DeliveryDetail {
    /// Where it stands.
    pub delivery: Delivery,
    /// What was read from it.
    pub events: Vec<Event>,
    /// The body as it came, byte for byte. Whose payment it tells of may be in it.
    pub body: Vec<u8>,
}

impl fmt::Debug for DeliveryDetail {
    /// Leaves out what came.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryDetail")
            .field("delivery", &self.delivery)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What taking a delivery out did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parking {
    /// It is parked now.
    Parked,
    /// It was parked before; the reason given first stands.
    AlreadyParked,
}

/// Why a delivery could not be taken out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParkError {
    /// The reason says nothing, or too much.
    #[error("the reason must be 1 to {LONGEST_REASON} characters without control characters")]
    Reason,
    /// The connection has no such delivery.
    #[error("no such delivery")]
    NotFound,
    /// Nothing waits to be done about it.
    #[error("it is {} already, nothing about it waits to be done", .0.as_str())]
    Over(DeliveryState),
    /// The connection is not there.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Host {
    /// The deliveries of an organization, newest first, page by page.
    ///
    /// **Errors.** [`ConnectionError::NotFound`] if the filter names a connection that the
    /// organization does not have.
    pub async fn find_deliveries(
        &self,
        organization: &OrganizationId,
        filter: &DeliveryFilter,
    ) -> Result<DeliveryPage, ConnectionError> {
        if let Some(code) = &filter.connection {
            self.connection_row(organization, code).await?;
        }
        let limit = filter.limit.clamp(1, LARGEST_PAGE);
        let page = InboxPage {
            organization,
            connection: filter.connection.as_ref(),
            state: filter.state,
            before: filter.after.map_or(i64::MAX, |cursor| cursor.0),
            // One more than asked for tells whether there is another page.
            limit: i64::from(limit) + 1,
        };
        let mut found = self.inner.store.delivery_page(page).await?;
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_last = found.len() <= size;
        found.truncate(size);
        let last = found.last().map(|(_, row)| DeliveryCursor(row.pk));
        Ok(DeliveryPage {
            next: last.filter(|_| !is_last),
            deliveries: found
                .into_iter()
                .map(|(code, row)| Delivery::of(code, row))
                .collect(),
        })
    }

    /// One delivery by its key, with its body and what was read from it.
    pub async fn delivery(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        key: &str,
    ) -> Result<Option<DeliveryDetail>, ConnectionError> {
        let connection = self.connection_row(organization, code).await?;
        let row = self.inner.store.delivery(connection.pk, key).await?;
        Ok(row.map(|mut row| DeliveryDetail {
            body: std::mem::take(&mut row.body),
            events: row.events.clone(),
            delivery: Delivery::of(connection.code, row),
        }))
    }

    /// Takes a delivery out: it is not tried any more until somebody has it tried again
    /// ([`retry_delivery`](Self::retry_delivery)), or the gateway sends it again. The reason is kept
    /// as its error.
    ///
    /// **Contract.** Also one that a worker has at this moment: what the worker concludes about it is
    /// refused. What was booked by then, from a list that was fetched of the gateway, stays booked.
    ///
    /// **Errors.** [`ParkError::Over`] if it took effect or was ignored.
    ///
    /// **Idempotency.** What is parked stays so, for the reason given first.
    pub async fn park_delivery(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
        key: &str,
        reason: &str,
    ) -> Result<Parking, ParkError> {
        let reason = reason.trim();
        let is_short = (1..=LONGEST_REASON).contains(&reason.chars().count());
        if !is_short || reason.chars().any(char::is_control) {
            return Err(ParkError::Reason);
        }
        let connection = self.connection_row(organization, code).await?;
        let error = format!("parked by an operator: {reason}");
        let store = &self.inner.store;
        crash_point!("park.1-asked");
        match store.park_delivery(connection.pk, key, &error).await? {
            ParkOutcome::Parked => {
                crash_point!("park.3-parked");
                Ok(Parking::Parked)
            }
            ParkOutcome::Not(DeliveryState::Parked) => Ok(Parking::AlreadyParked),
            ParkOutcome::Not(state) => Err(ParkError::Over(state)),
            ParkOutcome::Unknown => Err(ParkError::NotFound),
        }
    }

    /// Has all deliveries of a connection tried again that are parked: after what kept them from
    /// being applied is mended. Returns how many there were.
    ///
    /// **Idempotency.** What they did before they do not do again.
    pub async fn retry_parked(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
    ) -> Result<u64, ConnectionError> {
        let connection = self.connection_row(organization, code).await?;
        crash_point!("replay.1-asked");
        let retried = self.inner.store.retry_parked(connection.pk).await?;
        crash_point!("replay.2-stored");
        self.inner.arrival.notify_one();
        Ok(retried)
    }
}
