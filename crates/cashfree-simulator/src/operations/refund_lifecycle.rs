//! Refunds created and completed.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::clock::later;
use crate::control_error::ControlError;
use crate::money::Paise;
use crate::state::{
    GatewayState, NewRefund, PaymentIndex, Refund, RefundSpeed, RefundStatus, RefundType,
    ScheduledTask,
};
use crate::webhook::Event;

/// Period after a payment in which it can be refunded.
const REFUND_PERIOD: SignedDuration = SignedDuration::from_hours(183 * 24);

/// Errors of creating a refund.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RefundError {
    /// The order has no successful payment.
    NotPaid,
    /// The merchant already has a refund with this id.
    Duplicate,
    /// The refunds would exceed the payment.
    TooMuch,
    /// The payment is too old.
    TooLate,
}

impl GatewayState {
    /// Creates a refund that the merchant requests. `outcome` is the status that the request asks for, if it does.
    pub(crate) fn create_refund(
        &mut self,
        order: usize,
        request: NewRefund,
        outcome: Option<RefundStatus>,
        now: Timestamp,
    ) -> Result<usize, RefundError> {
        let owner = self.orders.get(order).ok_or(RefundError::NotPaid)?;
        let payment = owner.successful_payment().ok_or(RefundError::NotPaid)?;
        let index = PaymentIndex { order, payment };
        let paid = owner.payments.get(payment).ok_or(RefundError::NotPaid)?;
        let paid_at = paid.completed_at.unwrap_or(paid.at);
        let merchant = owner.merchant.clone();
        let refund_id = match request.refund_id {
            Some(refund_id) => refund_id,
            None => format!("refund_{}", self.rng.code(16)),
        };
        if self
            .by_refund
            .contains_key(&(merchant.clone(), refund_id.clone()))
        {
            return Err(RefundError::Duplicate);
        }
        if now.duration_since(paid_at) > REFUND_PERIOD {
            return Err(RefundError::TooLate);
        }
        if request.amount > self.refundable(index) {
            return Err(RefundError::TooMuch);
        }
        let accepted = match request.speed {
            RefundSpeed::Instant if self.settings.instant_refunds => RefundSpeed::Instant,
            _ => RefundSpeed::Standard,
        };
        let refund = self.add_refund(
            &merchant,
            Refund {
                payment: index,
                cf_refund_id: 0,
                refund_id,
                kind: RefundType::MerchantInitiated,
                status: RefundStatus::Pending,
                amount: request.amount,
                note: request.note,
                reason: None,
                requested: request.speed,
                accepted,
                splits: request.splits,
                arn: None,
                created_at: now,
                visible_from: now,
                processed_at: None,
            },
        );
        match outcome {
            Some(RefundStatus::Pending) => {}
            Some(outcome) => self.set_refund_status(refund, outcome, now),
            None if self.settings.refunds_stay_pending => {}
            None => {
                let after = Duration::from_millis(self.settings.refund_success_after_ms);
                self.schedule
                    .insert((later(now, after), ScheduledTask::CompleteRefund(refund)));
            }
        }
        Ok(refund)
    }

    /// Creates a refund by the gateway itself and publishes it.
    pub(crate) fn auto_refund(
        &mut self,
        index: PaymentIndex,
        amount: Option<Paise>,
        reason: String,
        now: Timestamp,
    ) -> Result<usize, ControlError> {
        let (order, payment) = self
            .payment_at(index)
            .ok_or_else(|| ControlError::not_found("cf_payment_id"))?;
        let merchant = order.merchant.clone();
        let amount = amount.unwrap_or(payment.amount);
        if amount > self.refundable(index) {
            return Err(ControlError::invalid(
                "amount",
                "is more than the refundable amount",
            ));
        }
        let refund_id = format!("auto_{}", self.rng.code(16));
        let refund = self.add_refund(
            &merchant,
            Refund {
                payment: index,
                cf_refund_id: 0,
                refund_id,
                kind: RefundType::PaymentAutoRefund,
                status: RefundStatus::Pending,
                amount,
                note: None,
                reason: Some(reason),
                requested: RefundSpeed::Standard,
                accepted: RefundSpeed::Standard,
                splits: None,
                arn: None,
                created_at: now,
                visible_from: now,
                processed_at: None,
            },
        );
        self.publish(&[Event::AutoRefund(refund)], now);
        Ok(refund)
    }

    fn add_refund(&mut self, merchant: &str, mut refund: Refund) -> usize {
        let position = self.refunds.len();
        refund.cf_refund_id = self.next_cf_refund_id();
        let key = (merchant.to_owned(), refund.refund_id.clone());
        self.by_refund.insert(key, position);
        if let Some(order) = self.orders.get_mut(refund.payment.order) {
            order.refunds.push(position);
        }
        self.refunds.push(refund);
        position
    }

    /// Completes a refund, or puts it on hold, through the control API.
    pub(crate) fn complete_refund(
        &mut self,
        cf_refund_id: &str,
        outcome: RefundStatus,
        now: Timestamp,
    ) -> Result<usize, ControlError> {
        let refund = self.find_refund(cf_refund_id)?;
        let status = self.refunds.get(refund).map(|refund| refund.status);
        match status {
            Some(status) if !status.is_open() => Err(ControlError::conflict(
                "refund_ended",
                "cf_refund_id",
                format!("cf_refund_id: the refund is already {status}"),
            )),
            _ if outcome == RefundStatus::Pending => Err(ControlError::invalid(
                "outcome",
                "must be SUCCESS, FAILED, CANCELLED or ONHOLD",
            )),
            _ => {
                self.set_refund_status(refund, outcome, now);
                Ok(refund)
            }
        }
    }

    /// Sets the status of an open refund and publishes it.
    pub(crate) fn set_refund_status(
        &mut self,
        position: usize,
        outcome: RefundStatus,
        now: Timestamp,
    ) {
        let arn = self.rng.number(12).to_string();
        let Some(refund) = self.refunds.get_mut(position) else {
            return;
        };
        if !refund.status.is_open() {
            return;
        }
        refund.status = outcome;
        if !outcome.is_open() {
            refund.processed_at = Some(now);
        }
        let (order, amount, kind) = (refund.payment.order, refund.amount, refund.kind);
        if outcome == RefundStatus::Success {
            refund.arn = Some(arn);
            self.subtract_amount_paid(order, amount);
        }
        let event = match kind {
            RefundType::MerchantInitiated => Event::Refund(position),
            _ => Event::AutoRefund(position),
        };
        self.publish(&[event], now);
    }

    /// Subtracts a refund from its link's paid amount if the setting says so. The gateway does not document which is
    /// right.
    fn subtract_amount_paid(&mut self, order: usize, amount: Paise) {
        if !self.settings.refund_lowers_amount_paid {
            return;
        }
        let link = self.orders.get(order).and_then(|order| order.link);
        if let Some(link) = link.and_then(|link| self.links.get_mut(link)) {
            link.amount_paid = link.amount_paid.saturating_sub(amount);
        }
    }
}
