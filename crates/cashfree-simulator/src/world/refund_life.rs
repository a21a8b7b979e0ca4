//! Refunds are made and end.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::due::Due;
use super::refund::{NewRefund, Refund, RefundSpeed, RefundStatus, RefundType};
use super::{Order, Place, World};
use crate::clock::later;
use crate::control_error::ControlError;
use crate::money::Paise;
use crate::webhook::Occurrence;

/// How long after a payment it can be refunded.
const REFUNDABLE: SignedDuration = SignedDuration::from_hours(183 * 24);

/// Why a refund is not made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RefundError {
    /// No payment has paid the order.
    NotPaid,
    /// The account has a refund with this id.
    Duplicate,
    /// More than was paid would go back.
    TooMuch,
    /// The payment is too long ago.
    TooLate,
}

impl World {
    /// Makes a refund that a merchant asks for. `outcome` is how it is to end, where the request says so.
    pub(crate) fn create_refund(
        &mut self,
        order: usize,
        asked: NewRefund,
        outcome: Option<RefundStatus>,
        now: Timestamp,
    ) -> Result<usize, RefundError> {
        let owner = self.orders.get(order).ok_or(RefundError::NotPaid)?;
        let payment = owner.payment_that_paid().ok_or(RefundError::NotPaid)?;
        let place = Place { order, payment };
        let paid = owner.payments.get(payment).ok_or(RefundError::NotPaid)?;
        let paid_at = paid.completed_at.unwrap_or(paid.at);
        let merchant = owner.merchant.clone();
        let refund_id = match asked.refund_id {
            Some(refund_id) => refund_id,
            None => format!("refund_{}", self.dice.code(16)),
        };
        if self
            .by_refund
            .contains_key(&(merchant.clone(), refund_id.clone()))
        {
            return Err(RefundError::Duplicate);
        }
        if now.duration_since(paid_at) > REFUNDABLE {
            return Err(RefundError::TooLate);
        }
        if asked.amount > self.refundable(place) {
            return Err(RefundError::TooMuch);
        }
        let accepted = match asked.speed {
            RefundSpeed::Instant if self.settings.instant_refunds => RefundSpeed::Instant,
            _ => RefundSpeed::Standard,
        };
        let refund = self.add_refund(
            &merchant,
            Refund {
                place,
                cf_refund_id: 0,
                refund_id,
                kind: RefundType::MerchantInitiated,
                status: RefundStatus::Pending,
                amount: asked.amount,
                note: asked.note,
                reason: None,
                requested: asked.speed,
                accepted,
                splits: asked.splits,
                arn: None,
                created_at: now,
                seen_from: now,
                processed_at: None,
            },
        );
        match outcome {
            Some(RefundStatus::Pending) => {}
            Some(end) => self.end_refund(refund, end, now),
            None if self.settings.refunds_stay_pending => {}
            None => {
                let after = Duration::from_millis(self.settings.refund_success_after_ms);
                self.due
                    .insert((later(now, after), Due::RefundSucceeds(refund)));
            }
        }
        Ok(refund)
    }

    /// Makes a refund by the gateway itself, and says so.
    pub(crate) fn auto_refund(
        &mut self,
        place: Place,
        amount: Option<Paise>,
        reason: String,
        now: Timestamp,
    ) -> Result<usize, ControlError> {
        let (order, payment) = self
            .at(place)
            .ok_or_else(|| ControlError::not_found("cf_payment_id"))?;
        let merchant = order.merchant.clone();
        let amount = amount.unwrap_or(payment.amount);
        if amount > self.refundable(place) {
            return Err(ControlError::invalid(
                "amount",
                "is more than the payment has left to refund",
            ));
        }
        let refund_id = format!("auto_{}", self.dice.code(16));
        let refund = self.add_refund(
            &merchant,
            Refund {
                place,
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
                seen_from: now,
                processed_at: None,
            },
        );
        self.announce(&[Occurrence::AutoRefund(refund)], now);
        Ok(refund)
    }

