//! Orders, and what follows from their being paid: refunds, payouts, disputes.

use super::Simulator;
use crate::control_error::ControlError;
use crate::money::Paise;
use crate::world::{
    DisputeSnapshot, DisputeStage, DisputeType, OrderSnapshot, PaymentAttempt, PaymentSnapshot,
    PaymentStatus, RefundSnapshot, RefundStatus, SettlementStatus,
};

impl Simulator {
    /// All orders, those of links too, oldest first.
    pub fn orders(&self) -> Vec<OrderSnapshot> {
        self.core.with(|world, now| {
            let orders = world.orders.iter();
            orders
                .map(|order| world.order_snapshot(order, now))
                .collect()
        })
    }

    /// An order. `merchant` is needed where two merchants use the same order id.
    pub fn order(
        &self,
        order_id: &str,
        merchant: Option<&str>,
    ) -> Result<OrderSnapshot, ControlError> {
        self.core.with(|world, now| {
            let order = world.named_order(order_id, merchant)?;
            let order = world.orders.get(order);
            order
                .map(|order| world.order_snapshot(order, now))
                .ok_or_else(|| ControlError::not_found("order_id"))
        })
    }

    /// A payer tries to pay an order, with this end. On an order of a link it is as an attempt on the link.
    pub fn attempt_order(
        &self,
        order_id: &str,
        attempt: PaymentAttempt,
        end: PaymentStatus,
    ) -> Result<PaymentSnapshot, ControlError> {
        self.core.with(|world, now| {
            let order = world.named_order(order_id, attempt.merchant.as_deref())?;
            let place = world.attempt_order(order, attempt, end, now)?;
            world
                .payment_snapshot(place)
                .ok_or_else(|| ControlError::not_found("order_id"))
        })
    }

    /// All refunds, oldest first.
    pub fn refunds(&self) -> Vec<RefundSnapshot> {
        self.core.with(|world, _| {
            let refunds = world.refunds.iter();
            refunds
                .map(|refund| world.refund_snapshot(refund))
                .collect()
        })
    }

    /// Ends a refund that has not ended, or puts it on hold.
    pub fn settle_refund(
        &self,
        cf_refund_id: &str,
        end: RefundStatus,
    ) -> Result<RefundSnapshot, ControlError> {
        self.core.with(|world, now| {
            let refund = world.settle_refund(cf_refund_id, end, now)?;
            let refund = world.refunds.get(refund);
            refund
                .map(|refund| world.refund_snapshot(refund))
                .ok_or_else(|| ControlError::not_found("cf_refund_id"))
        })
    }

    /// The gateway begins to give a payment back by itself: all of it, unless an amount is given.
    /// [`settle_refund`](Self::settle_refund) says how it ends.
    pub fn auto_refund(
        &self,
        cf_payment_id: &str,
        amount: Option<Paise>,
        reason: impl Into<String>,
    ) -> Result<RefundSnapshot, ControlError> {
        self.core.with(|world, now| {
            let place = world.named_payment(cf_payment_id)?;
            let refund = world.auto_refund(place, amount, reason.into(), now)?;
            let refund = world.refunds.get(refund);
            refund
                .map(|refund| world.refund_snapshot(refund))
                .ok_or_else(|| ControlError::not_found("cf_payment_id"))
        })
    }

    /// Begins the payout of a paid order, or takes it further. `merchant` is needed where two merchants use the same
    /// order id.
    pub fn settle_order(
        &self,
        order_id: &str,
        merchant: Option<&str>,
        status: SettlementStatus,
    ) -> Result<OrderSnapshot, ControlError> {
        self.core.with(|world, now| {
            let order = world.named_order(order_id, merchant)?;
            world.settle_order(order, status, now)
        })?;
        self.order(order_id, merchant)
    }

    /// All disputes, oldest first.
    pub fn disputes(&self) -> Vec<DisputeSnapshot> {
        self.core.with(|world, _| {
            let disputes = world.disputes.iter();
            disputes
                .map(|dispute| world.dispute_snapshot(dispute))
                .collect()
        })
    }

    /// A payer disputes a payment: all of it, unless an amount is given.
    pub fn raise_dispute(
        &self,
        cf_payment_id: &str,
        kind: DisputeType,
        amount: Option<Paise>,
    ) -> Result<DisputeSnapshot, ControlError> {
        self.core.with(|world, now| {
            let dispute = world.raise_dispute(cf_payment_id, kind, amount, now)?;
            let dispute = world.disputes.get(dispute);
            dispute
                .map(|dispute| world.dispute_snapshot(dispute))
                .ok_or_else(|| ControlError::not_found("cf_payment_id"))
        })
    }

    /// Takes a dispute further, or closes it.
    pub fn move_dispute(
        &self,
        dispute_id: &str,
        stage: DisputeStage,
    ) -> Result<DisputeSnapshot, ControlError> {
        self.core.with(|world, now| {
            let dispute = world.move_dispute(dispute_id, stage, now)?;
            let dispute = world.disputes.get(dispute);
            dispute
                .map(|dispute| world.dispute_snapshot(dispute))
                .ok_or_else(|| ControlError::not_found("dispute_id"))
        })
    }
}
