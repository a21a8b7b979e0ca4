//! Applies one leased delivery, all of it in one transaction, after fetching where what it reports is not
//! enough to post by.

use payment_provider_core::EventKind;

use super::Inbox;
use super::retry::ApplyError;
use crate::accounting::{
    Account, AllFetched, CheckoutRecord, DeliveryOutcome, DeliveryReport, DeliveryResult,
    TargetName, WaitReason, delivery,
};
use crate::delivery_state::DeliveryState;
use crate::error::Error;
use crate::reconcile::FetchError;
use crate::store::{AccountKeys, DeliveryEnd, DeliveryRow, Transaction};

/// The time for which a delivery that only claims a payment waits for the gateway's payment event, in
/// milliseconds. No request is sent meanwhile.
const PAYMENT_EVENT_GRACE: i64 = 5_000;

/// A connection that received a payment event within this time, in milliseconds, is expected to receive
/// one for every payment.
const PAYMENT_EVENTS_KNOWN_FOR: i64 = 7 * 24 * 60 * 60 * 1_000;

/// The receipt of payment events is recorded at most once in this many milliseconds.
const PAYMENT_EVENTS_RECORDED_FOR: i64 = 60 * 60 * 1_000;

/// The result of one attempt.
enum Attempt {
    Done,
    /// This checkout has to be fetched first.
    Fetch(Box<CheckoutRecord>),
}

impl Inbox {
    /// Applies a leased delivery.
    pub(super) async fn apply_delivery(
        &self,
        row: &DeliveryRow,
        owner: &str,
    ) -> Result<(), ApplyError> {
        let mut fetched = AllFetched::new();
        loop {
            match self.attempt(row, owner, &fetched).await? {
                Attempt::Done => return Ok(()),
                Attempt::Fetch(checkout) => {
                    let answer = match self.reconciler().fetch(&checkout).await {
                        Ok(found) => Some(found),
                        Err(FetchError::NotAskable(_)) => None,
                        Err(FetchError::Failed(error)) => return Err(error.into()),
                    };
                    fetched.insert(checkout.pk, answer);
                }
            }
        }
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
        crash_point!("delivery.2-locked");
        let now = ledger.now();
        let decision = delivery(accounts, &report(row, now), fetched, now).map_err(Error::from)?;
        if let DeliveryOutcome::Fetch(pk) = decision.outcome {
            let checkout = decision.accounts.iter().find_map(|row| row.checkout(pk));
            let checkout = checkout.cloned();
            return match checkout {
                Some(checkout) => Ok(Attempt::Fetch(Box::new(checkout))),
                None => Ok(Attempt::Done),
            };
        }
        let (outcome, accounts) = ledger.record(&mut tx, decision).await?;
        self.record_payment_events(&mut tx, row, now).await?;
        match outcome {
            DeliveryOutcome::Fetch(_) => Ok(Attempt::Done),
            DeliveryOutcome::Wait(reason) => {
                // Another worker has it if the lease ran out: everything is left to that one.
                if !tx.is_leased(row.pk, owner).await.map_err(Error::from)? {
                    return Ok(Attempt::Done);
                }
                // The listed payments are posted, and the reported status is recorded.
                let error = match reason {
                    WaitReason::ListIncomplete => {
                        crash_point!("incomplete.1-before-commit");
                        ApplyError::ListIncomplete
                    }
                    WaitReason::NotListed => {
                        crash_point!("unlisted.1-before-commit");
                        ApplyError::NotListed
                    }
                    WaitReason::NotAskable => ApplyError::NotAskable,
                    WaitReason::PaymentEventExpected(until) => {
                        ApplyError::PaymentEventExpected { until }
                    }
                };
                tx.commit().await.map_err(Error::from)?;
                match error {
                    ApplyError::ListIncomplete => crash_point!("incomplete.2-committed"),
                    ApplyError::NotListed => crash_point!("unlisted.2-committed"),
                    _ => {}
                }
                Err(error)
            }
            DeliveryOutcome::Done(result) => {
                crash_point!("delivery.3-events-applied");
                self.finish(tx, row, owner, &result, &accounts).await?;
                Ok(Attempt::Done)
            }
        }
    }

