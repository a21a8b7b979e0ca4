//! Payouts to the merchant.

use jiff::Timestamp;

use super::World;
use crate::control_error::ControlError;
use crate::faults::wire_names;
use crate::webhook::Occurrence;

wire_names! {
    /// How a payout stands, or how it ended.
    SettlementStatus, UnknownSettlementStatus, "settlement status" {
        /// It is on its way.
        Initiated = "INITIATED",
        /// The merchant has the money.
        Success = "SUCCESS",
        /// It did not go through.
        Failed = "FAILED",
        /// It went back.
        Reversed = "REVERSED",
    }
}

/// The payout of what paid an order.
#[derive(Clone, Debug)]
pub(crate) struct Settlement {
    pub(crate) settlement_id: i64,
    pub(crate) utr: i64,
    pub(crate) status: SettlementStatus,
    pub(crate) initiated_at: Timestamp,
    pub(crate) changed_at: Timestamp,
}

impl World {
    /// Begins the payout of a paid order, or takes it further, and says so.
    pub(crate) fn settle_order(
        &mut self,
        order: usize,
        status: SettlementStatus,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        self.check_paid(order)?;
        let (settlement_id, utr) = (self.dice.number(7), self.dice.number(16));
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
        self.announce(&[Occurrence::Settlement(order)], now);
        Ok(())
    }

    /// Refuses an order of which there is nothing to pay out.
    pub(super) fn check_paid(&self, order: usize) -> Result<(), ControlError> {
        let order = self
            .orders
            .get(order)
            .ok_or_else(|| ControlError::not_found("order_id"))?;
        match order.payment_that_paid() {
            Some(_) => Ok(()),
            None => Err(ControlError::conflict(
                "order_not_paid",
                "order_id",
                "order_id: the order is not paid, there is nothing to settle",
            )),
        }
    }
}
