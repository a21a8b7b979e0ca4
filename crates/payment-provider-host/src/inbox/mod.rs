//! The inbox: deliveries are verified, stored, answered with 200, and applied once.

mod admin;
mod apply;
mod lease;
mod receive;
mod retry;
mod worker;

use std::time::Duration;

pub use crate::delivery_state::DeliveryState;
pub use admin::{DeliveryCursor, DeliveryDetail, DeliveryFilter, DeliveryPage, ParkOutcome};
pub(crate) use lease::LEASE_DURATIONS;
pub use receive::{Delivery, Receipt};

use crate::checkouts::Checkouts;
use crate::ledger::Ledger;
use crate::reconcile::Reconciler;

/// The largest number of deliveries on one page.
const MAX_PAGE: u32 = 1_000;

/// The inbox of the runtime: it receives deliveries and applies them.
#[derive(Debug, Clone)]
pub(crate) struct Inbox {
    checkouts: Checkouts,
    config: InboxConfig,
}

/// The configuration of the inbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InboxConfig {
    /// The number of failed attempts after which a delivery is parked.
    pub(crate) max_attempts: u32,
    /// The time after which a delivery is parked that reports what the gateway does not list.
    pub(crate) listing_timeout: Duration,
    pub(crate) lease: Duration,
    /// The time after which other workers may lease the delivery of an attempt; see
    /// [`HostConfig::attempt_timeout`](crate::HostConfig::attempt_timeout).
    pub(crate) attempt_timeout: Duration,
}

impl Inbox {
    pub(crate) const fn new(checkouts: Checkouts, config: InboxConfig) -> Self {
        Self { checkouts, config }
    }

    const fn reconciler(&self) -> &Reconciler {
        &self.checkouts.reconciler
    }

    const fn ledger(&self) -> &Ledger {
        &self.checkouts.reconciler.ledger
    }
}
