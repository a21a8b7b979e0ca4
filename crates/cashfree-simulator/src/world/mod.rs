//! Everything the simulator knows: one value behind one lock.

mod attempt;
mod life;
mod link;
mod order;
mod payment;
mod settle;
mod snapshot;

use std::collections::{BTreeSet, HashMap, VecDeque};

use time::OffsetDateTime;

pub use attempt::PaymentAttempt;
pub use link::{Customer, LinkStatus, UnknownLinkStatus};
pub use order::{OrderStatus, UnknownOrderStatus};
pub use payment::{Method, PaymentStatus, UnknownMethod, UnknownPaymentStatus};
pub use snapshot::{LinkSnapshot, OrderSnapshot, PaymentSnapshot};

pub(crate) use life::{CancelError, DuplicateLink};
pub(crate) use link::{Link, LinkMeta, LinkNotify, NewLink};
pub(crate) use order::Order;
pub(crate) use payment::{Decline, Instrument, Payment, masked};

use crate::api::Memory;
use crate::control_error::ControlError;
use crate::dice::Dice;
use crate::endpoint::{Endpoint, EndpointSnapshot, target};
use crate::faults::{FaultRule, Operation};
use crate::merchant::Merchant;
use crate::settings::Settings;
use crate::webhook::{Batch, Delivery};

/// Where a payment is: link, order of the link, payment of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) link: usize,
    pub(crate) order: usize,
    pub(crate) payment: usize,
}

/// The whole state.
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) merchants: Vec<Merchant>,
    pub(crate) public_url: String,
    pub(crate) dice: Dice,
    pub(crate) links: Vec<Link>,
    pub(crate) by_link_id: HashMap<(String, String), usize>,
    pub(crate) by_code: HashMap<String, usize>,
    pub(crate) by_order: HashMap<String, (usize, usize)>,
    pub(crate) by_payment: HashMap<i64, Place>,
    pub(crate) expiries: BTreeSet<(OffsetDateTime, usize)>,
    pub(crate) endpoints: Vec<EndpointSnapshot>,
    pub(crate) next_endpoint: u64,
    pub(crate) deliveries: VecDeque<Delivery>,
    pub(crate) next_delivery: u64,
    pub(crate) outbox: Vec<Batch>,
    pub(crate) faults: Vec<FaultRule>,
    pub(crate) remembered: Memory,
    pub(crate) calls: HashMap<(String, Operation), VecDeque<OffsetDateTime>>,
    pub(crate) clock_offset: time::Duration,
    first_number: i64,
    payments_made: i64,
}

impl World {
    pub(crate) fn new(
        settings: Settings,
        merchants: Vec<Merchant>,
        public_url: String,
        seed: u64,
    ) -> Self {
        let mut dice = Dice::new(seed);
        let first_number = dice.number(7);
        Self {
            settings,
            merchants,
            public_url,
            dice,
            links: Vec::new(),
            by_link_id: HashMap::new(),
            by_code: HashMap::new(),
            by_order: HashMap::new(),
            by_payment: HashMap::new(),
            expiries: BTreeSet::new(),
            endpoints: Vec::new(),
            next_endpoint: 1,
            deliveries: VecDeque::new(),
            next_delivery: 1,
            outbox: Vec::new(),
            faults: Vec::new(),
            remembered: Memory::default(),
            calls: HashMap::new(),
            clock_offset: time::Duration::ZERO,
            first_number,
            payments_made: 0,
        }
    }

    pub(crate) fn merchant(&self, client_id: &str) -> Option<&Merchant> {
        self.merchants
            .iter()
            .find(|merchant| merchant.client_id == client_id)
    }

    /// The link of a merchant.
    pub(crate) fn link_of(&self, merchant: &str, link_id: &str) -> Option<usize> {
        self.by_link_id
            .get(&(merchant.to_owned(), link_id.to_owned()))
            .copied()
    }

    /// The link a control call means.
    pub(crate) fn named_link(
        &self,
        link_id: &str,
        merchant: Option<&str>,
    ) -> Result<usize, ControlError> {
        if let Some(merchant) = merchant {
            self.merchant(merchant)
                .ok_or_else(|| ControlError::not_found("merchant"))?;
            return self
                .link_of(merchant, link_id)
                .ok_or_else(|| ControlError::not_found("link_id"));
        }
        let mut found = self
            .merchants
            .iter()
            .filter_map(|merchant| self.link_of(&merchant.client_id, link_id));
        match (found.next(), found.next()) {
            (None, _) => Err(ControlError::not_found("link_id")),
            (Some(link), None) => Ok(link),
            (Some(_), Some(_)) => Err(ControlError::conflict(
                "ambiguous",
                "merchant",
                "merchant: several merchants have a link with this id, say which one is meant",
            )),
        }
    }

    /// Registers an address for webhooks.
    pub(crate) fn add_endpoint(
        &mut self,
        endpoint: Endpoint,
    ) -> Result<EndpointSnapshot, ControlError> {
        let url = target(&endpoint.url)
            .ok_or_else(|| ControlError::invalid("url", "must be an http or https address"))?;
        if endpoint.events.is_empty() {
            return Err(ControlError::invalid(
                "events",
                "must name at least one event type",
            ));
        }
        let merchant = match endpoint.merchant {
            Some(client_id) => self
                .merchant(&client_id)
                .map(|merchant| merchant.client_id.clone()),
            None => self
                .merchants
                .first()
                .map(|merchant| merchant.client_id.clone()),
        };
        let merchant = merchant.ok_or_else(|| ControlError::not_found("merchant"))?;
        let snapshot = EndpointSnapshot {
            id: self.next_endpoint,
            url,
            version: endpoint.version,
            events: endpoint.events,
            merchant,
        };
        self.next_endpoint = self.next_endpoint.saturating_add(1);
        self.endpoints.push(snapshot.clone());
        Ok(snapshot)
    }

    /// The payment at a place with all it belongs to.
    pub(crate) fn at(&self, place: Place) -> Option<(&Link, &Order, &Payment)> {
        let link = self.links.get(place.link)?;
        let order = link.orders.get(place.order)?;
        Some((link, order, order.payments.get(place.payment)?))
    }

    pub(crate) fn link_url(&self, link: &Link) -> String {
        format!("{}/links/{}", self.public_url, link.code)
    }

    fn next_link_number(&self) -> i64 {
        self.first_number.saturating_add(count(self.links.len()))
    }

    fn next_order_id(&self) -> i64 {
        2_100_000_000_i64
            .saturating_add(self.first_number)
            .saturating_add(count(self.by_order.len()))
    }

    fn next_payment_id(&mut self) -> i64 {
        self.payments_made = self.payments_made.saturating_add(1);
        1_400_000_000_i64
            .saturating_add(self.first_number)
            .saturating_add(self.payments_made)
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
