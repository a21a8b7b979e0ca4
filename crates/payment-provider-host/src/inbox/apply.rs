use std::collections::HashMap;

use payment_provider_core::{
    CheckoutSnapshot, Event, EventKind, OrderId, Payment, PaymentId, PaymentStatus, Subject,
};

use crate::Host;
use crate::ledger::{LedgerError, booked_on};
use crate::settle::{FetchError, Fetched};
use crate::store::{
    CheckoutRow, DeliveryEnd, DeliveryRow, DeliveryState, PaymentRow, Store, StoreError,
    SubjectName,
};

/// Why a delivery has to wait.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApplyError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("the gateway states more money than it lists payments for")]
    Incomplete,
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
            _ => None,
        }
    }
}

/// How one try went.
enum Tried {
    Done,
    /// Before anything is booked, the gateway has to be asked about this checkout.
    Fetch(Box<CheckoutRow>),
}

/// What one event did.
enum EventOutcome {
    Applied,
    /// Says nothing about a checkout of this connection, and never will.
    Ignored,
    Unmatched,
    Fetch(Box<CheckoutRow>),
}

type AllFetched = HashMap<i64, Fetched>;

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
                    let answer = self.fetch(&row).await?;
                    if answer.is_incomplete() {
                        // What is listed is booked all the same; the rest is asked for again.
                        let store = &self.inner.store;
                        let mut tx = store.begin().await?;
                        self.apply_fetched(&mut tx, row.pk, &answer).await?;
                        store.commit(tx).await?;
                        return Err(ApplyError::Incomplete);
                    }
                    fetched.insert(row.pk, answer);
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
        for (pk, answer) in fetched {
            self.apply_fetched(&mut tx, *pk, answer).await?;
        }
        let total = delivery.events.iter().find_map(|event| match &event.kind {
            EventKind::Snapshot(snapshot) => Some(snapshot.amount_paid.minor_units()),
            _ => None,
        });
        let mut applied = false;
        let mut unmatched = Vec::new();
        for event in &delivery.events {
            match self
                .apply_event(&mut tx, delivery, event, total, fetched)
                .await?
            {
                EventOutcome::Applied => applied = true,
                EventOutcome::Ignored => {}
                EventOutcome::Unmatched => unmatched.extend(SubjectName::all(&event.subject)),
                // Dropping the transaction takes back what the events before did.
                EventOutcome::Fetch(row) => return Ok(Tried::Fetch(row)),
            }
        }
        let state = match (applied, unmatched.is_empty()) {
            (true, _) => DeliveryState::Applied,
            (false, true) => DeliveryState::Ignored,
            (false, false) => DeliveryState::Unmatched,
        };
        let end = DeliveryEnd {
            state,
            unmatched: &unmatched,
            next_attempt: self.now_millis(),
        };
        if store
            .finish_delivery(&mut tx, delivery.pk, owner, end)
            .await?
        {
            store.commit(tx).await?;
        }
        // Otherwise the lease ran out and another worker has it: leave all of it to them.
        Ok(Tried::Done)
    }

    async fn apply_event(
        &self,
        tx: &mut S::Tx,
        delivery: &DeliveryRow,
        event: &Event,
        total: Option<i64>,
        fetched: &AllFetched,
    ) -> Result<EventOutcome, ApplyError> {
        if event.kind == EventKind::Ping {
            return Ok(EventOutcome::Ignored);
        }
        let found = self
            .match_subject(tx, delivery.connection_pk, &event.subject)
            .await?;
        let Some(mut row) = found else {
            let unreadable = matches!(event.kind, EventKind::Unrecognised { .. });
            return Ok(if unreadable {
                EventOutcome::Ignored
            } else {
                EventOutcome::Unmatched
            });
        };
        let known = fetched.get(&row.pk);
        let fetch = |row| Ok(EventOutcome::Fetch(Box::new(row)));
        match &event.kind {
            EventKind::Payment(payment) => match known {
                // The list is the truth about money; of other attempts it may know less.
                Some(_) if payment.status == PaymentStatus::Succeeded => {}
                Some(_) => {
                    self.record_payment(tx, &row, payment).await?;
                }
                None => {
                    let payments = self.inner.store.payments_of_checkout(tx, row.pk).await?;
                    if needs_fetch(&row, &payments, payment, total) {
                        return fetch(row);
                    }
                    self.record_payment(tx, &row, payment).await?;
                }
            },
            EventKind::Snapshot(CheckoutSnapshot {
                status,
                amount,
                amount_paid,
                ..
            }) => {
                let payments = self.inner.store.payments_of_checkout(tx, row.pk).await?;
                if known.is_none() && amount_paid.minor_units() > booked_on(&payments) {
                    return fetch(row);
                }
                self.record_statement(tx, &mut row, status, *amount, *amount_paid)
                    .await?;
            }
            _ if known.is_none() => return fetch(row),
            _ => {}
        }
        Ok(EventOutcome::Applied)
    }

    async fn match_subject(
        &self,
        tx: &mut S::Tx,
        connection_pk: i64,
        subject: &Subject,
    ) -> Result<Option<CheckoutRow>, StoreError> {
        for name in SubjectName::all(subject) {
            let found = self
                .inner
                .store
                .checkout_by_name(tx, connection_pk, &name)
                .await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// Whether a payment may not be booked from an event alone. `total` is what the same delivery says
/// was paid on the checkout in all.
fn needs_fetch(
    row: &CheckoutRow,
    payments: &[PaymentRow],
    payment: &Payment,
    total: Option<i64>,
) -> bool {
    if payment.status != PaymentStatus::Succeeded {
        return false;
    }
    let is_known = |id: &PaymentId| {
        payments
            .iter()
            .any(|row| row.is_booked() && row.payment.id == *id)
    };
    if is_known(&payment.id) {
        return false;
    }
    let taken = |order: &OrderId| {
        payments
            .iter()
            .any(|row| row.is_booked() && row.order_id() == Some(order))
    };
    let same_order_other_payment = payment.order_id.as_ref().is_some_and(taken);
    let most = total.unwrap_or_else(|| row.amount.minor_units().max(row.gateway_paid));
    let above_total = booked_on(payments).saturating_add(payment.amount.minor_units()) > most;
    let other_currency = payment.amount.currency() != row.amount.currency();
    same_order_other_payment || above_total || other_currency || !payment.amount.is_positive()
}
