//! Decides one event of a delivery, by its kind.

use payment_provider_core::{Event, EventKind, MoneyError, PaymentStatus};

use super::decision::Draft;
use super::delivery_report::{AllFetched, DeliveryReport, EventOutcome, WaitReason};
use super::fetched::{Fetched, FetchedRefunds};
use super::payment_event::reported_total;
use super::refund_history::refund_line;

impl Draft {
    /// Decides an event, given everything that was fetched so far.
    pub(super) fn event(
        &mut self,
        delivery: &DeliveryReport<'_>,
        event: &Event,
        fetched: &AllFetched,
    ) -> Result<EventOutcome, MoneyError> {
        match &event.kind {
            EventKind::Refund(_) | EventKind::Dispute(_) => {
                return self.refund_or_dispute(delivery, event, fetched);
            }
            EventKind::RefundClaimed(claim) => {
                return Ok(self.refund_claim(delivery, event, claim, fetched));
            }
            EventKind::Unreadable { .. } if event.target.is_none() => {
                return Ok(EventOutcome::Wait(WaitReason::Unreadable));
            }
            EventKind::PaymentClaimed(claim) if event.target.is_none() => {
                return Ok(self.claim_without_target(delivery, claim));
            }
            _ => {}
        }
        if event.target.is_none() {
            let is_money = match &event.kind {
                EventKind::Payment(payment) => payment.status == PaymentStatus::Succeeded,
                EventKind::Snapshot(_) => true,
                _ => false,
            };
            return Ok(if is_money {
                EventOutcome::Unmatched(Vec::new())
            } else {
                EventOutcome::Ignored
            });
        }
        if event.kind == EventKind::Ping {
            return Ok(EventOutcome::Ignored);
        }
        let resolved = self.resolve_target(delivery.connection_pk, &event.target);
        let Some(at) = resolved.checkout else {
            return Ok(EventOutcome::Unmatched(resolved.missing));
        };
        let asked = fetched.get(&self.checkout(at).pk);
        let not_askable = matches!(asked, Some(None));
        let asked = asked.and_then(Option::as_deref);
        match &event.kind {
            EventKind::Payment(payment) => {
                self.payment_event(delivery, event, at, payment, asked, not_askable)
            }
            EventKind::Snapshot(snapshot) => {
                Ok(self.snapshot_event(delivery, at, snapshot, asked, not_askable))
            }
            EventKind::PaymentClaimed(claim) => {
                let total = reported_total(delivery, event, self.checkout(at));
                let is_done = self.holds_claim(at, claim, asked)
                    || self.explains_claim(delivery, at, claim, total, asked, not_askable)
                    || self.is_without_money(delivery, at, claim, asked);
                Ok(self.claim_event(delivery, at, claim, is_done, asked, not_askable))
            }
            _ if not_askable => Ok(EventOutcome::Wait(WaitReason::NotAskable)),
            kind => Ok(match asked {
                Some(fetched) => looked_up(delivery, kind, fetched),
                None => EventOutcome::Fetch(at),
            }),
        }
    }

    /// Decides a report of a refund or a dispute.
    ///
    /// Where it names a payment, only the checkout on which that payment is posted counts: other
    /// checkouts may share its order. An unknown payment may be about to be posted, so the gateway is
    /// asked once before the report counts as unmatched.
    fn refund_or_dispute(
        &mut self,
        delivery: &DeliveryReport<'_>,
        event: &Event,
        fetched: &AllFetched,
    ) -> Result<EventOutcome, MoneyError> {
        let connection_pk = delivery.connection_pk;
        let resolved = self.resolve(connection_pk, event);
        let Some(at) = resolved.checkout else {
            let by_target = self.resolve_target(connection_pk, &event.target);
            return Ok(match by_target.checkout {
                Some(at) if !fetched.contains_key(&self.checkout(at).pk) => EventOutcome::Fetch(at),
                Some(_) => EventOutcome::Unmatched(resolved.missing),
                None => EventOutcome::Unmatched([resolved.missing, by_target.missing].concat()),
            });
        };
        if let Some(line) = refund_line(&event.kind) {
            self.record_refund_line(at, delivery.received_at, line);
        }
        if let EventKind::Refund(refund) = &event.kind {
            self.record_refund(at, refund)?;
        }
        if let EventKind::Dispute(dispute) = &event.kind {
            self.record_dispute(at, event, dispute);
        }
        Ok(EventOutcome::Applied)
    }
}

/// Returns the outcome of a hint, or of an event that cannot be read, after a fetch.
///
/// An unreadable event may report money that the gateway's list does not show yet. It is done after a
/// fetch that started when the list had time to show it.
fn looked_up(delivery: &DeliveryReport<'_>, kind: &EventKind, fetched: &Fetched) -> EventOutcome {
    let is_unreadable = matches!(kind, EventKind::Unreadable { .. });
    match fetched.refunds {
        FetchedRefunds::Unanswered(_) => EventOutcome::Wait(WaitReason::RefundsUnanswered),
        FetchedRefunds::NotAskable if is_unreadable => EventOutcome::Wait(WaitReason::Unreadable),
        _ if is_unreadable && fetched.started_at < delivery.total_is_current_from => {
            EventOutcome::Wait(WaitReason::NotListed)
        }
        _ => EventOutcome::Applied,
    }
}
