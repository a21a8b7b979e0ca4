//! Decides a delivery: each of its events is posted, compared with what was fetched, or needs the
//! gateway to be asked first.

use std::collections::BTreeSet;

use payment_provider_core::{
    CheckoutSnapshot, CheckoutStatus, Event, EventKind, MoneyError, Payment, PaymentStatus,
    TimestampCheck,
};

use super::account::{Account, CheckoutAt, CheckoutRecord};
use super::decision::{Decision, Draft};
use super::delivery_report::{AllFetched, DeliveryReport, EventOutcome, WaitReason};
use super::fetched::{Fetched, FetchedRefunds};
use super::history::{AuditEvent, HistoryEntry};
use super::refund_history::refund_line;
use super::target_name::TargetName;

/// The next step of a delivery.
#[derive(Debug)]
pub(crate) enum DeliveryStep {
    /// This checkout has to be fetched first. Nothing is stored.
    Fetch(Box<CheckoutRecord>),
    /// The decision is to be stored.
    Decided(Decision<DeliveryOutcome>),
}

/// The result of deciding a delivery.
#[derive(Debug)]
pub(crate) enum DeliveryOutcome {
    /// The delivery is to be tried again.
    Wait(WaitReason),
    /// The delivery is done.
    Done(DeliveryResult),
}

/// The result of a delivery that is done.
#[derive(Debug, Default)]
pub(crate) struct DeliveryResult {
    /// True if an event took effect, or had taken effect before.
    pub(crate) applied: bool,
    /// True if an event is about something unknown here.
    pub(crate) unmatched: bool,
    /// The names of which one has to become known before an unmatched event can be resolved.
    pub(crate) missing: Vec<TargetName>,
    /// Row keys of checkouts that are payable although their payable is paid in full.
    pub(crate) redundant: Vec<i64>,
}

/// Decides a delivery, given everything that was fetched for it so far.
///
/// `accounts` are those that the names of its events lead to, those of the fetched checkouts, and
/// those on which payments or refunds that it reports are known already.
pub(crate) fn delivery(
    accounts: Vec<Account>,
    delivery: &DeliveryReport<'_>,
    fetched: &AllFetched,
    now: i64,
) -> Result<DeliveryStep, MoneyError> {
    let decided = |mut draft: Draft, outcome| {
        draft.shrink_write_offs();
        Ok(DeliveryStep::Decided(draft.decide(outcome)))
    };
    let mut draft = Draft::new(accounts, now);
    let mut received = BTreeSet::new();
    draft.record_receipt(delivery, &mut received);
    let mut wait: Option<WaitReason> = None;
    let mut incomplete = false;
    let mut checkouts: Vec<_> = fetched.iter().collect();
    checkouts.sort_unstable_by_key(|(pk, _)| **pk);
    for (pk, answer) in checkouts {
        if let (Some(answer), Some(at)) = (answer, draft.checkout_at(*pk)) {
            draft.record_fetched(at, answer)?;
            incomplete |= answer.is_incomplete() && !answer.is_written_off(draft.checkout(at));
        }
    }
    if incomplete {
        return decided(draft, DeliveryOutcome::Wait(WaitReason::ListIncomplete));
    }
    if delivery.was_tried
        && let Some(checkout) = draft.incomplete_list(delivery, fetched)
    {
        return Ok(DeliveryStep::Fetch(Box::new(checkout.clone())));
    }
    // The fetched payments may be what resolves an event.
    draft.record_receipt(delivery, &mut received);
    let mut result = DeliveryResult::default();
    for event in delivery.events {
        match draft.event(delivery, event, fetched)? {
            EventOutcome::Applied => result.applied = true,
            EventOutcome::Ignored => {}
            EventOutcome::Unmatched(missing) => {
                result.unmatched = true;
                result.missing.extend(missing);
            }
            EventOutcome::Fetch(at) => {
                return Ok(DeliveryStep::Fetch(Box::new(draft.checkout(at).clone())));
            }
            EventOutcome::Wait(reason) => wait = wait.max(Some(reason)),
        }
    }
    if let Some(reason) = wait {
        return decided(draft, DeliveryOutcome::Wait(reason));
    }
    result.redundant = draft.redundant_after(delivery);
    decided(draft, DeliveryOutcome::Done(result))
}

impl Draft {
    /// Returns a checkout whose list an earlier attempt may have recorded in part. A delivery that was tried
    /// before finishes that list, even if its own events are posted by now.
    fn incomplete_list(
        &self,
        delivery: &DeliveryReport<'_>,
        fetched: &AllFetched,
    ) -> Option<&CheckoutRecord> {
        let checkouts = self
            .accounts()
            .iter()
            .flat_map(|account| &account.checkouts);
        let mut incomplete = checkouts.filter(|row| {
            row.list_incomplete
                && row.connection_pk == delivery.connection_pk
                && !fetched.contains_key(&row.pk)
        });
        incomplete.next().map(|row| &**row)
    }