    /// Ends a delivery. Redundant checkouts are ended at the gateway first, and only then the delivery that
    /// made them redundant: after a crash in between it is tried again.
    async fn finish(
        &self,
        mut tx: Transaction,
        row: &DeliveryRow,
        owner: &str,
        result: &DeliveryResult,
        accounts: &[Account],
    ) -> Result<(), ApplyError> {
        let state = match (result.applied, result.unmatched) {
            (_, true) => DeliveryState::Unmatched,
            (true, false) => DeliveryState::Applied,
            (false, false) => DeliveryState::Ignored,
        };
        // The same bytes may have reported the next change meanwhile.
        let mut events = row.events.iter();
        let is_hint = events.any(|event| event.kind == EventKind::FetchNeeded);
        let end = DeliveryEnd {
            state,
            unmatched: &result.missing,
            delivery_count: is_hint.then_some(row.delivery_count),
            next_attempt: self.ledger().now(),
        };
        if !result.redundant.is_empty() {
            if !tx.is_leased(row.pk, owner).await.map_err(Error::from)? {
                return Ok(());
            }
            crash_point!("redundant.1-before-commit");
            tx.commit().await.map_err(Error::from)?;
            crash_point!("redundant.2-posted");
            for pk in &result.redundant {
                let checkout = accounts.iter().find_map(|account| account.checkout(*pk));
                if let Some(checkout) = checkout {
                    let ended = self.checkouts.end_if_possible(checkout).await;
                    ended.map_err(ApplyError::Redundant)?;
                }
            }
            crash_point!("redundant.3-ended");
            tx = self.ledger().store.begin().await.map_err(Error::from)?;
        }
        let finished = tx.finish_delivery(row.pk, owner, end).await;
        if finished.map_err(Error::from)? {
            crash_point!("delivery.4-before-commit");
            tx.commit().await.map_err(Error::from)?;
            crash_point!("delivery.5-committed");
        }
        // Otherwise the lease ran out and another worker has it: everything is left to that one.
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
        let names: Vec<TargetName> = row.events.iter().flat_map(TargetName::all_of).collect();
        let checkouts: Vec<i64> = fetched.keys().copied().collect();
        let mut keys = AccountKeys {
            connection_pk: row.connection_pk,
            names: &names,
            checkouts: &checkouts,
            ..AccountKeys::default()
        };
        for event in &row.events {
            match &event.kind {
                EventKind::Payment(payment) => keys.payments.push(payment.id.as_str()),
                EventKind::Refund(refund) => {
                    keys.refunds.push(refund.id.as_str());
                    keys.with_refund_history = true;
                }
                EventKind::Dispute(_) => keys.with_refund_history = true,
                _ => {}
            }
        }
        for answer in fetched.values().flatten() {
            keys.payments
                .extend(answer.payments.iter().map(|payment| payment.id.as_str()));
        }
        Ok(self.ledger().accounts(tx, &keys).await?)
    }

    /// Records that the connection receives payment events.
    async fn record_payment_events(
        &self,
        tx: &mut Transaction,
        row: &DeliveryRow,
        now: i64,
    ) -> Result<(), Error> {
        let is_payment = |kind: &EventKind| matches!(kind, EventKind::Payment(_));
        let reports_payment = row.events.iter().any(|event| is_payment(&event.kind));
        let outdated = row
            .payment_event_at
            .is_none_or(|at| at <= now.saturating_sub(PAYMENT_EVENTS_RECORDED_FOR));
        if reports_payment && outdated {
            tx.record_payment_event(row.connection_pk, now).await?;
        }
        Ok(())
    }
}

fn report(row: &DeliveryRow, now: i64) -> DeliveryReport<'_> {
    let known_since = now.saturating_sub(PAYMENT_EVENTS_KNOWN_FOR);
    let expects = row.payment_event_at.is_some_and(|at| at > known_since);
    DeliveryReport {
        pk: row.pk,
        connection_pk: row.connection_pk,
        events: &row.events,
        received_at: row.received_at,
        timestamp_check: row.timestamp_check,
        matched_secret: row.matched_secret.as_deref(),
        payment_event_expected_until: expects
            .then(|| row.received_at.saturating_add(PAYMENT_EVENT_GRACE)),
    }
}
