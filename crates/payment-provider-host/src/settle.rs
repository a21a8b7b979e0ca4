//! The gateway's own word on one checkout: fetched outside a transaction, applied inside one.

use payment_provider_core::{Checkout, ErrorKind, Money, Payment, PaymentStatus, ProviderError};

use crate::checkouts::locator;
use crate::connections::ConnectionError;
use crate::ledger::{LedgerError, booked_on};
use crate::store::{CheckoutRow, HistoryKind, PaymentRow, StoreError, Transaction};
use crate::{CheckoutError, Host, Refusal};

/// A checkout and all its payments, as fetched.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) checkout: Checkout,
    pub(crate) payments: Vec<Payment>,
}

impl Fetched {
    /// The payments that brought money.
    pub(crate) fn succeeded(&self) -> impl Iterator<Item = &Payment> + Clone {
        let money = |payment: &&Payment| payment.status == PaymentStatus::Succeeded;
        self.payments.iter().filter(money)
    }

    /// Whether the gateway states more money than the payments it lists add up to: some of what it
    /// knows is not to be seen yet.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.listed() < self.checkout.amount_paid.minor_units()
    }

    /// What the listed payments add up to in the currency of the total, in smallest units.
    fn listed(&self) -> i64 {
        let currency = self.checkout.amount_paid.currency();
        self.succeeded()
            .filter(|payment| payment.amount.currency() == currency)
            .fold(0, |sum: i64, payment| {
                sum.saturating_add(payment.amount.minor_units())
            })
    }
}

/// Whether what was fetched could be taken in completely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decided {
    All,
    /// A listed payment is left for a later list.
    NotAll,
}

/// Why the gateway's word could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The gateway says of itself that it cannot be asked; this is what its provider answers.
    #[error(transparent)]
    Unaskable(ProviderError),
}

impl FetchError {
    /// Whether there is nothing to wait for: the gateway tells by deliveries alone.
    pub(crate) fn is_unaskable(&self) -> bool {
        matches!(self, Self::Unaskable(_))
    }
}

impl Host {
    pub(crate) async fn fetch(&self, row: &CheckoutRow) -> Result<Fetched, FetchError> {
        let provider = self.open_by_pk(row.connection_pk).await?;
        let locator = locator(row);
        // The total first: a payment that lands in between is then listed but not yet in the total,
        // which is harmless; the other way round it would look lost.
        let askable = provider.descriptor().capabilities.status_inquiry;
        let failed = |error: ProviderError| {
            if error.kind() == ErrorKind::Unsupported && !askable {
                FetchError::Unaskable(error)
            } else {
                FetchError::Provider(error)
            }
        };
        crash_point!("fetch.1-asked");
        let checkout = provider.fetch_checkout(&locator).await.map_err(failed)?;
        crash_point!("fetch.2-total-told");
        let payments = provider.list_payments(&locator).await.map_err(failed)?;
        crash_point!("fetch.3-payments-told");
        Ok(Fetched { checkout, payments })
    }

    /// Fetches one checkout and books what is not booked yet.
    pub(crate) async fn settle_checkout(&self, pk: i64) -> Result<(), CheckoutError> {
        let store = &self.inner.store;
        let mut tx = store.begin_read().await?;
        let row = tx.checkout_by_pk(pk).await?;
        drop(tx);
        let fetched = self.fetch(&row).await.map_err(|error| match error {
            error if error.is_unaskable() => CheckoutError::Refused(Refusal::MoneyUnexplained),
            FetchError::Connection(error) => CheckoutError::Connection(error),
            FetchError::Provider(error) | FetchError::Unaskable(error) => {
                CheckoutError::Provider(error)
            }
        })?;
        Ok(self.book_fetched(pk, &fetched).await?)
    }

    /// Books of what was fetched what is not booked yet.
    pub(crate) async fn book_fetched(&self, pk: i64, fetched: &Fetched) -> Result<(), LedgerError> {
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        self.apply_fetched(&mut tx, pk, fetched, false).await?;
        crash_point!("settle.1-before-commit");
        tx.commit().await?;
        crash_point!("settle.2-committed");
        Ok(())
    }

