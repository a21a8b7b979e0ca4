//! Simulations requested through the merchant API, as in the gateway's sandbox.

use jiff::Timestamp;

use crate::control_error::ControlError;
use crate::state::{GatewayState, PaymentStatus, Simulated, Simulation};

impl GatewayState {
    /// Runs a simulation and records it.
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
                let index = self.find_payment(cf_payment_id)?;
                let owner = self
                    .payment_at(index)
                    .map(|(order, _)| order.merchant.as_str());
                if owner != Some(merchant) {
                    return Err(ControlError::not_found("cf_payment_id"));
                }
                if *status != PaymentStatus::Pending {
                    let reason = error_code.clone();
                    self.complete_pending_payment(index, *status, reason, now)?;
                }
            }
            Simulated::Settlement {
                order_ids, status, ..
            } => {
                let orders: Result<Vec<usize>, ControlError> = order_ids
                    .iter()
                    .map(|order_id| self.find_order(order_id, Some(merchant)))
                    .collect();
                let orders = orders?;
                for order in &orders {
                    self.check_paid(*order)?;
                }
                for order in orders {
                    self.update_settlement(order, *status, now)?;
                }
            }
        }
        let position = self.simulations.len();
        let simulation_id = format!("sim_{}", self.rng.code(30));
        self.simulations.push(Simulation {
            merchant: merchant.to_owned(),
            simulation_id,
            simulated,
        });
        Ok(position)
    }
}
