use std::collections::HashMap;

use payment_provider_core::{
    CheckoutSnapshot, CheckoutStatus, Event, EventKind, Payment, PaymentStatus,
};

use super::aftermath;
use crate::Host;
use crate::checkouts::CheckoutError;
use crate::ledger::{LedgerError, booked_on};
use crate::settle::{Decided, FetchError, Fetched};
use crate::store::{
    CheckoutRow, DeliveryEnd, DeliveryRow, DeliveryState, HistoryKind, PaymentRow, Store,
    StoreError, SubjectName, comes_of_passing,
};

/// Why a delivery has to wait.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApplyError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("the gateway does not list yet what it tells of")]
    Incomplete,
    #[error("it takes a look at the gateway, which cannot be asked from here")]
    Unaskable,
    #[error("what came in is booked; another checkout is needless by it and not ended: {0}")]
    Needless(Box<CheckoutError>),
}

impl From<StoreError> for ApplyError {
    fn from(error: StoreError) -> Self {
        Self::Ledger(LedgerError::Store(error))
    }
}

impl ApplyError {
    /// How long the gateway wants to be left alone.
    pub(super) fn retry_after(&self) -> Option<std::time::Duration> {
        match self {
            Self::Fetch(FetchError::Provider(error)) => error.retry_after(),
            Self::Needless(error) => match &**error {
                CheckoutError::Provider(error) => error.retry_after(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether trying again by itself changes nothing: somebody has to look.
    pub(super) const fn is_final(&self) -> bool {
        matches!(self, Self::Unaskable)
    }

    /// Whether it says nothing about the delivery: the gateway or the database is away.
    pub(super) fn is_transient(&self) -> bool {
        let of_gateway = match self {
            Self::Fetch(FetchError::Provider(error)) => error.retry_after().is_some(),
            Self::Needless(error) => match &**error {
                CheckoutError::Busy { .. } => true,
                CheckoutError::Provider(error) => error.retry_after().is_some(),
                _ => false,
            },
            _ => false,
        };
        let inner: &(dyn std::error::Error + 'static) = match self {
            Self::Needless(error) => &**error,
            _ => self,
        };
        of_gateway || comes_of_passing(inner)
    }

    /// For whoever looks at the delivery later: with what is behind it, where that is the store's or
    /// the host's own.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Ledger(LedgerError::Handler(error)) => format!("{self}: {error}"),
            Self::Ledger(LedgerError::Store(error)) => format!("{self}: {}", error.reason()),
            _ => self.to_string(),
        }
    }
}

/// After so many looks in vain, some seconds, a list of the gateway's is taken to be up to date about
/// an order that it shows.
const SOME_LOOKS: i64 = 2;
/// After so many, a few minutes, it is taken to be up to date altogether. Tries at which the gateway
/// could not be asked do not count.
const MANY_LOOKS: i64 = 8;

fn is_patient(delivery: &DeliveryRow) -> bool {
    delivery.looks >= MANY_LOOKS
}

/// How one try went.
enum Tried {
    Done,
    /// Before anything is booked, the gateway has to be asked about this checkout.
    Fetch(Box<CheckoutRow>),
}

/// What one event did.
pub(super) enum EventOutcome {
    Applied,
    /// Says nothing about a checkout, and never will.
    Ignored,
    /// Of nothing that is known here; what it waits for.
    Unmatched(Vec<SubjectName>),
    Fetch(Box<CheckoutRow>),
}

/// What was fetched of the checkouts of these keys; `None` where the gateway cannot be asked, and its
/// deliveries are all there is to book by.
pub(super) type AllFetched = HashMap<i64, Option<Fetched>>;

impl<S: Store> Host<S> {
    /// Applies one leased delivery, all of it in one transaction, fetching first where what it says
    /// is not enough to book by.
    pub(super) async fn apply_delivery(
        &self,
        delivery: &DeliveryRow,
        owner: &str,
    ) -> Result<(), ApplyError> {
        let mut fetched = AllFetched::new();
        loop {
            match self.try_delivery(delivery, owner, &fetched).await? {
                Tried::Done => return Ok(()),
                Tried::Fetch(row) => {
                    let answer = match self.fetch(&row).await {
                        Err(error) if error.is_unaskable() => {
                            fetched.insert(row.pk, None);
                            continue;
                        }
                        answer => answer?,
                    };
                    if answer.is_incomplete() {
                        // What is listed is booked all the same; the rest is asked for again.
                        let store = &self.inner.store;
                        let mut tx = store.begin().await?;
                        self.hold_all(&mut tx, delivery, &[row.pk]).await?;
                        self.note_received(&mut tx, delivery).await?;
                        self.apply_fetched(&mut tx, row.pk, &answer, is_patient(delivery))
                            .await?;
                        if !store.is_leased(&mut tx, delivery.pk, owner).await? {
                            return Ok(());
                        }
                        crash_point!("incomplete.1-before-commit");
                        store.commit(tx).await?;
                        crash_point!("incomplete.2-committed");
                        return Err(ApplyError::Incomplete);
                    }
                    fetched.insert(row.pk, Some(answer));
                }
            }
        }
    }

    async fn try_delivery(
        &self,
        delivery: &DeliveryRow,
        owner: &str,
        fetched: &AllFetched,
    ) -> Result<Tried, ApplyError> {
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        let patient = is_patient(delivery);
        let checkouts: Vec<i64> = fetched.keys().copied().collect();
        self.hold_all(&mut tx, delivery, &checkouts).await?;
        self.note_received(&mut tx, delivery).await?;
        crash_point!("delivery.2-held");
        let mut left = None;
        for (pk, answer) in fetched {
            let Some(answer) = answer else { continue };
            if self.apply_fetched(&mut tx, *pk, answer, patient).await? == Decided::NotAll {
                left = Some(ApplyError::Incomplete);
            }
        }
        if !fetched.is_empty() {
            // What they brought may be what tells whose news this is.
            self.note_received(&mut tx, delivery).await?;
        }
        let mut applied = false;
        let mut unmatched = Vec::new();
        let mut strange = false;
        for event in &delivery.events {
            let outcome = match self.apply_event(&mut tx, delivery, event, fetched).await {
                // The other events of the delivery have nothing to wait for.
                Err(ApplyError::Incomplete) => {
                    left = Some(ApplyError::Incomplete);
                    continue;
                }
                Err(ApplyError::Unaskable) => {
                    left.get_or_insert(ApplyError::Unaskable);
                    continue;
                }
                outcome => outcome?,
            };
            match outcome {
                EventOutcome::Applied => applied = true,
                EventOutcome::Ignored => {}
                EventOutcome::Unmatched(missing) => {
                    strange = true;
                    unmatched.extend(missing);
                }
                // Dropping the transaction takes back what the events before did.
                EventOutcome::Fetch(row) => return Ok(Tried::Fetch(row)),
            }
        }
        if let Some(error) = left {
            // Another worker has it if the lease ran out: leave all of it to them.
            if !store.is_leased(&mut tx, delivery.pk, owner).await? {
                return Ok(Tried::Done);
            }
            // What the gateway lists is booked, and what was told is remembered.
            crash_point!("unlisted.1-before-commit");
            store.commit(tx).await?;
            crash_point!("unlisted.2-committed");
            return Err(error);
        }
        let state = match (applied, strange) {
            (_, true) => DeliveryState::Unmatched,
            (true, false) => DeliveryState::Applied,
            (false, false) => DeliveryState::Ignored,
        };
        // The same bytes may have told of the next change while this one was looked into.
        let tells_to_fetch = delivery
            .events
            .iter()
            .any(|event| event.kind == EventKind::FetchNeeded);
        let end = DeliveryEnd {
            state,
            unmatched: &unmatched,
            copies: tells_to_fetch.then_some(delivery.copies),
            next_attempt: self.now_millis(),
        };
        crash_point!("delivery.3-events-applied");
        let needless = self.needless_checkouts(&mut tx, delivery).await?;
        if !needless.is_empty() {
            if !store.is_leased(&mut tx, delivery.pk, owner).await? {
                return Ok(Tried::Done);
            }
            crash_point!("needless.1-before-commit");
            store.commit(tx).await?;
            crash_point!("needless.2-booked");
            self.end_needless(&needless, delivery, owner, end).await?;
            return Ok(Tried::Done);
        }
        if store
            .finish_delivery(&mut tx, delivery.pk, owner, end)
            .await?
        {
            crash_point!("delivery.4-before-commit");
            store.commit(tx).await?;
            crash_point!("delivery.5-committed");
        }
        // Otherwise the lease ran out and another worker has it: leave all of it to them.
        Ok(Tried::Done)
    }

    async fn apply_event(
        &self,
        tx: &mut S::Tx,
        delivery: &DeliveryRow,
        event: &Event,
        fetched: &AllFetched,
    ) -> Result<EventOutcome, ApplyError> {
        if aftermath::is_told_by(event) {
            return self.apply_aftermath(tx, delivery, event, fetched).await;
        }
        if event.subject.is_none() {
            let of_money = match &event.kind {
                EventKind::Payment(payment) => payment.status == PaymentStatus::Succeeded,
                EventKind::Snapshot(_) => true,
                _ => false,
            };
            return Ok(if of_money {
                EventOutcome::Unmatched(Vec::new())
            } else {
                EventOutcome::Ignored
            });
        }
        if event.kind == EventKind::Ping {
            return Ok(EventOutcome::Ignored);
        }
        let matched = self
            .match_subject(tx, delivery.connection_pk, &event.subject)
            .await?;
        let Some(mut row) = matched.checkout else {
            return Ok(EventOutcome::Unmatched(matched.missing));
        };
        let payments = self.inner.store.payments_of_checkout(tx, row.pk).await?;
        if let EventKind::Payment(payment) = &event.kind
            && payment.status == PaymentStatus::Succeeded
            && !payment.amount.is_positive()
        {
            let detail = format!(
                "payment {} of {} is reported as successful but brings no money: nothing is booked",
                payment.id, payment.amount
            );
            self.note(tx, row.payable_pk, HistoryKind::Mismatch, detail)
                .await?;
            return Ok(EventOutcome::Applied);
        }
        let asked = fetched.get(&row.pk);
        let is_unaskable = matches!(asked, Some(None));
        let outcome = match (&event.kind, asked.and_then(Option::as_ref)) {
            (EventKind::Payment(payment), Some(known))
                if payment.status == PaymentStatus::Succeeded =>
            {
                self.compare_payment(tx, &row, delivery, payment, known)
                    .await?;
                EventOutcome::Applied
            }
            (EventKind::Payment(payment), None)
                if !is_unaskable
                    && needs_fetch(&row, &payments, payment, total_of(delivery, event, &row)) =>
            {
                EventOutcome::Fetch(Box::new(row))
            }
            (EventKind::Payment(payment), _) => {
                self.record_payment(tx, &row, payment).await?;
                EventOutcome::Applied
            }
            (EventKind::Snapshot(snapshot), None)
                if !is_unaskable && is_news(&row, &payments, snapshot) =>
            {
                EventOutcome::Fetch(Box::new(row))
            }
            (EventKind::Snapshot(snapshot), Some(known)) if is_behind(known, snapshot) => {
                self.record_statement(tx, &mut row, snapshot).await?;
                return Err(ApplyError::Incomplete);
            }
            (EventKind::Snapshot(snapshot), _) => {
                self.record_statement(tx, &mut row, snapshot).await?;
                EventOutcome::Applied
            }
            (_, None) if is_unaskable => return Err(ApplyError::Unaskable),
            (_, None) => EventOutcome::Fetch(Box::new(row)),
            (_, Some(_)) => EventOutcome::Applied,
        };
        Ok(outcome)
    }

    /// Holds a payment that was told against the gateway's list, which was just applied. One that is
    /// not on it may be a listed one under another id; how soon that is believed depends on whether
    /// their order says so.
    async fn compare_payment(
        &self,
        tx: &mut S::Tx,
        row: &CheckoutRow,
        delivery: &DeliveryRow,
        payment: &Payment,
        known: &Fetched,
    ) -> Result<(), ApplyError> {
        let store = &self.inner.store;
        let key = payment.effect_key();
        if store
            .effect_payment(tx, row.connection_pk, &key)
            .await?
            .is_some()
        {
            // Only adds what the list left out.
            self.record_payment(tx, row, payment).await?;
            return Ok(());
        }
        let payments = store.payments_of_checkout(tx, row.pk).await?;
        let listed = |id: &_| known.payments.iter().any(|payment| payment.id == *id);
        let waited_for_list = delivery.looks >= SOME_LOOKS;
        let alias = payments.iter().find(|other| {
            let same = (waited_for_list && other.is_surely(payment))
                || (is_patient(delivery) && other.may_be(payment));
            other.is_booked() && listed(&other.payment.id) && same
        });
        match alias {
            Some(other) if !listed(&payment.id) => {
                let at = self.now_millis();
                store
                    .put_effect(tx, row.connection_pk, &key, other.pk, at)
                    .await?;
                let detail = format!(
                    "payment {} of {} is not listed by the gateway, payment {} of the same amount \
                     is: taken for one payment under two ids and counted once",
                    payment.id, payment.amount, other.payment.id
                );
                let kind = HistoryKind::PaymentsFetched;
                self.note(tx, row.payable_pk, kind, detail).await?;
                let name = SubjectName::Payment(payment.id.clone());
                self.requeue(tx, row.connection_pk, &[name]).await?;
                Ok(())
            }
            _ => Err(ApplyError::Incomplete),
        }
    }

    /// Takes hold of all that a delivery is about, before any of it is read.
    async fn hold_all(
        &self,
        tx: &mut S::Tx,
        delivery: &DeliveryRow,
        checkouts: &[i64],
    ) -> Result<(), StoreError> {
        let names: Vec<SubjectName> = delivery
            .events
            .iter()
            .flat_map(SubjectName::all_of)
            .collect();
        let store = &self.inner.store;
        store
            .hold_payables(tx, delivery.connection_pk, &names, checkouts)
            .await
    }
}

/// What the same delivery says was paid in all on the checkout of this event.
fn total_of(delivery: &DeliveryRow, event: &Event, row: &CheckoutRow) -> Option<i64> {
    let names = SubjectName::all(&event.subject);
    delivery.events.iter().find_map(|other| match &other.kind {
        EventKind::Snapshot(snapshot)
            if snapshot.amount_paid.currency() == row.amount.currency()
                && SubjectName::all(&other.subject)
                    .iter()
                    .any(|name| names.contains(name)) =>
        {
            Some(snapshot.amount_paid.minor_units())
        }
        _ => None,
    })
}

/// Whether a payment may not be booked from an event alone: it may be one that is booked under
/// another id, or the gateway itself does not state as much money.
fn needs_fetch(
    row: &CheckoutRow,
    payments: &[PaymentRow],
    payment: &Payment,
    total: Option<i64>,
) -> bool {
    if payment.status != PaymentStatus::Succeeded {
        return false;
    }
    let mut booked = payments.iter().filter(|known| known.is_booked());
    if booked.clone().any(|known| known.payment.id == payment.id) {
        return false;
    }
    let same_order = |known: &PaymentRow| {
        known.order_id().is_some() && known.order_id() == payment.order_id.as_ref()
    };
    let maybe_booked = booked.any(|known| known.may_be(payment) || same_order(known));
    let most = total.unwrap_or_else(|| row.amount.minor_units().max(row.gateway_paid));
    let with_it = booked_on(row, payments).saturating_add(payment.amount.minor_units());
    let other_currency = payment.amount.currency() != row.amount.currency();
    maybe_booked || with_it > most || other_currency
}

/// Whether a statement speaks of money that is not booked.
fn is_news(row: &CheckoutRow, payments: &[PaymentRow], stated: &CheckoutSnapshot) -> bool {
    let booked = booked_on(row, payments);
    let other_currency = stated.amount_paid.currency() != row.amount.currency();
    let paid = stated.status == CheckoutStatus::Paid && booked < row.amount.minor_units();
    other_currency || paid || stated.amount_paid.minor_units() > booked
}

/// Whether what was fetched is older than what was told.
fn is_behind(known: &Fetched, stated: &CheckoutSnapshot) -> bool {
    let (fetched, told) = (known.checkout.amount_paid, stated.amount_paid);
    let less = fetched.currency() == told.currency() && fetched.minor_units() < told.minor_units();
    let unpaid = stated.status == CheckoutStatus::Paid && known.checkout.status.is_payable();
    less || unpaid
}
