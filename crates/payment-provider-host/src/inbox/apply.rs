//! Applies one leased delivery as a whole, in one transaction. If its report is not enough to post
//! by, the checkout is fetched from the gateway first.

use std::sync::Arc;

use payment_provider_core::{EventKind, ProviderError};
use tokio::sync::OwnedSemaphorePermit;

use super::Inbox;
use super::retry::{ApplyError, list_wait};
use crate::accounting::{
    Account, AllFetched, Answer, CheckoutRecord, DeliveryOutcome, DeliveryReport, DeliveryResult,
    DeliveryStep, WaitReason, delivery,
};
use crate::crash_point::CommitStep;
use crate::delivery_state::DeliveryState;
use crate::error::Error;
use crate::reconcile::{CONSISTENCY_WINDOW, FetchError, FetchScope, LimitedFetchError};
use crate::store::{AccountKeys, DeliveryEnd, DeliveryRow, Transaction, names_of};
use crate::timestamp::millis;

/// The time for which a delivery that only claims a payment waits for the gateway's payment event, in
/// milliseconds. No request is sent meanwhile.
const PAYMENT_EVENT_GRACE: i64 = 5_000;

/// A connection that received a payment event within this time, in milliseconds, is expected to receive
/// one for every payment.
const PAYMENT_EVENTS_KNOWN_FOR: i64 = 7 * 24 * 60 * 60 * 1_000;

/// The receipt of payment events is recorded at most once in this many milliseconds.
const PAYMENT_EVENTS_RECORDED_FOR: i64 = 60 * 60 * 1_000;

/// The age of a fetch, in milliseconds, up to which it serves the first attempt of another delivery.
const SHARED_FETCH_AGE: i64 = 5_000;

/// The result of one attempt.
enum Attempt {
    Done,
    /// A portion of a long list is recorded, and more of it is left.
    Portion,
    /// This checkout has to be fetched first.
    Fetch(Box<CheckoutRecord>),
    /// Everything is posted, and these checkouts became redundant: they have to be ended before the
    /// delivery is finished with this result.
    EndRedundant(Vec<CheckoutRecord>, DeliveryResult),
}

impl Inbox {
    /// Applies a leased delivery. No posting slot is held while a gateway is asked.
    ///
    /// If the delivery made checkouts redundant, its payments are committed first, then those
    /// checkouts are ended at the gateway, and only then is the delivery finished: after a crash in
    /// between it is tried again.
    pub(super) async fn apply_delivery(
        &self,
        row: &DeliveryRow,
        owner: &str,
        mut slot: Option<OwnedSemaphorePermit>,
    ) -> Result<(), ApplyError> {
        let mut fetched = AllFetched::new();
        loop {
            let held = match slot.take() {
                Some(held) => Some(held),
                None => self.posting_slot().await,
            };
            let long = fetched.iter_mut().find_map(|(pk, answer)| {
                answer.as_mut().filter(|one| one.is_long()).zip(Some(*pk))
            });
            let attempt = match long {
                Some((answer, checkout_pk)) => {
                    self.record_portion(row, owner, checkout_pk, answer).await?
                }
                None => self.attempt(row, owner, &fetched).await?,
            };
            drop(held);
            if !matches!(attempt, Attempt::Done) {
                self.ledger().wake_inbox();
            }
            match attempt {
                Attempt::Done => return Ok(()),
                Attempt::Portion => {}
                Attempt::EndRedundant(checkouts, result) => {
                    for checkout in &checkouts {
                        let ended = self.checkouts.end_if_possible(checkout).await;
                        ended.map_err(ApplyError::Redundant)?;
                    }
                    let _held = self.posting_slot().await;
                    let tx = self.ledger().store.begin().await.map_err(Error::from)?;
                    return self.finish(tx, row, owner, &result).await;
                }
                Attempt::Fetch(checkout) => {
                    let needed_from = needed_from(row, self.ledger().now());
                    let fetch =
                        self.reconciler()
                            .fetch_for_delivery(&checkout, scope(row), needed_from);
                    let answer = match fetch.await {
                        Ok(found) => Some(Answer::from(found)),
                        Err(LimitedFetchError::Busy(wait)) => return Err(ApplyError::Busy(wait)),
                        Err(LimitedFetchError::Fetch(error)) => match &*error {
                            FetchError::NotAskable(_) => None,
                            FetchError::Failed(_) => return Err(ApplyError::FetchFailed(error)),
                        },
                    };
                    fetched.insert(checkout.pk, answer);
                }
            }
        }
    }

