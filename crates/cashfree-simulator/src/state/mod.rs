//! The state of the simulated gateway: one value behind one lock.

mod chaos_rolls;
mod delivery;
mod delivery_log;
mod dispute;
mod idempotency;
mod link;
mod lookup;
mod order;
mod payment;
mod refund;
mod settlement;
mod simulation;
mod snapshot;
mod take_snapshot;
mod task;
mod webhook_flaws;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

pub use delivery::{
    DeliveryAttempt, DeliverySnapshot, UnknownWebhookDeliveryState, WebhookDeliveryState,
};
pub use dispute::{DisputeStage, DisputeType, UnknownDisputeStage, UnknownDisputeType};
pub use link::{Customer, LinkStatus, UnknownLinkStatus};
pub use order::{OrderStatus, UnknownOrderStatus};
pub use payment::{Method, PaymentStatus, UnknownMethod, UnknownPaymentStatus};
pub use refund::{
    RefundSpeed, RefundStatus, RefundType, UnknownRefundSpeed, UnknownRefundStatus,
    UnknownRefundType,
};
pub use settlement::{SettlementStatus, UnknownSettlementStatus};
pub use snapshot::{DisputeSnapshot, LinkSnapshot, OrderSnapshot, PaymentSnapshot, RefundSnapshot};

pub(crate) use delivery::{Delivery, DeliveryBatch};
pub(crate) use dispute::Dispute;
pub(crate) use idempotency::{CachedResponse, IdempotencyCache, RequestKey};
pub(crate) use link::{Link, LinkMeta, LinkNotify, NewLink};
pub(crate) use order::{NewOrder, Order, OrderMeta};
pub(crate) use payment::{Decline, Instrument, Payment, PaymentIndex, masked};
pub(crate) use refund::{NewRefund, Refund};
pub(crate) use settlement::Settlement;
pub(crate) use simulation::{Simulated, Simulation};
pub(crate) use task::ScheduledTask;

use crate::api_faults::{ApiFaultRule, ApiOperation};
use crate::chaos::ChaosTally;
use crate::control_error::ControlError;
use crate::endpoint::{Endpoint, EndpointSnapshot, target};
use crate::merchant::Merchant;
use crate::rng::SeededRng;
use crate::settings::Settings;
use crate::webhook_faults::WebhookFaultRule;

/// The whole state.
pub(crate) struct GatewayState {
    pub(crate) settings: Settings,
    pub(crate) merchants: Vec<Merchant>,
    pub(crate) public_url: String,
    pub(crate) rng: SeededRng,
    pub(crate) links: Vec<Link>,
    pub(crate) by_link_id: HashMap<(String, String), usize>,
    pub(crate) by_code: HashMap<String, usize>,
    pub(crate) orders: Vec<Order>,
    pub(crate) by_order: HashMap<(String, String), usize>,
    pub(crate) by_payment: HashMap<i64, PaymentIndex>,
    pub(crate) refunds: Vec<Refund>,
    pub(crate) by_refund: HashMap<(String, String), usize>,
    pub(crate) disputes: Vec<Dispute>,
    pub(crate) simulations: Vec<Simulation>,
    pub(crate) schedule: BTreeSet<(Timestamp, ScheduledTask)>,
    pub(crate) endpoints: Vec<EndpointSnapshot>,
    pub(crate) next_endpoint: u64,
    pub(crate) deliveries: VecDeque<Delivery>,
    pub(crate) next_delivery: u64,
    pub(crate) outbox: Vec<DeliveryBatch>,
    pub(crate) faults: Vec<ApiFaultRule>,
    pub(crate) webhook_faults: Vec<WebhookFaultRule>,
    pub(crate) chaos_tally: ChaosTally,
    pub(crate) idempotency: IdempotencyCache,
    pub(crate) calls: HashMap<(String, ApiOperation), VecDeque<Timestamp>>,
    pub(crate) clock_offset: Duration,
    first_number: i64,
    payments_made: i64,
}

impl GatewayState {
    pub(crate) fn new(
        settings: Settings,
        merchants: Vec<Merchant>,
        public_url: String,
        seed: u64,
    ) -> Self {
        let mut rng = SeededRng::new(seed);
        let first_number = rng.number(7);
        Self {
            settings,
            merchants,
            public_url,
            rng,
            links: Vec::new(),
            by_link_id: HashMap::new(),
            by_code: HashMap::new(),
            orders: Vec::new(),
            by_order: HashMap::new(),
            by_payment: HashMap::new(),
            refunds: Vec::new(),
            by_refund: HashMap::new(),
            disputes: Vec::new(),
            simulations: Vec::new(),
            schedule: BTreeSet::new(),
            endpoints: Vec::new(),
            next_endpoint: 1,
            deliveries: VecDeque::new(),
            next_delivery: 1,
            outbox: Vec::new(),
            faults: Vec::new(),
            webhook_faults: Vec::new(),
            chaos_tally: ChaosTally::default(),
            idempotency: IdempotencyCache::default(),
            calls: HashMap::new(),
            clock_offset: Duration::ZERO,
            first_number,
            payments_made: 0,
        }
    }

    pub(crate) fn merchant(&self, client_id: &str) -> Option<&Merchant> {
        self.merchants
            .iter()
            .find(|merchant| merchant.client_id == client_id)
    }

    /// Registers a webhook endpoint.
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

    pub(crate) fn next_cf_link_id(&self) -> i64 {
        self.first_number.saturating_add(count(self.links.len()))
    }

    pub(crate) fn next_cf_order_id(&self) -> i64 {
        2_100_000_000_i64
            .saturating_add(self.first_number)
            .saturating_add(count(self.orders.len()))
    }

    pub(crate) fn next_cf_refund_id(&self) -> i64 {
        11_000_000_i64
            .saturating_add(self.first_number)
            .saturating_add(count(self.refunds.len()))
    }

    pub(crate) fn next_cf_payment_id(&mut self) -> i64 {
        self.payments_made = self.payments_made.saturating_add(1);
        1_400_000_000_i64
            .saturating_add(self.first_number)
            .saturating_add(self.payments_made)
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
