//! Booking inside a transaction: what the pure cash application decides becomes rows, once.

use payment_provider_core::{ConnectionCode, DedupKey, MoneyError, Payment, PaymentStatus};

use crate::Host;
use crate::cash::{Account, Booking, Incoming, progress};
use crate::handler::{Cause, HandlerError, PayableChange};
use crate::store::{
    CheckoutRow, HistoryKind, HistoryRow, PayableRow, PaymentRow, StoreError, Transaction,
};

/// Why a change could not be recorded. Nothing of its transaction was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the host's payment handler failed")]
    Handler(#[source] HandlerError),
    #[error(transparent)]
    Amount(#[from] MoneyError),
}

impl From<LedgerError> for crate::CheckoutError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Store(error) => Self::Store(error),
            LedgerError::Handler(error) => Self::Handler(error),
            LedgerError::Amount(error) => Self::Amount(error),
        }
    }
}

pub(crate) fn account_of(row: &PayableRow) -> Account {
    Account::restore(
        row.currency,
        row.applicable,
        row.received,
        row.refunded,
        row.closed,
    )
}

pub(crate) fn apply_account(row: &mut PayableRow, account: &Account) {
    row.applicable = account.creditable();
    row.received = account.received().minor_units();
    row.applied = account.credited().minor_units();
    row.overpaid = account.surplus().minor_units();
    row.refunded = account.refunded().minor_units();
    row.closed = account.closed();
}

/// What is booked on one checkout in its currency, in smallest units.
pub(crate) fn booked_on(checkout: &CheckoutRow, payments: &[PaymentRow]) -> i64 {
    let currency = checkout.amount.currency();
    payments
        .iter()
        .filter(|row| row.is_booked() && row.payment.amount.currency() == currency)
        .fold(0, |sum: i64, row| {
            sum.saturating_add(row.payment.amount.minor_units())
        })
}

/// The later a status comes in the life of an attempt, the higher: news may come in any order.
fn rank(status: &PaymentStatus) -> (u8, &str) {
    let rank = match status {
        PaymentStatus::Succeeded => 2,
        PaymentStatus::Failed | PaymentStatus::Dropped | PaymentStatus::Cancelled => 1,
        _ => 0,
    };
    (rank, status.as_str())
}

impl Host {
    pub(crate) async fn note(
        &self,
        tx: &mut Transaction,
        payable_pk: i64,
        kind: HistoryKind,
        detail: String,
    ) -> Result<(), StoreError> {
        let row = HistoryRow {
            payable_pk,
            at: self.now_millis(),
            kind,
            detail,
            delivery_pk: None,
        };
        tx.append_history(&row).await
    }

    /// Tells the host's handler what changed, with the totals after it.
    pub(crate) async fn tell(
        &self,
        tx: &mut Transaction,
        payable_pk: i64,
        connection: Option<&ConnectionCode>,
        cause: Cause<'_>,
    ) -> Result<(), LedgerError> {
        let row = tx.payable_by_pk(payable_pk).await?;
        let latest = tx.checkouts_of(payable_pk).await?.pop();
        let account = account_of(&row);
        let progress = progress(row.amount, &account, latest.map(|checkout| checkout.state));
        let change = PayableChange {
            connection,
            ..PayableChange::new(&row.organization, &row.payable, cause, &account, progress)
        };
        self.inner
            .handler
            .on_change(tx, &change)
            .await
            .map_err(LedgerError::Handler)
    }

    /// Lets one piece of news about a payment take effect, unless it did before.
    pub(crate) async fn record_payment(
        &self,
        tx: &mut Transaction,
        checkout: &CheckoutRow,
        payment: &Payment,
    ) -> Result<(), LedgerError> {
        let key = payment.dedup_key();
        // By connection: a gateway that tells of one payment on two checkouts has one payment.
        let known = tx
            .payment_by_id(checkout.connection_pk, &payment.id)
            .await?;
        if tx
            .payment_of_dedup_key(checkout.connection_pk, &key)
            .await?
            .is_some()
        {
            if let Some(row) = known {
                self.complete(tx, row, payment).await?;
            }
            return Ok(());
        }
        if known.as_ref().is_none_or(|known| !known.is_booked())
            && payment.status == PaymentStatus::Succeeded
            && self
                .explains_by_hand(tx, checkout, known.as_ref(), payment)
                .await?
        {
            return Ok(());
        }
        let mut row = known.unwrap_or_else(|| PaymentRow {
            pk: 0,
            checkout_pk: checkout.pk,
            connection_pk: checkout.connection_pk,
            payment: payment.clone(),
            allocation_outcome: None,
            applied: 0,
            overpaid: 0,
            notified_payment_id: None,
            seen_at: self.now_millis(),
        });
        // Once money was booked, no later news of the attempt takes it back or moves it.
        if !row.is_booked() {
            row.checkout_pk = checkout.pk;
            if rank(&payment.status) >= rank(&row.payment.status) {
                row.payment = payment.clone();
            }
        }
        if row.succeeded() && !row.is_booked() {
            self.book(tx, checkout, row, &key).await?;
        } else {
            let kind = HistoryKind::PaymentAttempted;
            let detail = attempt_detail(payment, row.is_booked());
            self.save(tx, &row, &key).await?;
            crash_point!("attempt.1-saved");
            self.note(tx, checkout.payable_pk, kind, detail).await?;
            let (payable, connection) = (checkout.payable_pk, Some(&checkout.connection));
            self.tell(tx, payable, connection, Cause::Attempted { payment })
                .await?;
            crash_point!("attempt.2-handler-done");
        }
        Ok(())
    }