    /// Waits for a slot to post in.
    async fn posting_slot(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.posting).acquire_owned().await.ok()
    }

    /// Records the next portion of a long list. Other deliveries and other writers come in between two of
    /// them; the delivery is decided with the last.
    async fn record_portion(
        &self,
        row: &DeliveryRow,
        owner: &str,
        checkout_pk: i64,
        answer: &mut Answer,
    ) -> Result<Attempt, ApplyError> {
        let reconciler = self.reconciler();
        let mut tx = reconciler
            .record_portion(row.connection_pk, checkout_pk, answer)
            .await?;
        if !tx.is_leased(row.pk, owner).await.map_err(Error::from)? {
            return Ok(Attempt::Done);
        }
        let committed = tx.commit_as(CommitStep::Reconcile).await;
        committed.map_err(Error::from)?;
        answer.advance();
        Ok(Attempt::Portion)
    }

    async fn attempt(
        &self,
        row: &DeliveryRow,
        owner: &str,
        fetched: &AllFetched,
    ) -> Result<Attempt, ApplyError> {
        let ledger = self.ledger();
        let mut tx = ledger.store.begin().await.map_err(Error::from)?;
        let accounts = self.accounts_of(&mut tx, row, fetched).await?;
        let now = ledger.now();
        let step = delivery(accounts, &report(row, now), fetched, now).map_err(Error::from)?;
        let decision = match step {
            DeliveryStep::Fetch(checkout) => return Ok(Attempt::Fetch(checkout)),
            DeliveryStep::Decided(decision) => decision,
        };
        let (outcome, accounts) = ledger.record(&mut tx, decision).await?;
        match outcome {
            DeliveryOutcome::Wait(reason) => {
                // If the lease ran out, another worker may have the delivery: this transaction is
                // rolled back, and everything is left to that worker.
                if !tx.is_leased(row.pk, owner).await.map_err(Error::from)? {
                    return Ok(Attempt::Done);
                }
                self.record_payment_events(&mut tx, row, now).await?;
                // The listed payments are posted, and the reported status is recorded.
                let committed = tx.commit_as(CommitStep::Wait).await;
                committed.map_err(Error::from)?;
                Err(match reason {
                    WaitReason::ListIncomplete => ApplyError::ListIncomplete,
                    WaitReason::NotListed => ApplyError::NotListed,
                    WaitReason::NotAskable => ApplyError::NotAskable,
                    WaitReason::RefundsNotAskable => ApplyError::RefundsNotAskable,
                    WaitReason::RefundsUnanswered => match refunds_error(fetched) {
                        Some(error) => ApplyError::RefundsUnanswered(error),
                        None => ApplyError::NotListed,
                    },
                    WaitReason::Unreadable => ApplyError::Unreadable {
                        reason: unreadable_reason(row),
                    },
                    WaitReason::PaymentEventExpected(until) => {
                        ApplyError::PaymentEventExpected { until }
                    }
                })
            }
            DeliveryOutcome::Done(result) if result.redundant.is_empty() => {
                self.finish(tx, row, owner, &result).await?;
                Ok(Attempt::Done)
            }
            DeliveryOutcome::Done(result) => {
                if !tx.is_leased(row.pk, owner).await.map_err(Error::from)? {
                    return Ok(Attempt::Done);
                }
                let committed = tx.commit_as(CommitStep::Redundant).await;
                committed.map_err(Error::from)?;
                let redundant = result.redundant.iter().filter_map(|pk| {
                    let checkout = accounts.iter().find_map(|account| account.checkout(*pk));
                    checkout.cloned()
                });
                Ok(Attempt::EndRedundant(redundant.collect(), result))
            }
        }
    }

    /// Finishes a delivery.
    async fn finish(
        &self,
        mut tx: Transaction,
        row: &DeliveryRow,
        owner: &str,
        result: &DeliveryResult,
    ) -> Result<(), ApplyError> {
        let state = match (result.applied, result.unmatched) {
            (_, true) => DeliveryState::Unmatched,
            (true, false) => DeliveryState::Applied,
            (false, false) => DeliveryState::Ignored,
        };
        // A duplicate, with the same bytes, may have reported the next change meanwhile.
        let end = DeliveryEnd {
            state,
            unmatched: &result.missing,
            delivery_count: row.may_be_superseded().then_some(row.delivery_count),
            next_attempt: self.ledger().now(),
        };
        let finished = tx.finish_delivery(row.pk, owner, end).await;
        if finished.map_err(Error::from)? {
            let now = self.ledger().now();
            self.record_payment_events(&mut tx, row, now).await?;
            tx.commit_as(CommitStep::Delivery)
                .await
                .map_err(Error::from)?;
        }
        // Otherwise the lease ran out: this transaction is rolled back, and everything is left to
        // the worker that has the delivery now.
        Ok(())
    }

    /// Loads and locks every account that the delivery is about, and those on which its payments and
    /// refunds are known.
    async fn accounts_of(
        &self,
        tx: &mut Transaction,
        row: &DeliveryRow,
        fetched: &AllFetched,
    ) -> Result<Vec<Account>, Error> {
        let names = names_of(&row.events);
        let checkouts: Vec<i64> = fetched.keys().copied().collect();
        let mut keys = AccountKeys {
            connection_pk: row.connection_pk,
            names: &names,
            checkouts: &checkouts,
            ..AccountKeys::default()
        };
        for event in &row.events {
            keys.add_event(event);
        }
        for answer in fetched.values().flatten() {
            keys.add_answer(answer);
        }
        Ok(self.ledger().accounts(tx, &keys).await?)
    }

    /// Records that the connection receives payment events. Locks the row of the connection, which
    /// receiving a duplicate locks after the row of the delivery: the delivery is locked already.
    async fn record_payment_events(
        &self,
        tx: &mut Transaction,
        row: &DeliveryRow,
        now: i64,
    ) -> Result<(), Error> {
        let is_payment = |kind: &EventKind| matches!(kind, EventKind::Payment(_));
        let reports_payment = row.events.iter().any(|event| is_payment(&event.kind));
        let outdated = now.saturating_sub(PAYMENT_EVENTS_RECORDED_FOR);
        if reports_payment && row.payment_event_at.is_none_or(|at| at <= outdated) {
            tx.record_payment_event(row.connection_pk, now, outdated)
                .await?;
        }
        Ok(())
    }
}

