//! What a customer could still pay through connections they do not pay through any more.

use futures_util::future::join_all;
use payment_provider_core::{CheckoutReference, ConnectionCode, CustomerId, OrganizationId};

use super::CheckoutError;
use crate::store::{OpenCheckoutRow, StoreError};
use crate::{Host, PayableId};

/// How many are ended at once.
const AT_ONCE: usize = 8;

/// What became of the checkouts that a customer could still have paid through other connections than
/// the one they are linked to.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Departure {
    /// No new payment can begin on these.
    pub ended: Vec<CheckoutReference>,
    /// On these a payer may still begin a payment. What comes in on them is booked like any other
    /// money; the next checkout of their payables waits for their end. Doing it again tries again.
    pub still_payable: Vec<LeftCheckout>,
    /// On these the gateway states money that could not be booked. Doing it again tries again as long
    /// as they are payable; afterwards whoever asks for the payable's address does.
    pub unbooked: Vec<LeftCheckout>,
}

/// A checkout that is left, and why.
#[derive(Debug)]
#[non_exhaustive]
pub struct LeftCheckout {
    /// What it asks to be paid.
    pub payable: PayableId,
    /// The connection it was asked for through.
    pub connection: ConnectionCode,
    /// Its reference.
    pub reference: CheckoutReference,
    /// Why it is left.
    pub error: CheckoutError,
}

impl Host {
    /// Ends what a customer left behind, by the link that is stored.
    pub(crate) async fn end_left_behind(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Departure, StoreError> {
        let store = &self.inner.store;
        let mut departure = Departure::default();
        let mut left = store
            .open_checkouts_elsewhere(organization, customer)
            .await?;
        while !left.is_empty() {
            let rest = left.split_off(left.len().min(AT_ONCE));
            let ended = left.iter().map(|row| self.end_and_book(row));
            for (row, (ended, booked)) in left.iter().zip(join_all(ended).await) {
                let because = |error| LeftCheckout {
                    payable: row.payable.clone(),
                    connection: row.checkout.connection.clone(),
                    reference: row.checkout.reference.clone(),
                    error,
                };
                match ended {
                    Ok(()) => departure.ended.push(row.checkout.reference.clone()),
                    Err(error) => departure.still_payable.push(because(error)),
                }
                departure.unbooked.extend(booked.err().map(because));
            }
            left = rest;
        }
        Ok(departure)
    }

    async fn end_and_book(
        &self,
        row: &OpenCheckoutRow,
    ) -> (Result<(), CheckoutError>, Result<(), CheckoutError>) {
        let ended = self.end_checkout(&row.checkout).await;
        crash_point!("left.1-ended");
        // Whether it could be ended or not, the answer may have told of money.
        let booked = self.book_known_money(row.checkout.pk).await;
        crash_point!("left.2-booked");
        (ended, booked)
    }
}