    fn event(
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

    fn payment_event(
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

    fn snapshot_event(
        &mut self,
        delivery: &DeliveryReport<'_>,
        at: CheckoutAt,
        snapshot: &CheckoutSnapshot,
        asked: Option<&Fetched>,
        not_askable: bool,
    ) -> EventOutcome {
        let checkout = self.checkout(at);
        match asked {
            None if !not_askable && reports_more(checkout, snapshot) => {
                if let Some(wait) = self.expects_payment_event(delivery) {
                    // Until then no payer is asked to pay again.
                    self.record_status(at, snapshot);
                    return wait;
                }
                return EventOutcome::Fetch(at);
            }
            Some(fetched) if is_behind(fetched, checkout, snapshot) => {
                self.record_status(at, snapshot);
                return EventOutcome::Wait(WaitReason::NotListed);
            }
            _ => {}
        }
        self.record_status(at, snapshot);
        EventOutcome::Applied
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

    /// Records the receipt of the delivery in every account that it is about, once.
    fn record_receipt(&mut self, delivery: &DeliveryReport<'_>, received: &mut BTreeSet<usize>) {
        for event in delivery.events {
            let resolved = self.resolve(delivery.connection_pk, event);
            let Some(at) = resolved.checkout else {
                continue;
            };
            if received.insert(at.account) {
                self.push_history(HistoryEntry {
                    payable_pk: self.account(at.account).payable.pk,
                    at: delivery.received_at,
                    event: AuditEvent::DeliveryReceived,
                    detail: receipt_detail(delivery),
                    delivery_pk: Some(delivery.pk),
                });
            }
        }
    }

    /// The redundant checkouts of the accounts that the delivery is about.
    fn redundant_after(&self, delivery: &DeliveryReport<'_>) -> Vec<i64> {
        let targets = delivery.events.iter().filter_map(|event| {
            let resolved = self.resolve_target(delivery.connection_pk, &event.target);
            Some(resolved.checkout?.account)
        });
        let accounts: BTreeSet<usize> = targets.collect();
        accounts
            .into_iter()
            .flat_map(|account| self.account(account).redundant_checkouts())
            .map(|checkout| checkout.pk)
            .collect()
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

/// The total paid on the checkout of this event, as another event of the same delivery reports it.
fn reported_total(
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

/// Returns true if a snapshot reports money that is neither posted nor written off.
fn reports_more(checkout: &CheckoutRecord, snapshot: &CheckoutSnapshot) -> bool {
    let explained = checkout.explained();
    let other_currency = snapshot.amount_paid.currency() != checkout.amount.currency();
    let paid = snapshot.status == CheckoutStatus::Paid && explained < checkout.amount.minor_units();
    other_currency || paid || snapshot.amount_paid.minor_units() > explained
}

/// Returns true if the fetched state is older than the snapshot. An amount that is written off was
/// reported once, and need never be listed.
fn is_behind(fetched: &Fetched, checkout: &CheckoutRecord, snapshot: &CheckoutSnapshot) -> bool {
    let (found, reported) = (fetched.checkout.amount_paid, snapshot.amount_paid);
    let most = found.minor_units().saturating_add(checkout.written_off);
    let less = found.currency() == reported.currency() && most < reported.minor_units();
    let unpaid = snapshot.status == CheckoutStatus::Paid && fetched.checkout.status.is_payable();
    less || (unpaid && checkout.written_off == 0)
}

fn receipt_detail(delivery: &DeliveryReport<'_>) -> String {
    let mut types: Vec<&str> = Vec::new();
    for event in delivery.events {
        if !types.contains(&event.gateway_type.as_str()) {
            types.push(&event.gateway_type);
        }
    }
    let secret = match delivery.matched_secret {
        Some(label) => format!(" with secret {label}"),
        None => String::new(),
    };
    let time = match delivery.timestamp_check {
        TimestampCheck::Fresh => "timestamp fresh",
        TimestampCheck::Stale => {
            "timestamp too old, outside the acceptance window: \
             only taken as a hint to ask the gateway"
        }
        TimestampCheck::FromFuture => {
            "timestamp too far ahead, outside the acceptance window: \
             only taken as a hint to ask the gateway"
        }
    };
    format!(
        "{}, signature verified{secret}, {time}",
        types.join(" and ")
    )
}