    /// Makes the rows agree with what was fetched. Money once booked stays booked. Tells whether all
    /// of it is decided: a listed payment may be one that is booked under an id the list does not
    /// show, and unless their order says so that is believed only by those who were `patient`.
    pub(crate) async fn apply_fetched(
        &self,
        tx: &mut Transaction,
        pk: i64,
        fetched: &Fetched,
        patient: bool,
    ) -> Result<Decided, LedgerError> {
        let row = tx.checkout_by_pk(pk).await?;
        let found = &fetched.checkout;
        let detail = format!(
            "the gateway was asked about {}: {} paid; attempts to pay listed: {}, successful: {}",
            row.reference,
            found.amount_paid,
            fetched.payments.len(),
            fetched.succeeded().count()
        );
        self.note(tx, row.payable_pk, HistoryKind::PaymentsFetched, detail)
            .await?;
        self.learn_true_ids(tx, &row, fetched, patient).await?;
        for payment in fetched.succeeded() {
            let is_money = payment.amount.is_positive();
            if is_money && !self.is_doubtful(tx, &row, fetched, payment).await? {
                self.split_from_other(tx, &row, fetched, payment).await?;
            }
        }
        let mut decided = Decided::All;
        for payment in &fetched.payments {
            if payment.status != PaymentStatus::Succeeded {
                self.record_payment(tx, &row, payment).await?;
            } else if self.is_doubtful(tx, &row, fetched, payment).await? {
                decided = Decided::NotAll;
            } else if payment.amount.is_positive() {
                self.record_payment(tx, &row, payment).await?;
            }
        }
        // What was booked may have shrunk what is written off.
        let mut row = tx.checkout_by_pk(pk).await?;
        self.record_statement(tx, &mut row, found).await?;
        let booked = booked_on(&row, &tx.payments_of_checkout(pk).await?);
        if booked != found.amount_paid.minor_units()
            || found.amount_paid.currency() != row.amount.currency()
        {
            let booked = Money::from_minor_units(booked, row.amount.currency());
            let detail = format!(
                "the gateway states {} paid on {}, but its payments that could be booked come to \
                 {booked}",
                found.amount_paid, row.reference
            );
            self.note(tx, row.payable_pk, HistoryKind::Mismatch, detail)
                .await?;
        }
        Ok(decided)
    }

    /// Whether booking a listed payment could count one payment twice: something booked is not
    /// listed and may be this one under another id, and all that is booked or listed comes to more
    /// than the gateway states.
    async fn is_doubtful(
        &self,
        tx: &mut Transaction,
        row: &CheckoutRow,
        fetched: &Fetched,
        payment: &Payment,
    ) -> Result<bool, StoreError> {
        let rows = tx.payments_of_checkout(row.pk).await?;
        let booked = |known: &&PaymentRow| known.is_booked();
        if rows
            .iter()
            .filter(booked)
            .any(|known| known.payment.id == payment.id)
        {
            return Ok(false);
        }
        if self.counts_elsewhere(tx, row, payment).await? {
            return Ok(false);
        }
        let unlisted: Vec<_> = rows
            .into_iter()
            .filter(|known| known.is_booked() && !lists(fetched, known))
            .collect();
        let all = booked_on(row, &unlisted).saturating_add(fetched.listed());
        let too_much = all > fetched.checkout.amount_paid.minor_units();
        Ok(too_much && unlisted.iter().any(|known| known.could_be_same(payment)))
    }

    /// Whether a payment is known as one on another checkout than this. There it stays, and with it
    /// the refunds that name it.
    async fn counts_elsewhere(
        &self,
        tx: &mut Transaction,
        checkout: &CheckoutRow,
        payment: &Payment,
    ) -> Result<bool, StoreError> {
        let key = payment.dedup_key();
        let counted = tx
            .payment_of_dedup_key(checkout.connection_pk, &key)
            .await?;
        let Some(pk) = counted else { return Ok(false) };
        let rows = tx.payments_of_checkout(checkout.pk).await?;
        Ok(rows.iter().all(|row| row.pk != pk))
    }

