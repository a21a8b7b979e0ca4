//! Operations on stored deliveries: list, show, park, retry.

use std::fmt;

use payment_provider_core::{ConnectionCode, Event, OrganizationId, ViolationCode, Violations};

use super::{Delivery, Inbox};
use crate::connection_ref::ConnectionRef;
use crate::delivery_state::DeliveryState;
use crate::error::{Entity, Error, Refusal};
use crate::page::{Page, PageCursor, PageRequest};
use crate::store::{self, InboxPage};
use crate::timestamp;

/// The maximum length of a reason, in characters.
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
///     .in_state(DeliveryState::Parked);
/// assert_eq!(filter.state, Some(DeliveryState::Parked));
/// # Ok::<(), payment_provider_core::InvalidIdentifier>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct DeliveryFilter {
    /// The connection of the deliveries; `None` for all connections.
    pub connection: Option<ConnectionCode>,
    /// The state of the deliveries; `None` for any state.
    pub state: Option<DeliveryState>,
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
}

/// One delivery with its body and events.
#[derive(Clone)]
#[non_exhaustive]
pub struct DeliveryDetail {
    /// The delivery.
    pub delivery: Delivery,
    /// The events read from it; none once they are [dropped](Delivery::dropped_at).
    pub events: Vec<Event>,
    /// The body, byte for byte; empty once it is [dropped](Delivery::dropped_at). It may contain personal data of the payer.
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
    /// Returns a page of the deliveries of an organization, newest first, without bodies. Deliveries that
    /// arrive later are on none of the following pages.
    pub(crate) async fn find_deliveries(
        &self,
        organization: &OrganizationId,
        filter: &DeliveryFilter,
        request: &PageRequest,
    ) -> Result<Page<Delivery>, Error> {
        if let Some(code) = &filter.connection {
            let connection = ConnectionRef::new(organization.clone(), code.clone());
            self.checkouts.connections().row(&connection).await?;
        }
        let before = match &request.after {
            Some(end) => {
                let position = end.position().parse();
                position.map_err(|_| PageCursor::error_of_another_list())?
            }
            None => i64::MAX,
        };
        let page = InboxPage {
            organization,
            connection: filter.connection.as_ref(),
            state: filter.state,
            before,
            limit: request.rows(),
        };
        let mut found = self.ledger().store.delivery_page(page).await?;
        let has_next = request.cut(&mut found);
        let last = found.last().filter(|_| has_next);
        Ok(Page {
            next: last.map(|(_, row)| PageCursor::new(row.pk.to_string())),
            items: found
                .into_iter()
                .map(|(code, row)| Delivery::of(code, row))
                .collect(),
        })
    }

    /// Returns a page of the deliveries of a connection, newest first, without bodies.
    pub(crate) async fn deliveries(
        &self,
        connection: &ConnectionRef,
        request: &PageRequest,
    ) -> Result<Page<Delivery>, Error> {
        let filter = DeliveryFilter::default().of_connection(connection.code.clone());
        self.find_deliveries(&connection.organization, &filter, request)
            .await
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
        match store
            .park_delivery(connection.pk, key, &error, self.ledger().now())
            .await?
        {
            store::ParkOutcome::Parked => Ok(ParkOutcome::Parked),
            store::ParkOutcome::Not(DeliveryState::Parked) => Ok(ParkOutcome::AlreadyParked),
            store::ParkOutcome::Not(state) => Err(Refusal::DeliveryDone(state).into()),
            store::ParkOutcome::Dropped(at) => {
                Err(Refusal::DeliveryDropped(timestamp::from_millis(at)).into())
            }
            store::ParkOutcome::Unknown => Err(Entity::Delivery.into()),
        }
    }

    /// Makes all parked deliveries of a connection pending again whose content is not dropped.
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
