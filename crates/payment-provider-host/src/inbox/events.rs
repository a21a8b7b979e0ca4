//! What one event of a delivery does: it is booked as told, held against the gateway's own word, or has
//! the gateway asked first.

use std::collections::HashMap;

use payment_provider_core::{
    CheckoutSnapshot, CheckoutStatus, Event, EventKind, Payment, PaymentStatus,
};

use super::aftermath;
use super::waiting::ApplyError;
use crate::Host;
use crate::ledger::booked_on;
use crate::settle::Fetched;
use crate::store::{CheckoutRow, DeliveryRow, HistoryKind, PaymentRow, TargetName, Transaction};

/// After so many looks in vain, some seconds, a list of the gateway's is taken to be up to date about
/// an order that it shows.
const SOME_LOOKS: i64 = 2;
/// After so many, a few minutes, it is taken to be up to date altogether. Tries at which the gateway
/// could not be asked do not count.
const MANY_LOOKS: i64 = 8;

pub(super) fn is_patient(delivery: &DeliveryRow) -> bool {
    delivery.list_polls >= MANY_LOOKS
}

/// What one event did.
pub(super) enum EventOutcome {
    Applied,
    /// Says nothing about a checkout, and never will.
    Ignored,
    /// Of nothing that is known here; what it waits for.
    Unmatched(Vec<TargetName>),
    Fetch(Box<CheckoutRow>),
}

/// What was fetched of the checkouts of these keys; `None` where the gateway cannot be asked, and its
/// deliveries are all there is to book by.
pub(super) type AllFetched = HashMap<i64, Option<Fetched>>;

impl Host {
    pub(super) async fn apply_event(
        &self,
        tx: &mut Transaction,
        delivery: &DeliveryRow,
        event: &Event,
        fetched: &AllFetched,
    ) -> Result<EventOutcome, ApplyError> {
        if aftermath::is_told_by(event) {
            return self.apply_aftermath(tx, delivery, event, fetched).await;
        }
        if event.target.is_none() {
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
            .match_subject(tx, delivery.connection_pk, &event.target)
            .await?;
        let Some(mut row) = matched.checkout else {
            return Ok(EventOutcome::Unmatched(matched.missing));
        };
        let payments = tx.payments_of_checkout(row.pk).await?;
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
            (EventKind::Snapshot(snapshot), Some(known)) if is_behind(known, &row, snapshot) => {
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
        tx: &mut Transaction,
        row: &CheckoutRow,
        delivery: &DeliveryRow,
        payment: &Payment,
        known: &Fetched,
    ) -> Result<(), ApplyError> {
        let key = payment.dedup_key();
        if tx
            .payment_of_dedup_key(row.connection_pk, &key)
            .await?
            .is_some()
        {
            // Only adds what the list left out.
            self.record_payment(tx, row, payment).await?;
            return Ok(());
        }
        let payments = tx.payments_of_checkout(row.pk).await?;
        let listed = |id: &_| known.payments.iter().any(|payment| payment.id == *id);
        let waited_for_list = delivery.list_polls >= SOME_LOOKS;
        let alias = payments.iter().find(|other| {
            let same = (waited_for_list && other.is_same_payment(payment))
                || (is_patient(delivery) && other.could_be_same(payment));
            other.is_booked() && listed(&other.payment.id) && same
        });
        match alias {
            Some(other) if !listed(&payment.id) => {
                let at = self.now_millis();
                tx.put_dedup_key(row.connection_pk, &key, other.pk, at)
                    .await?;
                let detail = format!(
                    "payment {} of {} is not listed by the gateway, payment {} of the same amount \
                     is: taken for one payment under two ids and counted once",
                    payment.id, payment.amount, other.payment.id
                );
                let kind = HistoryKind::PaymentsFetched;
                self.note(tx, row.payable_pk, kind, detail).await?;
                let name = TargetName::Payment(payment.id.clone());
                self.requeue(tx, row.connection_pk, &[name]).await?;
                Ok(())
            }
            _ => Err(ApplyError::Incomplete),
        }
    }
}

/// What the same delivery says was paid in all on the checkout of this event.
fn total_of(delivery: &DeliveryRow, event: &Event, row: &CheckoutRow) -> Option<i64> {
    let names = TargetName::all(&event.target);
    delivery.events.iter().find_map(|other| match &other.kind {
        EventKind::Snapshot(snapshot)
            if snapshot.amount_paid.currency() == row.amount.currency()
                && TargetName::all(&other.target)
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
    let maybe_booked = booked.any(|known| known.could_be_same(payment) || same_order(known));
    let most = total.unwrap_or_else(|| row.amount.minor_units().max(row.gateway_paid));
    let with_it = booked_on(row, payments).saturating_add(payment.amount.minor_units());
    let other_currency = payment.amount.currency() != row.amount.currency();
    maybe_booked || with_it > most || other_currency
}

/// Whether a statement speaks of money that is neither booked nor written off.
fn is_news(row: &CheckoutRow, payments: &[PaymentRow], stated: &CheckoutSnapshot) -> bool {
    let booked = booked_on(row, payments);
    let other_currency = stated.amount_paid.currency() != row.amount.currency();
    let explained = booked.saturating_add(row.written_off);
    let paid = stated.status == CheckoutStatus::Paid && explained < row.amount.minor_units();
    other_currency || paid || stated.amount_paid.minor_units() > explained
}

/// Whether what was fetched is older than what was told. What is written off was told once, and need
/// never be fetched.
fn is_behind(known: &Fetched, row: &CheckoutRow, stated: &CheckoutSnapshot) -> bool {
    let (fetched, told) = (known.checkout.amount_paid, stated.amount_paid);
    let most = fetched.minor_units().saturating_add(row.written_off);
    let less = fetched.currency() == told.currency() && most < told.minor_units();
    let unpaid = stated.status == CheckoutStatus::Paid && known.checkout.status.is_payable();
    less || (unpaid && row.written_off == 0)
}
