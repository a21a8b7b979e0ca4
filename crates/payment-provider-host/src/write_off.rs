//! Money that a gateway stated and never lists: declared by an operator not to have come in, so that
//! nothing waits for it any more.

use payment_provider_core::{CheckoutReference, Money, MoneyError, OrganizationId, ProviderError};

use crate::by_hand::{LONGEST_NOTE, NotNamed, says_who_and_why};
use crate::checkouts::{CheckoutState, summary};
use crate::connections::ConnectionError;
use crate::handler::HandlerError;
use crate::ledger::{LedgerError, booked_on};
use crate::settle::{FetchError, Fetched};
use crate::store::{CheckoutRow, HistoryKind, PaymentRow, StoreError, Transaction};
use crate::{Host, PayableId};

/// What the gateway states on a checkout beyond what is booked, to be written off.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WriteOff {
    /// The checkout.
    pub checkout: CheckoutReference,
    /// Who writes it off.
    pub by: String,
    /// Why, and how they know that it did not come in.
    pub note: String,
}

impl WriteOff {
    /// All of it is needed.
    pub fn new(
        checkout: CheckoutReference,
        by: impl Into<String>,
        note: impl Into<String>,
    ) -> Self {
        Self {
            checkout,
            by: by.into(),
            note: note.into(),
        }
    }
}

/// How a checkout stands on which nothing is waited for any more. All amounts are in its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WrittenOff {
    /// Whether this call wrote something off. If not, an earlier one had written off all there was.
    pub is_new: bool,
    /// The most the gateway ever stated as paid on it. Where it said that the checkout is paid and
    /// gave no amount in its currency: what was asked for.
    pub stated: Money,
    /// What is booked on it.
    pub booked: Money,
    /// All that is written off on it.
    pub written_off: Money,
}

/// Why nothing was written off. What the gateway lists may have been booked all the same.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteOffError {
    /// Who, or why, is not said.
    #[error("who and why must be 1 to {LONGEST_NOTE} characters each, without control characters")]
    Words,
    /// The organization has no such payable.
    #[error("no such payable")]
    UnknownPayable,
    /// The payable has no such checkout.
    #[error("the payable has no checkout of this reference")]
    UnknownCheckout,
    /// The gateway states no more than is booked, be it by now.
    #[error("all that the gateway states on this checkout is booked")]
    NothingUnbooked,
    /// The connection cannot be used.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// The gateway could not be asked what it lists.
    #[error(transparent)]
    Provider(ProviderError),
    /// The host's handler refused a payment that the gateway lists.
    #[error("the host's payment handler failed")]
    Handler(#[source] HandlerError),
    /// Amounts do not add up within the range of the type.
    #[error(transparent)]
    Amount(#[from] MoneyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NotNamed> for WriteOffError {
    fn from(error: NotNamed) -> Self {
        match error {
            NotNamed::Payable => Self::UnknownPayable,
            NotNamed::Checkout => Self::UnknownCheckout,
            NotNamed::Store(error) => Self::Store(error),
        }
    }
}

impl From<LedgerError> for WriteOffError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Store(error) => Self::Store(error),
            LedgerError::Handler(error) => Self::Handler(error),
            LedgerError::Amount(error) => Self::Amount(error),
        }
    }
}

