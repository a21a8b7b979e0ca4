//! Money that the gateway knows of and that is neither booked nor written off.

use super::CheckoutError;
use super::payment_url::SETTLING;
use super::planner::Earlier;
use crate::Host;
use crate::ledger::booked_on;
use crate::store::{CheckoutRow, PaymentRow};

impl Host {
    /// A checkout as it is by now, unless the gateway knows of money on it that is neither booked nor
    /// written off.
    pub(super) async fn unless_owing(&self, pk: i64) -> Result<Option<CheckoutRow>, CheckoutError> {
        let store = &self.inner.store;
        let mut tx = store.begin_read().await?;
        let row = tx.checkout_by_pk(pk).await?;
        let payments = tx.payments_of_checkout(pk).await?;
        let owes = summary(&row, &payments).owes_news();
        Ok((!owes).then_some(row))
    }

    /// Fetches and books what the gateway is known to have taken on a checkout. Asks nothing where all
    /// of it is booked; an error if some of it still is not.
    pub(crate) async fn book_known_money(&self, pk: i64) -> Result<(), CheckoutError> {
        if self.unless_owing(pk).await?.is_some() {
            return Ok(());
        }
        self.settle_checkout(pk).await?;
        match self.unless_owing(pk).await? {
            Some(_) => Ok(()),
            // It is stated and not listed; the list may lag behind.
            None => Err(CheckoutError::Busy {
                retry_after: SETTLING,
            }),
        }
    }
}

/// What a plan depends on of a checkout and what is booked on it.
pub(crate) fn summary<'a>(row: &'a CheckoutRow, payments: &[PaymentRow]) -> Earlier<'a> {
    Earlier {
        pk: row.pk,
        connection_pk: row.connection_pk,
        environment: row.environment,
        amount: row.amount,
        customer: &row.customer,
        partial: row.partial,
        expires_at: row.expires_at,
        state: row.state,
        has_url: row.url.is_some(),
        gateway_paid: row.gateway_paid,
        booked: booked_on(row, payments),
        written_off: row.written_off,
        has_payment: payments.iter().any(PaymentRow::is_booked),
        conflicting: row.conflicting,
    }
}
