//! Operations on stored deliveries: list, show, park, retry.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use payment_provider_core::{ConnectionCode, Event, OrganizationId, ViolationCode, Violations};

use super::{Delivery, Inbox, MAX_PAGE};
use crate::connection_ref::ConnectionRef;
use crate::delivery_state::DeliveryState;
use crate::error::{Entity, Error, Refusal};
use crate::store::{self, InboxPage};
const MAX_REASON: usize = 500;

/// A filter for the deliveries of an organization.
///
/// # Examples
/// ```
/// use payment_provider_core::ConnectionCode;
/// use payment_provider_host::inbox::{DeliveryFilter, DeliveryState};
///
/// let filter = DeliveryFilter::default()
///     .of_connection(ConnectionCode::new("main")?)
///     .in_state(DeliveryState::Parked)
///     .limit(20);
/// assert_eq!((filter.limit, filter.after), (20, None));
/// # Ok::<(), payment_provider_core::InvalidIdentifier>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeliveryFilter {
    /// The connection of the deliveries; `None` for all connections.
    pub connection: Option<ConnectionCode>,
    /// The state of the deliveries; `None` for any state.
    pub state: Option<DeliveryState>,
    /// The end of an earlier page ([`DeliveryPage::next`]): only older deliveries are listed.
    pub after: Option<DeliveryCursor>,
    /// The size of the page, 1 to 1000.
    pub limit: u32,
}

impl Default for DeliveryFilter {
    /// Returns a filter for the latest 100 deliveries.
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
    /// Keeps only the deliveries of one connection.
    pub fn of_connection(mut self, code: ConnectionCode) -> Self {
        self.connection = Some(code);
        self
    }

    /// Keeps only the deliveries in one state.
    pub const fn in_state(mut self, state: DeliveryState) -> Self {
        self.state = Some(state);
        self
    }

    /// Continues after an earlier page.
    pub const fn after(mut self, cursor: DeliveryCursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// Sets the size of the page.
    pub const fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }
}

/// The end of a page of deliveries. Deliveries that arrive later are on none of the following pages.
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

/// A page of deliveries, newest first.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeliveryPage {
    /// The deliveries on this page.
    pub deliveries: Vec<Delivery>,
    /// The cursor of the next page; `None` if this is the last.
    pub next: Option<DeliveryCursor>,
}

/// One delivery with its body and events.
#[derive(Clone)]
#[non_exhaustive]
pub struct DeliveryDetail {
    /// The delivery.
    pub delivery: Delivery,
    /// The events read from it.
    pub events: Vec<Event>,
    /// The body, byte for byte. It may contain personal data of the payer.
    pub body: Vec<u8>,
}

impl fmt::Debug for DeliveryDetail {
    /// Omits body and events.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryDetail")
            .field("delivery", &self.delivery)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The result of parking a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParkOutcome {
    /// The delivery is parked now.
    Parked,
    /// It was parked before; the first reason is kept.
    AlreadyParked,
}

impl Inbox {
    /// Returns a page of the deliveries of an organization, newest first.
    pub(crate) async fn find_deliveries(
        &self,
        organization: &OrganizationId,
        filter: &DeliveryFilter,
    ) -> Result<DeliveryPage, Error> {
        if let Some(code) = &filter.connection {
            let connection = ConnectionRef::new(organization.clone(), code.clone());
            self.checkouts.connections().row(&connection).await?;
        }
        let limit = filter.limit.clamp(1, MAX_PAGE);
        let page = InboxPage {
            organization,
            connection: filter.connection.as_ref(),
            state: filter.state,
            before: filter.after.map_or(i64::MAX, |cursor| cursor.0),
            // One row more than the page holds shows whether there is another page.
            limit: i64::from(limit) + 1,
        };
        let mut found = self.ledger().store.delivery_page(page).await?;
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

    /// Returns one delivery with its body and events.
    pub(crate) async fn delivery(
        &self,
        connection: &ConnectionRef,
        key: &str,
    ) -> Result<Option<DeliveryDetail>, Error> {
        let connection = self.checkouts.connections().row(connection).await?;
        let row = self.ledger().store.delivery(connection.pk, key).await?;
        Ok(row.map(|mut row| DeliveryDetail {
            body: std::mem::take(&mut row.body),
            events: row.events.clone(),
            delivery: Delivery::of(connection.code, row),
        }))
    }

    /// Parks a delivery that is pending or unmatched.
    pub(crate) async fn park_delivery(
        &self,
        connection: &ConnectionRef,
        key: &str,
        reason: &str,
    ) -> Result<ParkOutcome, Error> {
        let reason = reason.trim();
        let is_short = (1..=MAX_REASON).contains(&reason.chars().count());
        if !is_short || reason.chars().any(char::is_control) {
            let mut violations = Violations::none();
            let message =
                format!("must be 1 to {MAX_REASON} characters without control characters");
            violations.push("reason", ViolationCode::Invalid, message);
            return Err(violations.into());
        }
        let connection = self.checkouts.connections().row(connection).await?;
        let error = format!("parked by an operator: {reason}");
        let store = &self.ledger().store;
        match store.park_delivery(connection.pk, key, &error).await? {
            store::ParkOutcome::Parked => Ok(ParkOutcome::Parked),
            store::ParkOutcome::Not(DeliveryState::Parked) => Ok(ParkOutcome::AlreadyParked),
            store::ParkOutcome::Not(state) => Err(Refusal::DeliveryDone(state).into()),
            store::ParkOutcome::Unknown => Err(Entity::Delivery.into()),
        }
    }

    /// Makes all parked deliveries of a connection pending again.
    pub(crate) async fn retry_parked(&self, connection: &ConnectionRef) -> Result<u64, Error> {
        let connection = self.checkouts.connections().row(connection).await?;
        let ledger = self.ledger();
        let retried = ledger
            .store
            .retry_parked(connection.pk, ledger.now())
            .await?;
        self.ledger().wake_inbox();
        Ok(retried)
    }
}