    fn add_refund(&mut self, merchant: &str, mut refund: Refund) -> usize {
        let position = self.refunds.len();
        refund.cf_refund_id = self.next_refund_number();
        let key = (merchant.to_owned(), refund.refund_id.clone());
        self.by_refund.insert(key, position);
        if let Some(order) = self.orders.get_mut(refund.place.order) {
            order.refunds.push(position);
        }
        self.refunds.push(refund);
        position
    }

    /// What of a payment has not gone back and is not on its way back.
    pub(crate) fn refundable(&self, place: Place) -> Paise {
        let Some((order, payment)) = self.at(place) else {
            return Paise::ZERO;
        };
        if !payment.took_money() {
            return Paise::ZERO;
        }
        let back = self
            .refunds_of(order)
            .filter(|refund| refund.place == place && refund.takes());
        back.fold(payment.amount, |left, refund| {
            left.saturating_less(refund.amount)
        })
    }

    /// The refunds of an order, oldest first.
    pub(crate) fn refunds_of<'a>(
        &'a self,
        order: &'a Order,
    ) -> impl DoubleEndedIterator<Item = &'a Refund> {
        order
            .refunds
            .iter()
            .filter_map(|refund| self.refunds.get(*refund))
    }

    /// Ends a refund by hand.
    pub(crate) fn settle_refund(
        &mut self,
        cf_refund_id: &str,
        end: RefundStatus,
        now: Timestamp,
    ) -> Result<usize, ControlError> {
        let refund = self.named_refund(cf_refund_id)?;
        let status = self.refunds.get(refund).map(|refund| refund.status);
        match status {
            Some(status) if !status.is_open() => Err(ControlError::conflict(
                "refund_ended",
                "cf_refund_id",
                format!("cf_refund_id: the refund has ended, it is {status}"),
            )),
            _ if end == RefundStatus::Pending => Err(ControlError::invalid(
                "outcome",
                "must be SUCCESS, FAILED, CANCELLED or ONHOLD",
            )),
            _ => {
                self.end_refund(refund, end, now);
                Ok(refund)
            }
        }
    }

    /// The refund with this number of the gateway's.
    pub(crate) fn named_refund(&self, cf_refund_id: &str) -> Result<usize, ControlError> {
        self.refunds
            .iter()
            .position(|refund| refund.cf_refund_id.to_string() == cf_refund_id)
            .ok_or_else(|| ControlError::not_found("cf_refund_id"))
    }

    /// Ends a refund that has not ended, or puts it on hold, and says so.
    pub(crate) fn end_refund(&mut self, position: usize, end: RefundStatus, now: Timestamp) {
        let arn = self.dice.number(12).to_string();
        let Some(refund) = self.refunds.get_mut(position) else {
            return;
        };
        if !refund.status.is_open() {
            return;
        }
        refund.status = end;
        if !end.is_open() {
            refund.processed_at = Some(now);
        }
        let (order, amount, kind) = (refund.place.order, refund.amount, refund.kind);
        if end == RefundStatus::Success {
            refund.arn = Some(arn);
            self.lower_amount_paid(order, amount);
        }
        let occurrence = match kind {
            RefundType::MerchantInitiated => Occurrence::Refund(position),
            _ => Occurrence::AutoRefund(position),
        };
        self.announce(&[occurrence], now);
    }

    /// Whether a refund shows in its link is not documented; unless the setting says so it does not.
    fn lower_amount_paid(&mut self, order: usize, amount: Paise) {
        if !self.settings.refund_lowers_amount_paid {
            return;
        }
        let link = self.orders.get(order).and_then(|order| order.link);
        if let Some(link) = link.and_then(|link| self.links.get_mut(link)) {
            link.amount_paid = link.amount_paid.saturating_less(amount);
        }
    }
}