/// Returns the part of a checkout that has to be fetched for a delivery. A delivery that reports
/// nothing but received money needs no refunds.
fn scope(row: &DeliveryRow) -> FetchScope {
    let is_about_money_received = |kind: &EventKind| {
        matches!(
            kind,
            EventKind::Payment(_) | EventKind::PaymentClaimed(_) | EventKind::Snapshot(_)
        )
    };
    let mut kinds = row.events.iter().map(|event| &event.kind);
    if kinds.all(is_about_money_received) {
        FetchScope::Payments
    } else {
        FetchScope::PaymentsAndRefunds
    }
}

/// Returns the earliest start of a fetch that serves an attempt, in milliseconds since 1970.
///
/// Many claims of one checkout share one fetch. A new one is served by a fetch of the last seconds
/// that started after its arrival, and one that waited for the gateway's list by a fetch within the
/// last half of that wait.
fn needed_from(row: &DeliveryRow, now: i64) -> i64 {
    if row.is_hint() {
        // Its latest copy may report something newer than any earlier fetch shows.
        return now;
    }
    let recent = match row.polls() {
        0 => SHARED_FETCH_AGE,
        polls => millis(list_wait(polls - 1)) / 2,
    };
    now.saturating_sub(recent).max(row.received_at)
}

/// Returns the error for which the refunds of a checkout are not known. Of several errors it is one that
/// passes by itself, with the longest wait.
fn refunds_error(fetched: &AllFetched) -> Option<Arc<ProviderError>> {
    let answers = fetched.values().flatten();
    let errors = answers.filter_map(|answer| answer.refunds.error());
    errors.max_by_key(|error| error.retry_after()).cloned()
}

/// Returns the reason for which a part of a delivery cannot be read.
fn unreadable_reason(row: &DeliveryRow) -> String {
    let reason = row.events.iter().find_map(|event| match &event.kind {
        EventKind::Unreadable { reason } => Some(reason.clone()),
        _ => None,
    });
    reason.unwrap_or_default()
}

fn report(row: &DeliveryRow, now: i64) -> DeliveryReport<'_> {
    let known_since = now.saturating_sub(PAYMENT_EVENTS_KNOWN_FOR);
    // A delivery from the future arrived before the clock was set back: its grace would last until then.
    let expects = row.received_at <= now && row.payment_event_at.is_some_and(|at| at > known_since);
    DeliveryReport {
        pk: row.pk,
        connection_pk: row.connection_pk,
        events: &row.events,
        was_tried: row.attempts > 1,
        received_at: row.received_at,
        timestamp_check: row.timestamp_check,
        matched_secret: row.matched_secret.as_deref(),
        payment_event_expected_until: expects
            .then(|| row.received_at.saturating_add(PAYMENT_EVENT_GRACE)),
        total_is_current_from: row.received_at.saturating_add(millis(CONSISTENCY_WINDOW)),
    }
}