    /// An event may name a payment by another id than the gateway's list does. Where a booked
    /// payment is not listed, and an unbooked one that may be the same is, it takes the listed id,
    /// and news under either id counts as known.
    async fn learn_true_ids(
        &self,
        tx: &mut Transaction,
        row: &CheckoutRow,
        fetched: &Fetched,
        patient: bool,
    ) -> Result<(), StoreError> {
        let rows = tx.payments_of_checkout(row.pk).await?;
        let booked = |payment: &Payment| {
            rows.iter()
                .any(|known| known.is_booked() && known.payment.id == payment.id)
        };
        let mut unbooked: Vec<_> = fetched
            .succeeded()
            .filter(|payment| !booked(payment))
            .collect();
        for known in rows
            .iter()
            .filter(|known| known.is_booked() && !lists(fetched, known))
        {
            let Some(position) = unbooked.iter().position(|payment| {
                known.is_same_payment(payment) || (patient && known.could_be_same(payment))
            }) else {
                continue;
            };
            let truth = unbooked.swap_remove(position);
            // An attempt under the listed id may be known already, as pending or failed.
            let attempt = tx.payment_by_id(row.connection_pk, &truth.id).await?;
            // Booked on another checkout: that is what it is.
            if attempt.as_ref().is_some_and(PaymentRow::is_booked)
                || self.counts_elsewhere(tx, row, truth).await?
            {
                continue;
            }
            self.rename(tx, known, attempt.as_ref(), truth).await?;
            let detail = format!(
                "payment {} is booked already, and listed by the gateway as {}: one payment under \
                 two ids, counted once",
                known.payment.id, truth.id
            );
            self.note(tx, row.payable_pk, HistoryKind::PaymentsFetched, detail)
                .await?;
        }
        Ok(())
    }

    /// Gives a booked payment another id, and the effects of both: of an attempt that is known under
    /// that id as well only the row is left.
    pub(crate) async fn rename(
        &self,
        tx: &mut Transaction,
        known: &PaymentRow,
        attempt: Option<&PaymentRow>,
        payment: &Payment,
    ) -> Result<(), StoreError> {
        let told_as = known.notified_payment_id.clone();
        let renamed = PaymentRow {
            pk: attempt.map_or(0, |attempt| attempt.pk),
            payment: payment.clone(),
            notified_payment_id: told_as.or_else(|| Some(known.payment.id.clone())),
            ..known.clone()
        };
        let pk = tx.put_payment(&renamed).await?;
        tx.merge_payments(known.pk, pk).await?;
        crash_point!("true-id.1-merged");
        let key = renamed.dedup_key();
        tx.put_dedup_key(known.connection_pk, &key, pk, self.now_millis())
            .await?;
        self.requeue(tx, known.connection_pk, &renamed.names())
            .await?;
        crash_point!("true-id.2-saved");
        Ok(())
    }

    /// Takes back that a payment is another one under a second id, once both are listed: forgets the
    /// effect of the one that the host has not been told of, so that it is booked for itself.
    async fn split_from_other(
        &self,
        tx: &mut Transaction,
        row: &CheckoutRow,
        fetched: &Fetched,
        payment: &Payment,
    ) -> Result<(), StoreError> {
        let key = payment.dedup_key();
        let Some(pk) = tx.payment_of_dedup_key(row.connection_pk, &key).await? else {
            return Ok(());
        };
        let rows = tx.payments_of_checkout(row.pk).await?;
        let other = rows
            .iter()
            .find(|known| known.pk == pk && known.payment.id != payment.id);
        if let Some(other) = other.filter(|other| lists(fetched, other)) {
            if other.notified_payment_id.as_ref() == Some(&payment.id) {
                let untold = other.dedup_key();
                tx.delete_dedup_key(row.connection_pk, &untold).await?;
                let told = PaymentRow {
                    payment: payment.clone(),
                    notified_payment_id: None,
                    ..other.clone()
                };
                tx.put_payment(&told).await?;
                self.requeue(tx, row.connection_pk, &told.names()).await?;
            } else {
                tx.delete_dedup_key(row.connection_pk, &key).await?;
            }
            let detail = format!(
                "payment {} was taken for {}, but the gateway lists both: it counts for itself",
                payment.id, other.payment.id
            );
            self.note(tx, row.payable_pk, HistoryKind::PaymentsFetched, detail)
                .await?;
        }
        Ok(())
    }
}

fn lists(fetched: &Fetched, known: &PaymentRow) -> bool {
    fetched
        .payments
        .iter()
        .any(|payment| payment.id == known.payment.id)
}
