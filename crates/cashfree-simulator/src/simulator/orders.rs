//! Orders, and what follows from their being paid: refunds, payouts, disputes.

use super::Simulator;
use crate::control_error::ControlError;
use crate::money::Paise;
use crate::operations::PaymentAttempt;
use crate::state::{
    DisputeSnapshot, DisputeStage, DisputeType, OrderSnapshot, PaymentSnapshot, PaymentStatus,
    RefundSnapshot, RefundStatus, SettlementStatus,
};

impl Simulator {
    /// All orders, those of links too, oldest first.
    pub fn orders(&self) -> Vec<OrderSnapshot> {
        self.shared.with(|state, now| {
            let orders = state.orders.iter();
            orders
                .map(|order| state.order_snapshot(order, now))
                .collect()
        })
    }

    /// An order. `merchant` is needed where two merchants use the same order id.
    pub fn order(
        &self,
        order_id: &str,
        merchant: Option<&str>,
    ) -> Result<OrderSnapshot, ControlError> {
        self.shared.with(|state, now| {
            let order = state.find_order(order_id, merchant)?;
            let order = state.orders.get(order);
            order
                .map(|order| state.order_snapshot(order, now))
                .ok_or_else(|| ControlError::not_found("order_id"))
        })
    }

    /// A payer tries to pay an order, with this end. On an order of a link it is as an attempt on the link.
    pub fn attempt_order(
        &self,
        order_id: &str,
        attempt: PaymentAttempt,
        outcome: PaymentStatus,
    ) -> Result<PaymentSnapshot, ControlError> {
        self.shared.with(|state, now| {
            let order = state.find_order(order_id, attempt.merchant.as_deref())?;
            let index = state.attempt_order(order, attempt, outcome, now)?;
            state
                .payment_snapshot(index)
                .ok_or_else(|| ControlError::not_found("order_id"))
        })
    }

    /// All refunds, oldest first.
    pub fn refunds(&self) -> Vec<RefundSnapshot> {
        self.shared.with(|state, _| {
            let refunds = state.refunds.iter();
            refunds
                .map(|refund| state.refund_snapshot(refund))
                .collect()
        })
    }

    /// Ends a refund that has not ended, or puts it on hold.
    pub fn complete_refund(
        &self,
        cf_refund_id: &str,
        outcome: RefundStatus,
    ) -> Result<RefundSnapshot, ControlError> {
        self.shared.with(|state, now| {
            let refund = state.complete_refund(cf_refund_id, outcome, now)?;
            let refund = state.refunds.get(refund);
            refund
                .map(|refund| state.refund_snapshot(refund))
                .ok_or_else(|| ControlError::not_found("cf_refund_id"))
        })
    }

    /// The gateway begins to give a payment back by itself: all of it, unless an amount is given.
    /// [`complete_refund`](Self::complete_refund) says how it ends.
    pub fn auto_refund(
        &self,
        cf_payment_id: &str,
        amount: Option<Paise>,
        reason: impl Into<String>,
    ) -> Result<RefundSnapshot, ControlError> {
        self.shared.with(|state, now| {
            let index = state.find_payment(cf_payment_id)?;
            let refund = state.auto_refund(index, amount, reason.into(), now)?;
            let refund = state.refunds.get(refund);
            refund
                .map(|refund| state.refund_snapshot(refund))
                .ok_or_else(|| ControlError::not_found("cf_payment_id"))
        })
    }

    /// Begins the payout of a paid order, or takes it further. `merchant` is needed where two merchants use the same
    /// order id.
    pub fn update_settlement(
        &self,
        order_id: &str,
        merchant: Option<&str>,
        status: SettlementStatus,
    ) -> Result<OrderSnapshot, ControlError> {
        self.shared.with(|state, now| {
            let order = state.find_order(order_id, merchant)?;
            state.update_settlement(order, status, now)
        })?;
        self.order(order_id, merchant)
    }

    /// All disputes, oldest first.
    pub fn disputes(&self) -> Vec<DisputeSnapshot> {
        self.shared.with(|state, _| {
            let disputes = state.disputes.iter();
            disputes
                .map(|dispute| state.dispute_snapshot(dispute))
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
        self.shared.with(|state, now| {
            let dispute = state.raise_dispute(cf_payment_id, kind, amount, now)?;
            let dispute = state.disputes.get(dispute);
            dispute
                .map(|dispute| state.dispute_snapshot(dispute))
                .ok_or_else(|| ControlError::not_found("cf_payment_id"))
        })
    }

    /// Takes a dispute further, or closes it.
    pub fn move_dispute(
        &self,
        dispute_id: &str,
        stage: DisputeStage,
    ) -> Result<DisputeSnapshot, ControlError> {
        self.shared.with(|state, now| {
            let dispute = state.move_dispute(dispute_id, stage, now)?;
            let dispute = state.disputes.get(dispute);
            dispute
                .map(|dispute| state.dispute_snapshot(dispute))
                .ok_or_else(|| ControlError::not_found("dispute_id"))
        })
    }
}
