//! Settlements: the gateway's payouts to the merchant.

use jiff::Timestamp;

use crate::control_error::ControlError;
use crate::state::{GatewayState, Settlement, SettlementStatus};
use crate::webhook::Event;

impl GatewayState {
    /// Initiates the settlement of a paid order, or changes its status, and publishes it.
    pub(crate) fn update_settlement(
        &mut self,
        order: usize,
        status: SettlementStatus,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        self.check_paid(order)?;
        let (settlement_id, utr) = (self.rng.number(7), self.rng.number(16));
        let owner = self
            .orders
            .get_mut(order)
            .ok_or_else(|| ControlError::not_found("order_id"))?;
        let settlement = owner.settlement.get_or_insert(Settlement {
            settlement_id,
            utr,
            status,
            initiated_at: now,
            changed_at: now,
        });
        settlement.status = status;
        settlement.changed_at = now;
        self.publish(&[Event::Settlement(order)], now);
        Ok(())
    }

    /// Checks that an order is paid.
    pub(super) fn check_paid(&self, order: usize) -> Result<(), ControlError> {
        let order = self
            .orders
            .get(order)
            .ok_or_else(|| ControlError::not_found("order_id"))?;
        match order.successful_payment() {
            Some(_) => Ok(()),
            None => Err(ControlError::conflict(
                "order_not_paid",
                "order_id",
                "order_id: the order is not paid, so it cannot be settled",
            )),
        }
    }
}