impl Host {
    /// Declares that no more came in on a checkout than is booked, whatever the gateway stated: a
    /// payment was reversed before anybody looked, or is listed on another checkout, or a total was
    /// corrected. Until then nobody is asked to pay again
    /// ([`CheckoutError::Busy`](crate::CheckoutError::Busy),
    /// [`Refusal::MoneyUnexplained`](crate::Refusal::MoneyUnexplained)), deliveries that state the total
    /// end parked, and the connection cannot be deleted.
    ///
    /// **Contract.** What the gateway lists is fetched and booked first; of one that can be asked
    /// nothing, what is booked counts. Then the rest of what it stated is written off, in smallest units
    /// of the checkout's currency, and the history says how much, by whom and why. No money is booked,
    /// received, or given back by it, and the host's handler is not told. A payment that is told or listed
    /// afterwards is booked as ever, and no more stays written off than is still unexplained; a statement
    /// of still more is waited for as ever. Parked deliveries take effect once they are tried again
    /// ([`retry_parked`](Self::retry_parked)).
    ///
    /// **Errors.** With every one of them nothing is written off.
    ///
    /// **Cancellation.** A call that is dropped has written off all of it or nothing; what was fetched
    /// may be booked.
    ///
    /// **Idempotency.** Once all is written off, another call asks the gateway nothing, changes nothing
    /// and answers the same, with [`is_new`](WrittenOff::is_new) false.
    pub async fn write_off(
        &self,
        organization: &OrganizationId,
        payable: &PayableId,
        off: &WriteOff,
    ) -> Result<WrittenOff, WriteOffError> {
        if !says_who_and_why(&off.by, &off.note) {
            return Err(WriteOffError::Words);
        }
        let store = &self.inner.store;
        let mut tx = store.begin_read().await?;
        let row = self
            .checkout_named(&mut tx, organization, payable, &off.checkout)
            .await?;
        let payments = tx.payments_of_checkout(row.pk).await?;
        drop(tx);
        if !summary(&row, &payments).owes_news() {
            return known(&row, &payments);
        }
        match self.fetch(&row).await {
            Ok(fetched) => self.book_fetched(row.pk, &fetched).await?,
            Err(error) if error.is_unaskable() => {}
            Err(FetchError::Connection(error)) => return Err(error.into()),
            Err(FetchError::Provider(error) | FetchError::Unaskable(error)) => {
                return Err(WriteOffError::Provider(error));
            }
        }

        let mut tx = store.begin().await?;
        let mut row = self
            .checkout_named(&mut tx, organization, payable, &off.checkout)
            .await?;
        let payments = tx.payments_of_checkout(row.pk).await?;
        if !summary(&row, &payments).owes_news() {
            return known(&row, &payments);
        }
        let of_now = standing(&row, &payments);
        row.written_off = of_now.stated.checked_sub(of_now.booked)?.minor_units();
        tx.put_checkout(&row).await?;
        let written_off = WrittenOff {
            is_new: true,
            ..standing(&row, &payments)
        };
        let WrittenOff { stated, booked, .. } = written_off;
        let detail = format!(
            "the gateway states {stated} on {}, of which {booked} is booked: the rest, {}, is written \
             off by {}: {}",
            row.reference,
            written_off.written_off,
            off.by.trim(),
            off.note.trim()
        );
        self.note(&mut tx, row.payable_pk, HistoryKind::WrittenOff, detail)
            .await?;
        crash_point!("write-off.1-before-commit");
        tx.commit().await?;
        crash_point!("write-off.2-committed");
        Ok(written_off)
    }

    /// Money came in on a checkout of which some was written off: no more stays so than is still
    /// unexplained.
    pub(crate) async fn shrink_written_off(
        &self,
        tx: &mut Transaction,
        pk: i64,
    ) -> Result<(), StoreError> {
        let mut row = tx.checkout_by_pk(pk).await?;
        let payments = tx.payments_of_checkout(pk).await?;
        let unexplained = row
            .gateway_paid
            .saturating_sub(booked_on(&row, &payments))
            .max(0);
        if row.written_off <= unexplained {
            return Ok(());
        }
        row.written_off = unexplained;
        tx.put_checkout(&row).await?;
        let detail = format!(
            "money came in on {} of what was written off: {} stays written off",
            row.reference,
            Money::from_minor_units(unexplained, row.amount.currency())
        );
        self.note(tx, row.payable_pk, HistoryKind::WrittenOff, detail)
            .await
    }

    /// Whether what the gateway states beyond what it lists was written off, so that its list lacks
    /// nothing. A listed payment may be booked on another checkout, so the two are not added up.
    pub(crate) async fn is_written_off(
        &self,
        row: &CheckoutRow,
        fetched: &Fetched,
    ) -> Result<bool, StoreError> {
        let store = &self.inner.store;
        let stated = fetched.checkout.amount_paid;
        if row.written_off == 0 || stated.currency() != row.amount.currency() {
            return Ok(false);
        }
        let mut tx = store.begin_read().await?;
        let row = tx.checkout_by_pk(row.pk).await?;
        let payments = tx.payments_of_checkout(row.pk).await?;
        let explained = booked_on(&row, &payments).saturating_add(row.written_off);
        Ok(stated.minor_units() <= explained)
    }
}

/// The answer where nothing is left to be written off.
fn known(row: &CheckoutRow, payments: &[PaymentRow]) -> Result<WrittenOff, WriteOffError> {
    if row.written_off == 0 {
        return Err(WriteOffError::NothingUnbooked);
    }
    Ok(standing(row, payments))
}

fn standing(row: &CheckoutRow, payments: &[PaymentRow]) -> WrittenOff {
    let money = |amount| Money::from_minor_units(amount, row.amount.currency());
    let booked = booked_on(row, payments);
    // The word alone stands for what was asked for.
    let word_alone = row.state == CheckoutState::Paid && row.gateway_paid == 0;
    let stated = if word_alone {
        row.amount.minor_units()
    } else {
        row.gateway_paid
    };
    WrittenOff {
        is_new: false,
        stated: money(stated),
        booked: money(booked),
        written_off: money(row.written_off),
    }
}
