//! The gateway's own word on one checkout: fetched outside a transaction, applied inside one.

use payment_provider_core::{Checkout, Money, Payment, PaymentId, PaymentStatus, ProviderError};

use crate::checkouts::locator;
use crate::connections::ConnectionError;
use crate::handler::Cause;
use crate::ledger::{LedgerError, booked_on};
use crate::store::{CheckoutRow, HistoryKind, PaymentRow, Store, StoreError, SubjectName};
use crate::{CheckoutError, Host};

/// A checkout and all its payments, as fetched.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) checkout: Checkout,
    pub(crate) payments: Vec<Payment>,
}

impl Fetched {
    /// Whether the gateway states more money than the payments it lists add up to: some of what it
    /// knows is not to be seen yet.
    pub(crate) fn is_incomplete(&self) -> bool {
        let listed = self
            .payments
            .iter()
            .filter(|payment| payment.status == PaymentStatus::Succeeded)
            .fold(0, |sum: i64, payment| {
                sum.saturating_add(payment.amount.minor_units())
            });
        listed < self.checkout.amount_paid.minor_units()
    }
}

/// Why the gateway's word could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl<S: Store> Host<S> {
    pub(crate) async fn fetch(&self, row: &CheckoutRow) -> Result<Fetched, FetchError> {
        let provider = self.open_by_pk(row.connection_pk).await?;
        let locator = locator(row);
        // The total first: a payment that lands in between is then listed but not yet in the total,
        // which is harmless; the other way round it would look lost.
        let checkout = provider.fetch_checkout(&locator).await?;
        let payments = provider.list_payments(&locator).await?;
        Ok(Fetched { checkout, payments })
    }

    /// Fetches one checkout and books what is not booked yet.
    pub(crate) async fn settle_checkout(&self, pk: i64) -> Result<(), CheckoutError> {
        let store = &self.inner.store;
        let mut tx = store.begin_read().await?;
        let row = store.checkout_by_pk(&mut tx, pk).await?;
        drop(tx);
        let fetched = self.fetch(&row).await.map_err(|error| match error {
            FetchError::Connection(error) => CheckoutError::Connection(error),
            FetchError::Provider(error) => CheckoutError::Provider(error),
        })?;
        let mut tx = store.begin().await?;
        self.apply_fetched(&mut tx, pk, &fetched).await?;
        store.commit(tx).await?;
        Ok(())
    }

    /// Makes the rows agree with what was fetched. Money once booked stays booked.
    pub(crate) async fn apply_fetched(
        &self,
        tx: &mut S::Tx,
        pk: i64,
        fetched: &Fetched,
    ) -> Result<(), LedgerError> {
        let store = &self.inner.store;
        let mut row = store.checkout_by_pk(tx, pk).await?;
        let detail = format!(
            "{}: {} paid, {} payments listed",
            row.reference,
            fetched.checkout.amount_paid,
            fetched.payments.len()
        );
        self.note(tx, row.payable_pk, HistoryKind::PaymentsFetched, detail)
            .await?;
        self.learn_true_ids(tx, &row, &fetched.payments).await?;
        for payment in &fetched.payments {
            if payment.status != PaymentStatus::Succeeded || payment.amount.is_positive() {
                self.record_payment(tx, &row, payment).await?;
            }
        }
        let found = &fetched.checkout;
        if row.gateway_id.is_none() {
            row.gateway_id = found.gateway_id.as_ref().map(ToString::to_string);
        }
        self.record_statement(tx, &mut row, &found.status, found.amount, found.amount_paid)
            .await?;
        let booked = booked_on(&store.payments_of_checkout(tx, pk).await?);
        if booked != found.amount_paid.minor_units() {
            let booked = Money::from_minor_units(booked, row.amount.currency());
            let detail = format!(
                "the gateway states {} paid on {}, booked are {booked}",
                found.amount_paid, row.reference
            );
            self.note(tx, row.payable_pk, HistoryKind::Mismatch, detail)
                .await?;
        }
        let mut names = vec![SubjectName::Reference(row.reference.to_string())];
        names.extend(row.gateway_id.clone().map(SubjectName::GatewayId));
        let orders = fetched
            .payments
            .iter()
            .filter_map(|payment| payment.order_id.as_ref());
        names.extend(orders.map(|order| SubjectName::Order(order.to_string())));
        let now = self.now_millis();
        if store
            .requeue_unmatched(tx, row.connection_pk, &names, now)
            .await?
            > 0
        {
            self.inner.arrival.notify_one();
        }
        Ok(())
    }

    /// An event may name a payment by another id than the gateway's list does. Where a booked
    /// payment is not listed, and an unbooked one of the same order and amount is, they are the same
    /// payment: it takes the listed id, and news under either id counts as known.
    async fn learn_true_ids(
        &self,
        tx: &mut S::Tx,
        row: &CheckoutRow,
        listed: &[Payment],
    ) -> Result<(), StoreError> {
        let store = &self.inner.store;
        let rows = store.payments_of_checkout(tx, row.pk).await?;
        let booked = |id: &PaymentId| {
            rows.iter()
                .any(|known| known.is_booked() && known.payment.id == *id)
        };
        let mut unbooked: Vec<&Payment> = listed
            .iter()
            .filter(|payment| payment.status == PaymentStatus::Succeeded && !booked(&payment.id))
            .collect();
        for known in rows.iter().filter(|known| known.is_booked()) {
            if listed.iter().any(|payment| payment.id == known.payment.id) {
                continue;
            }
            let same = |payment: &&Payment| {
                known.order_id().is_some()
                    && payment.order_id.as_ref() == known.order_id()
                    && payment.amount == known.payment.amount
            };
            let Some(position) = unbooked.iter().position(same) else {
                continue;
            };
            let truth = unbooked.swap_remove(position);
            // An attempt under the listed id may be known already, as pending or failed.
            let attempt = rows.iter().find(|row| row.payment.id == truth.id);
            let pk = attempt.map_or(0, |row| row.pk);
            let listed = PaymentRow {
                pk,
                payment: truth.clone(),
                ..known.clone()
            };
            let pk = store.put_payment(tx, &listed).await?;
            store.merge_payments(tx, known.pk, pk).await?;
            let key = listed.effect_key();
            if store
                .effect_payment(tx, row.connection_pk, &key)
                .await?
                .is_none()
            {
                store
                    .put_effect(tx, row.connection_pk, &key, pk, self.now_millis())
                    .await?;
            }
            let detail = format!("payment {} is listed as {}", known.payment.id, truth.id);
            self.note(tx, row.payable_pk, HistoryKind::PaymentsFetched, detail)
                .await?;
        }
        Ok(())
    }

    /// Records what the gateway states of a checkout: its status and totals. Books nothing.
    pub(crate) async fn record_statement(
        &self,
        tx: &mut S::Tx,
        row: &mut CheckoutRow,
        status: &payment_provider_core::CheckoutStatus,
        amount: Money,
        amount_paid: Money,
    ) -> Result<(), LedgerError> {
        let before = (row.state, row.gateway_paid);
        row.state = row.state.after(status);
        row.gateway_paid = row.gateway_paid.max(amount_paid.minor_units());
        self.inner.store.put_checkout(tx, row).await?;
        if before == (row.state, row.gateway_paid) {
            return Ok(());
        }
        let short = row.state == crate::CheckoutState::Paid && amount_paid != row.amount;
        if amount != row.amount || short {
            let detail = format!(
                "{}: asked {}, the gateway says {status} with {amount_paid} of {amount}",
                row.reference, row.amount
            );
            self.note(tx, row.payable_pk, HistoryKind::Mismatch, detail)
                .await?;
        }
        if before.0 != row.state {
            let detail = format!("{}: {}", row.reference, row.state.as_str());
            self.note(tx, row.payable_pk, HistoryKind::CheckoutChanged, detail)
                .await?;
            self.tell(tx, row.payable_pk, Cause::Checkout { state: row.state })
                .await?;
        }
        Ok(())
    }
}
