//! Simulations requested through the merchant API.

use super::payment::PaymentStatus;
use super::settlement::SettlementStatus;

/// The change that a simulation makes.
#[derive(Clone, Debug)]
pub(crate) enum Simulated {
    /// Completes a payment.
    Payment {
        cf_payment_id: String,
        status: PaymentStatus,
        error_code: Option<String>,
    },
    /// Sets the status of the settlements of several orders.
    Settlement {
        order_ids: Vec<String>,
        at: Option<String>,
        status: SettlementStatus,
        reason: Option<String>,
    },
}

/// The record of a simulation.
#[derive(Clone, Debug)]
pub(crate) struct Simulation {
    pub(crate) merchant: String,
    pub(crate) simulation_id: String,
    pub(crate) simulated: Simulated,
}
