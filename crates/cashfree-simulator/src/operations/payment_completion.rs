//! Completion of payments and its effects.

use jiff::Timestamp;

use crate::control_error::ControlError;
use crate::money::Paise;
use crate::state::{Decline, GatewayState, LinkStatus, PaymentIndex, PaymentStatus};
use crate::webhook::Event;

const DECLINED: &str = "Transaction declined by the bank";

impl GatewayState {
    /// Completes a pending payment, whatever the state of its link. A payment succeeds even if another one has paid
    /// the link.
    pub(crate) fn complete_payment(
        &mut self,
        cf_payment_id: &str,
        outcome: PaymentStatus,
        now: Timestamp,
    ) -> Result<PaymentIndex, ControlError> {
        let index = self.find_payment(cf_payment_id)?;
        if outcome == PaymentStatus::Pending {
            return Err(ControlError::invalid(
                "outcome",
                "must be SUCCESS, FAILED or USER_DROPPED",
            ));
        }
        self.complete_pending_payment(index, outcome, None, now)?;
        Ok(index)
    }

    /// Completes a payment if it is pending. A failed one gets `reason`.
    pub(super) fn complete_pending_payment(
        &mut self,
        index: PaymentIndex,
        outcome: PaymentStatus,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        let status = self.payment_at(index).map(|(_, payment)| payment.status);
        match status {
            Some(PaymentStatus::Pending) => {
                self.complete(index, outcome, reason.map(Decline::by_bank), now);
                Ok(())
            }
            Some(status) => Err(ControlError::conflict(
                "payment_not_pending",
                "cf_payment_id",
                format!("cf_payment_id: the payment is already {status}"),
            )),
            None => Err(ControlError::not_found("cf_payment_id")),
        }
    }

    /// Completes a payment, adds its amount to its link, and publishes the events.
    pub(super) fn complete(
        &mut self,
        index: PaymentIndex,
        outcome: PaymentStatus,
        decline: Option<Decline>,
        now: Timestamp,
    ) {
        let outcome = if outcome == PaymentStatus::Success && self.settings.fail_payments {
            PaymentStatus::Failed
        } else {
            outcome
        };
        let success = outcome == PaymentStatus::Success;
        let bank_reference = success.then(|| self.rng.number(12).to_string());
        let Some((paid, payment)) = self.payment_mut(index) else {
            return;
        };
        *paid |= success;
        let decline = (outcome == PaymentStatus::Failed)
            .then(|| decline.unwrap_or_else(|| Decline::by_bank(DECLINED)));
        payment.message = match (&decline, success) {
            (Some(decline), _) => decline.description.clone(),
            (None, true) => "00::Transaction success".to_owned(),
            (None, false) => "The payer left before confirming the payment".to_owned(),
        };
        payment.status = outcome;
        payment.decline = decline;
        payment.bank_reference = bank_reference;
        payment.completed_at = Some(now);
        let amount = payment.amount;
        let link = self.orders.get(index.order).and_then(|order| order.link);
        if let Some(link) = link.filter(|_| success) {
            self.add_amount_paid(link, amount);
        }
        self.publish_completion(index, link, success, now);
    }

    fn publish_completion(
        &mut self,
        index: PaymentIndex,
        link: Option<usize>,
        success: bool,
        now: Timestamp,
    ) {
        let mut events = vec![Event::Payment(index)];
        if let Some(link) = link.filter(|_| success) {
            let at = usize::from(!self.rng.coin());
            events.insert(at, Event::Link(link, Some(index)));
        }
        if success && self.settings.payment_charges_event {
            events.push(Event::Charges(index));
        }
        self.publish(&events, now);
    }

    /// Adds a successful payment to the link. A link that has ended keeps its status unless it is now paid in full.
    fn add_amount_paid(&mut self, link: usize, amount: Paise) {
        let paid_at_once = self.settings.paid_status_on_partial;
        let Some(link) = self.links.get_mut(link) else {
            return;
        };
        link.amount_paid = link
            .amount_paid
            .checked_add(amount)
            .unwrap_or(link.amount_paid);
        if paid_at_once || link.amount_paid >= link.request.amount {
            link.status = LinkStatus::Paid;
        } else if link.status.is_payable() {
            link.status = LinkStatus::PartiallyPaid;
        }
    }
}
