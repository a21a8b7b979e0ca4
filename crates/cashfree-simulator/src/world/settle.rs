//! How a payment ends, at once or after having been pending, and what follows from it.

use jiff::Timestamp;

use super::link::LinkStatus;
use super::payment::{Decline, PaymentStatus};
use super::{Place, World};
use crate::control_error::ControlError;
use crate::money::Paise;
use crate::webhook::Occurrence;

const DECLINED: &str = "Transaction declined by the bank";

impl World {
    /// Ends a pending payment. Its link may be over by then, even paid by another payment: the money comes all the same.
    pub(crate) fn settle(
        &mut self,
        cf_payment_id: &str,
        end: PaymentStatus,
        now: Timestamp,
    ) -> Result<Place, ControlError> {
        let place = self.named_payment(cf_payment_id)?;
        if end == PaymentStatus::Pending {
            return Err(ControlError::invalid(
                "outcome",
                "must be SUCCESS, FAILED or USER_DROPPED",
            ));
        }
        self.end_pending(place, end, None, now)?;
        Ok(place)
    }

    /// Ends a pending payment, if it is pending, failing with `reason` if it is to fail.
    pub(super) fn end_pending(
        &mut self,
        place: Place,
        end: PaymentStatus,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        let status = self.at(place).map(|(_, payment)| payment.status);
        match status {
            Some(PaymentStatus::Pending) => {
                self.complete(place, end, reason.map(Decline::by_bank), now);
                Ok(())
            }
            Some(status) => Err(ControlError::conflict(
                "payment_not_pending",
                "cf_payment_id",
                format!("cf_payment_id: the payment has ended, it is {status}"),
            )),
            None => Err(ControlError::not_found("cf_payment_id")),
        }
    }

    /// Ends a payment, adds what was paid to its link, and announces it.
    pub(super) fn complete(
        &mut self,
        place: Place,
        end: PaymentStatus,
        decline: Option<Decline>,
        now: Timestamp,
    ) {
        let end = if end == PaymentStatus::Success && self.settings.fail_payments {
            PaymentStatus::Failed
        } else {
            end
        };
        let success = end == PaymentStatus::Success;
        let bank_reference = success.then(|| self.dice.number(12).to_string());
        let Some((paid, payment)) = self.at_mut(place) else {
            return;
        };
        *paid |= success;
        let decline = (end == PaymentStatus::Failed)
            .then(|| decline.unwrap_or_else(|| Decline::by_bank(DECLINED)));
        payment.message = match (&decline, success) {
            (Some(decline), _) => decline.description.clone(),
            (None, true) => "00::Transaction success".to_owned(),
            (None, false) => "The payer left before confirming the payment".to_owned(),
        };
        payment.status = end;
        payment.decline = decline;
        payment.bank_reference = bank_reference;
        payment.completed_at = Some(now);
        let amount = payment.amount;
        let link = self.orders.get(place.order).and_then(|order| order.link);
        if let Some(link) = link.filter(|_| success) {
            self.credit(link, amount);
        }
        self.announce_end(place, link, success, now);
    }

    fn announce_end(&mut self, place: Place, link: Option<usize>, success: bool, now: Timestamp) {
        let mut occurrences = vec![Occurrence::Payment(place)];
        if let Some(link) = link.filter(|_| success) {
            let at = usize::from(!self.dice.coin());
            occurrences.insert(at, Occurrence::Link(link, Some(place)));
        }
        if success && self.settings.payment_charges_event {
            occurrences.push(Occurrence::Charges(place));
        }
        self.announce(&occurrences, now);
    }

    /// Adds a successful payment to the link. A link that is over stays so unless it is now paid in full.
    fn credit(&mut self, link: usize, amount: Paise) {
        let paid_at_once = self.settings.paid_status_on_partial;
        let Some(link) = self.links.get_mut(link) else {
            return;
        };
        link.amount_paid = link
            .amount_paid
            .checked_add(amount)
            .unwrap_or(link.amount_paid);
        if paid_at_once || link.amount_paid >= link.asked.amount {
            link.status = LinkStatus::Paid;
        } else if link.status.is_payable() {
            link.status = LinkStatus::PartiallyPaid;
        }
    }
}
