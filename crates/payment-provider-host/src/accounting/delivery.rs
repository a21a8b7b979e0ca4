//! Decides a delivery: each of its events is posted, compared with what was fetched, or needs the
//! gateway to be asked first.

use std::collections::BTreeSet;

use payment_provider_core::MoneyError;

use super::account::{Account, CheckoutRecord};
use super::decision::{Decision, Draft};
use super::delivery_report::{AllFetched, DeliveryReport, EventOutcome, WaitReason};
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
            row.has_incomplete_list()
                && row.connection_pk == delivery.connection_pk
                && !fetched.contains_key(&row.pk)
        });
        incomplete.next().map(|row| &**row)
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
