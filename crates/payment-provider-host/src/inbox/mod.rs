//! The inbox: deliveries are verified, stored, answered with 200, and applied once.

mod admin;
mod apply;
mod budget;
mod cancels;
mod delivery_key;
mod lease;
mod receive;
mod refusals;
mod retention;
mod retry;
mod worker;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use tokio::sync::Semaphore;

pub use crate::delivery_state::DeliveryState;
pub use admin::{DeliveryDetail, DeliveryFilter, ParkOutcome};
pub(crate) use lease::LEASE_DURATIONS;
pub use receive::{Delivery, Receipt};
pub use retention::ExpiredDeliveries;

use self::budget::Budgets;
use self::delivery_key::DeliveryKeys;
use self::refusals::Refusals;
pub(crate) use self::retention::Retention;
use crate::checkouts::Checkouts;
use crate::config::IntakeLimit;
use crate::ledger::Ledger;
use crate::reconcile::Reconciler;
use crate::store::DeliveryHashKey;

/// The limit of requests of one connection that do not verify.
const UNVERIFIED: IntakeLimit = IntakeLimit::new(20, 1_000);

/// The inbox of the runtime: it receives deliveries and applies them.
#[derive(Debug, Clone)]
pub(crate) struct Inbox {
    checkouts: Checkouts,
    config: InboxConfig,
    /// One for each delivery that is being applied, other than those for which a gateway is asked.
    posting: Arc<Semaphore>,
    /// The budgets of verified deliveries, and of requests that do not verify.
    verified: Budgets,
    unverified: Budgets,
    /// The time of the latest check for waits that are too long.
    waits_checked_at: Arc<AtomicI64>,
    refusals: Refusals,
    delivery_keys: DeliveryKeys,
}

/// The configuration of the inbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InboxConfig {
    /// The number of failed attempts after which a delivery is parked.
    pub(crate) max_attempts: u32,
    /// The limit of verified deliveries of one connection.
    pub(crate) intake: IntakeLimit,
    /// The time after which a delivery is parked that reports what the gateway does not list.
    pub(crate) listing_timeout: Duration,
    pub(crate) lease: Duration,
    /// The time after which other workers may lease the delivery of an attempt; see
    /// [`HostConfig::attempt_timeout`](crate::HostConfig::attempt_timeout).
    pub(crate) attempt_timeout: Duration,
    /// The times after which content is dropped, and rows are removed.
    pub(crate) retention: Retention,
}

impl Inbox {
    pub(crate) fn new(
        checkouts: Checkouts,
        config: InboxConfig,
        delivery_hash_key: DeliveryHashKey,
    ) -> Self {
        Self {
            checkouts,
            config,
            posting: Arc::new(Semaphore::new(worker::CONCURRENCY)),
            verified: Budgets::new(config.intake),
            unverified: Budgets::new(UNVERIFIED),
            waits_checked_at: Arc::new(AtomicI64::new(i64::MIN)),
            refusals: Refusals::default(),
            delivery_keys: DeliveryKeys::new(delivery_hash_key),
        }
    }

    const fn reconciler(&self) -> &Reconciler {
        &self.checkouts.reconciler
    }

    const fn ledger(&self) -> &Ledger {
        &self.checkouts.reconciler.ledger
    }
}
