//! Checkouts: the URL at which a payable is paid, and the end of checkouts that must not be paid.

mod attention;
mod call;
mod cancel;
mod create;
mod outcome;
mod payment_url;
mod plan;
mod redundant;
mod reference;
mod request;
mod view;

use std::time::Duration;

pub use outcome::{NothingDue, PaymentUrl, PaymentUrlOutcome, UrlOrigin};
pub(crate) use payment_url::require_positive;

use crate::connections::Connections;
use crate::ledger::Ledger;
use crate::reconcile::Reconciler;

/// The checkouts of the runtime: it creates, reuses and ends them.
#[derive(Debug, Clone)]
pub(crate) struct Checkouts {
    pub(crate) reconciler: Reconciler,
    config: CheckoutConfig,
}

/// The configuration of new checkouts.
#[derive(Debug, Clone)]
pub(crate) struct CheckoutConfig {
    /// The random id of this installation, a part of every reference.
    pub(crate) installation: String,
    pub(crate) reference_label: String,
    pub(crate) lifetime: Duration,
    pub(crate) min_remaining_lifetime: Duration,
}

impl Checkouts {
    pub(crate) const fn new(reconciler: Reconciler, config: CheckoutConfig) -> Self {
        Self { reconciler, config }
    }

    pub(crate) const fn ledger(&self) -> &Ledger {
        &self.reconciler.ledger
    }

    pub(crate) const fn connections(&self) -> &Connections {
        &self.reconciler.connections
    }
}
