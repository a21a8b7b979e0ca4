//! Orders, refunds, settlements and disputes.

use super::Simulator;
use crate::control_error::ControlError;
use crate::money::Paise;
use crate::operations::PaymentAttempt;
use crate::state::{
    DisputeSnapshot, DisputeStage, DisputeType, OrderSnapshot, PaymentSnapshot, PaymentStatus,
    RefundSnapshot, RefundStatus, SettlementStatus,
};

impl Simulator {
    /// Returns all orders, including those of links, oldest first.
    pub fn orders(&self) -> Vec<OrderSnapshot> {
        self.shared.with(|state, now| {
            let orders = state.orders.iter();
            orders
                .map(|order| state.order_snapshot(order, now))
                .collect()
        })
    }

    /// Returns an order. `merchant` is required if two merchants use the same order id.
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

    /// Attempts to pay an order, with the given outcome. The attempt on an order of a link is an attempt on the link.
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

    /// Returns all refunds, oldest first.
    pub fn refunds(&self) -> Vec<RefundSnapshot> {
        self.shared.with(|state, _| {
            let refunds = state.refunds.iter();
            refunds
                .map(|refund| state.refund_snapshot(refund))
                .collect()
        })
    }

    /// Completes an open refund, or puts it on hold.
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

    /// Starts a refund by the gateway itself, of the whole payment unless an amount is given.
    /// [`complete_refund`](Self::complete_refund) completes it.
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

    /// Initiates the settlement of a paid order, or changes its status. `merchant` is required if two merchants use
    /// the same order id.
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

    /// Returns all disputes, oldest first.
    pub fn disputes(&self) -> Vec<DisputeSnapshot> {
        self.shared.with(|state, _| {
            let disputes = state.disputes.iter();
            disputes
                .map(|dispute| state.dispute_snapshot(dispute))
                .collect()
        })
    }

    /// Raises a dispute about a payment, over the whole amount unless one is given.
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

    /// Moves a dispute to another stage, or closes it.
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