    async fn book(
        &self,
        tx: &mut Transaction,
        checkout: &CheckoutRow,
        mut row: PaymentRow,
        key: &DedupKey,
    ) -> Result<(), LedgerError> {
        let mut payable = tx.payable_by_pk(checkout.payable_pk).await?;
        let mut account = account_of(&payable);
        let incoming = Incoming {
            amount: row.payment.amount,
            asked: checkout.amount,
            partial_allowed: checkout.partial,
        };
        let booking = account.book(incoming)?;
        row.allocation_outcome = Some(booking.verdict);
        row.applied = booking.credited.minor_units();
        row.overpaid = booking.surplus.minor_units();
        crash_point!("booking.1-decided");
        self.save(tx, &row, key).await?;
        crash_point!("booking.2-payment-saved");
        apply_account(&mut payable, &account);
        tx.put_payable(&payable).await?;
        crash_point!("booking.3-payable-saved");
        let detail = booking_detail(&row.payment, &booking);
        self.note(tx, payable.pk, HistoryKind::PaymentBooked, detail)
            .await?;
        if checkout.written_off > 0 {
            self.shrink_written_off(tx, checkout.pk).await?;
        }
        let cause = Cause::Booked {
            payment: &row.payment,
            booking,
        };
        self.tell(tx, payable.pk, Some(&checkout.connection), cause)
            .await?;
        crash_point!("booking.4-handler-done");
        Ok(())
    }

    /// Adds what an earlier telling of the same news left out: events differ in what they carry.
    async fn complete(
        &self,
        tx: &mut Transaction,
        mut row: PaymentRow,
        again: &Payment,
    ) -> Result<(), StoreError> {
        let known = &mut row.payment;
        if known.status != again.status || known.amount != again.amount {
            return Ok(());
        }
        let before = known.clone();
        known.order_id = known.order_id.take().or_else(|| again.order_id.clone());
        known.charged = known.charged.or(again.charged);
        known.method = known.method.take().or_else(|| again.method.clone());
        known.bank_reference = known
            .bank_reference
            .take()
            .or_else(|| again.bank_reference.clone());
        known.failure = known.failure.take().or_else(|| again.failure.clone());
        known.paid_at = known.paid_at.or(again.paid_at);
        if *known == before {
            return Ok(());
        }
        tx.put_payment(&row).await?;
        self.requeue(tx, row.connection_pk, &row.names()).await
    }

    pub(crate) async fn save(
        &self,
        tx: &mut Transaction,
        row: &PaymentRow,
        key: &DedupKey,
    ) -> Result<(), StoreError> {
        let pk = tx.put_payment(row).await?;
        tx.put_dedup_key(row.connection_pk, key, pk, self.now_millis())
            .await?;
        self.requeue(tx, row.connection_pk, &row.names()).await
    }
}

fn booking_detail(payment: &Payment, booking: &Booking) -> String {
    let Booking {
        verdict,
        credited,
        surplus,
    } = booking;
    let said = format!(
        "payment {} of {} is {verdict}: {}",
        payment.id,
        payment.amount,
        verdict.meaning()
    );
    if surplus.is_zero() {
        said
    } else {
        format!("{said}; credited {credited}, surplus {surplus}")
    }
}

fn attempt_detail(payment: &Payment, booked: bool) -> String {
    let failure = payment.failure.as_ref();
    let code = match failure.and_then(|failure| failure.code.as_ref()) {
        Some(code) => format!(" ({code})"),
        None => String::new(),
    };
    let concluded = match &payment.status {
        _ if booked => "it was booked before and stays booked",
        PaymentStatus::Failed | PaymentStatus::Dropped | PaymentStatus::Cancelled => {
            "no money came in; the payer can try again"
        }
        _ => "not decided yet, nothing is booked",
    };
    format!(
        "payment {} of {} is reported as {}{code}: {concluded}",
        payment.id,
        payment.amount,
        payment.status.as_str()
    )
}
