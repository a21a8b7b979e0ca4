//! Simulations requested through the merchant API.

use super::payment::PaymentStatus;
use super::settlement::SettlementStatus;

/// What a simulation changes.
#[derive(Clone, Debug)]
pub(crate) enum Simulated {
    /// How a payment ends.
    Payment {
        cf_payment_id: String,
        status: PaymentStatus,
        error_code: Option<String>,
    },
    /// How the payouts of orders end.
    Settlement {
        order_ids: Vec<String>,
        at: Option<String>,
        status: SettlementStatus,
        reason: Option<String>,
    },
}

/// A simulation that took place.
#[derive(Clone, Debug)]
pub(crate) struct Simulation {
    pub(crate) merchant: String,
    pub(crate) simulation_id: String,
    pub(crate) simulated: Simulated,
}
