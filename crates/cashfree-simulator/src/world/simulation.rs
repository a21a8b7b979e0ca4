//! Simulations asked for through the merchant API, as the sandbox offers them.

use super::{PaymentStatus, SettlementStatus, World};
use crate::control_error::ControlError;
use jiff::Timestamp;

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

impl World {
    /// Carries a simulation out and remembers it.
    pub(crate) fn simulate(
        &mut self,
        merchant: &str,
        simulated: Simulated,
        now: Timestamp,
    ) -> Result<usize, ControlError> {
        match &simulated {
            Simulated::Payment {
                cf_payment_id,
                status,
                error_code,
            } => {
                let place = self.named_payment(cf_payment_id)?;
                let owner = self.at(place).map(|(order, _)| order.merchant.as_str());
                if owner != Some(merchant) {
                    return Err(ControlError::not_found("cf_payment_id"));
                }
                if *status != PaymentStatus::Pending {
                    let reason = error_code.clone();
                    self.end_pending(place, *status, reason, now)?;
                }
            }
            Simulated::Settlement {
                order_ids, status, ..
            } => {
                let orders: Result<Vec<usize>, ControlError> = order_ids
                    .iter()
                    .map(|order_id| self.named_order(order_id, Some(merchant)))
                    .collect();
                let orders = orders?;
                for order in &orders {
                    self.check_paid(*order)?;
                }
                for order in orders {
                    self.settle_order(order, *status, now)?;
                }
            }
        }
        let position = self.simulations.len();
        let simulation_id = format!("sim_{}", self.dice.code(30));
        self.simulations.push(Simulation {
            merchant: merchant.to_owned(),
            simulation_id,
            simulated,
        });
        Ok(position)
    }
}
