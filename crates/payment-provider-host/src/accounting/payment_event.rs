//! Payment events: posted at once, or compared with what was fetched.

use payment_provider_core::{Event, EventKind, MoneyError, Payment, PaymentStatus};

use super::account::{CheckoutAt, CheckoutRecord};
use super::decision::Draft;
use super::delivery_report::{DeliveryReport, EventOutcome, WaitReason};
use super::fetched::Fetched;
use super::history::AuditEvent;
use super::target_name::TargetName;

impl Draft {
    /// Decides a payment event. `asked` is what was fetched of its checkout; `not_askable` is true if
    /// nothing can be fetched.
    pub(super) fn payment_event(
        &mut self,
        delivery: &DeliveryReport<'_>,
        event: &Event,
        at: CheckoutAt,
        payment: &Payment,
        asked: Option<&Fetched>,
        not_askable: bool,
    ) -> Result<EventOutcome, MoneyError> {
        let succeeded = payment.status == PaymentStatus::Succeeded;
        if succeeded && !payment.amount.is_positive() {
            let detail = format!(
                "payment {} of {} is reported as successful but brings no money: nothing is posted",
                payment.id, payment.amount
            );
            self.record_history(at.account, AuditEvent::Mismatch, detail);
            return Ok(EventOutcome::Applied);
        }
        if succeeded && asked.is_some() {
            let key = payment.dedup_key();
            if self.payment_by_key(delivery.connection_pk, &key).is_none() {
                // The fetched payments are recorded: this one is not among them.
                return Ok(EventOutcome::Wait(WaitReason::NotListed));
            }
        } else if succeeded && !not_askable && self.exceeds_total(delivery, event, at, payment) {
            return Ok(EventOutcome::Fetch(at));
        }
        self.record_payment(at, payment)?;
        Ok(EventOutcome::Applied)
    }

    /// Returns true if a payment must not be posted before a fetch: with it, more would be posted than
    /// the gateway reports or the checkout asks for, or it is in another currency.
    fn exceeds_total(
        &self,
        delivery: &DeliveryReport<'_>,
        event: &Event,
        at: CheckoutAt,
        payment: &Payment,
    ) -> bool {
        let checkout = self.checkout(at);
        let known = self.payment_by_id(delivery.connection_pk, &payment.id);
        if known.is_some_and(|known| self.payment(known).is_posted()) {
            return false;
        }
        let reported = reported_total(delivery, event, checkout);
        let most =
            reported.unwrap_or_else(|| checkout.amount.minor_units().max(checkout.gateway_paid));
        let with_it = checkout.posted.saturating_add(payment.amount.minor_units());
        with_it > most || payment.amount.currency() != checkout.amount.currency()
    }
}

/// The total paid on the checkout of this event, as another event of the same delivery reports it.
pub(super) fn reported_total(
    delivery: &DeliveryReport<'_>,
    event: &Event,
    checkout: &CheckoutRecord,
) -> Option<i64> {
    let names: Vec<TargetName> = TargetName::all(&event.target).collect();
    delivery.events.iter().find_map(|other| match &other.kind {
        EventKind::Snapshot(snapshot)
            if snapshot.amount_paid.currency() == checkout.amount.currency()
                && TargetName::all(&other.target).any(|name| names.contains(&name)) =>
        {
            Some(snapshot.amount_paid.minor_units())
        }
        _ => None,
    })
}
