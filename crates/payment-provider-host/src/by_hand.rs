//! Money that an operator books, since the gateway can be asked nothing and no delivery tells of it.

use payment_provider_core::{
    CheckoutReference, Money, MoneyError, OrganizationId, Payment, PaymentId, PaymentStatus,
};

use crate::cash::{Booking, Verdict};
use crate::connections::ConnectionError;
use crate::handler::HandlerError;
use crate::ledger::{LedgerError, booked_on};
use crate::store::{CheckoutRow, HistoryKind, PaymentRow, StoreError, Transaction};
use crate::{CheckoutError, Host, PayableId};

/// What the ids of payments begin with that only an operator tells of. No gateway's begin like this.
const BY_HAND: &str = "by-hand:";
const LONGEST_KEY: usize = 64;
pub(crate) const LONGEST_NOTE: usize = 500;

/// Money to be booked by hand.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HandBooking {
    /// The checkout that it was paid on.
    pub checkout: CheckoutReference,
    /// How much.
    pub amount: Money,
    /// What it is known by.
    pub name: HandName,
    /// Who books it.
    pub by: String,
    /// Why, and how they know of it.
    pub note: String,
}

/// What money that is booked by hand is known by: the same name is booked once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandName {
    /// The gateway's id of the payment, as its dashboard or statement shows it. A delivery that tells
    /// of it later is known.
    Payment(PaymentId),
    /// Where that id is not known, a key of the operator's: 1 to 64 of `A-Z a-z 0-9 . _ -`. Then no
    /// more is booked than the gateway stated beyond what is booked, and a delivery that tells later
    /// of a payment of this amount is taken for it.
    Key(String),
}

impl HandBooking {
    /// All of it is needed.
    pub fn new(
        checkout: CheckoutReference,
        amount: Money,
        name: HandName,
        by: impl Into<String>,
        note: impl Into<String>,
    ) -> Self {
        Self {
            checkout,
            amount,
            name,
            by: by.into(),
            note: note.into(),
        }
    }
}

/// What booking by hand did.
#[derive(Debug)]
#[non_exhaustive]
pub struct HandBooked {
    /// Whether it is booked by this call. If not, it was by an earlier one; also where that knew it by
    /// a key only, and by this one it is known by the gateway's id.
    pub is_new: bool,
    /// What it meant.
    pub booking: Booking,
    /// Checkouts on which nothing is due any more and a payer may still begin a payment, each with the
    /// reason. Booking again tries again to end them.
    pub still_payable: Vec<(CheckoutReference, CheckoutError)>,
}

/// Why money was not booked by hand. Nothing was recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandError {
    /// It is not more than nothing.
    #[error("the amount must be more than nothing")]
    NoMoney,
    /// The operator's key cannot be one.
    #[error("the key must be 1 to {LONGEST_KEY} of `A-Z a-z 0-9 . _ -`")]
    Key,
    /// Who, or why, is not said.
    #[error("who and why must be 1 to {LONGEST_NOTE} characters each, without control characters")]
    Words,
    /// The organization has no such payable.
    #[error("no such payable")]
    UnknownPayable,
    /// The payable has no such checkout.
    #[error("the payable has no checkout of this reference")]
    UnknownCheckout,
    /// What the gateway knows can be fetched from it. What it states and never lists can be written off
    /// ([`Host::write_off`]).
    #[error(
        "the gateway can be asked: asking for the payment address again, or closing, books what it knows; \
         what it states and never lists can be written off"
    )]
    Askable,
    /// Something else is booked under this name.
    #[error("another amount, or money on another checkout, is known by this name")]
    NameTaken,
    /// The gateway did not state that much.
    #[error(
        "the gateway states {stated} on this checkout, of which {booked} is booked: name the payment by the gateway's id to book more"
    )]
    NotStated {
        /// What it states.
        stated: Money,
        /// What of it is booked.
        booked: Money,
    },
    /// The connection cannot be used.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// The host's handler refused the change.
    #[error("the host's payment handler failed")]
    Handler(#[source] HandlerError),
    /// Amounts do not add up within the range of the type.
    #[error(transparent)]
    Amount(#[from] MoneyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NotNamed> for HandError {
    fn from(error: NotNamed) -> Self {
        match error {
            NotNamed::Payable => Self::UnknownPayable,
            NotNamed::Checkout => Self::UnknownCheckout,
            NotNamed::Store(error) => Self::Store(error),
        }
    }
}

impl From<LedgerError> for HandError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Store(error) => Self::Store(error),
            LedgerError::Handler(error) => Self::Handler(error),
            LedgerError::Amount(error) => Self::Amount(error),
        }
    }
}

/// Why there is no checkout that is named so.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotNamed {
    #[error("no such payable")]
    Payable,
    #[error("the payable has no checkout of this reference")]
    Checkout,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Host {
    /// Books money that came in on a checkout of a gateway that can be asked nothing, and that no
    /// delivery told of; without it nobody could be asked for what is left
    /// ([`Refusal::MoneyUnexplained`](crate::Refusal::MoneyUnexplained)). It means for the payable what
    /// a delivery's telling would, and the history says who booked it and why. Once it is recorded,
    /// what could still be paid for nothing is ended.
    ///
    /// **Idempotency.** By its name, within the connection.
    pub async fn book_by_hand(
        &self,
        organization: &OrganizationId,
        payable: &PayableId,
        hand: &HandBooking,
    ) -> Result<HandBooked, HandError> {
        let id = hand.payment_id()?;
        let store = &self.inner.store;
        let mut tx = store.begin_read().await?;
        let asked = self
            .checkout_named(&mut tx, organization, payable, &hand.checkout)
            .await?;
        drop(tx);
        let provider = self.open_by_pk(asked.connection_pk).await?;
        if provider.descriptor().capabilities.status_inquiry {
            return Err(HandError::Askable);
        }
        let payment = Payment::new(id, PaymentStatus::Succeeded, hand.amount);
        let key = payment.dedup_key();

        let mut tx = store.begin().await?;
        let checkout = self
            .checkout_named(&mut tx, organization, payable, &hand.checkout)
            .await?;
        let known = tx
            .payment_of_dedup_key(checkout.connection_pk, &key)
            .await?;
        if let Some(pk) = known {
            let rows = tx.payments_of_checkout(checkout.pk).await?;
            let same = |row: &&PaymentRow| row.pk == pk && row.payment.amount == hand.amount;
            let row = rows.iter().find(same).ok_or(HandError::NameTaken)?;
            let booking = booking_of(row).ok_or(HandError::NameTaken)?;
            drop(tx);
            return Ok(HandBooked {
                is_new: false,
                booking,
                still_payable: self.end_all_needless(checkout.payable_pk).await?,
            });
        }
        if matches!(hand.name, HandName::Key(_)) {
            let rows = tx.payments_of_checkout(checkout.pk).await?;
            hand.require_stated(&checkout, &rows)?;
        }
        let by = format!("booked by hand by {}: {}", hand.by.trim(), hand.note.trim());
        self.note(&mut tx, checkout.payable_pk, HistoryKind::BookedByHand, by)
            .await?;
        crash_point!("by-hand.1-noted");
        let booked = |rows: &[PaymentRow]| rows.iter().filter(|row| row.is_booked()).count();
        let before = booked(&tx.payments_of_checkout(checkout.pk).await?);
        self.record_payment(&mut tx, &checkout, &payment).await?;
        let rows = tx.payments_of_checkout(checkout.pk).await?;
        let row = rows.iter().find(|row| row.payment.id == payment.id);
        // Booked on another checkout of the connection, under the same id of the gateway's.
        let booking = row.and_then(booking_of).ok_or(HandError::NameTaken)?;
        crash_point!("by-hand.2-before-commit");
        tx.commit().await?;
        crash_point!("by-hand.3-committed");
        Ok(HandBooked {
            is_new: booked(&rows) > before,
            booking,
            still_payable: self.end_all_needless(checkout.payable_pk).await?,
        })
    }

    /// Ends what could still be paid for nothing; what cannot be ended, and why.
    async fn end_all_needless(
        &self,
        payable_pk: i64,
    ) -> Result<Vec<(CheckoutReference, CheckoutError)>, StoreError> {
        let mut tx = self.inner.store.begin_read().await?;
        let needless = self.needless_of(&mut tx, payable_pk).await?;
        drop(tx);
        let mut still_payable = Vec::new();
        for row in needless {
            let ended = match self.end_checkout(&row).await {
                Ok(()) => self.book_known_money(row.pk).await,
                error => error,
            };
            if let Err(error) = ended {
                still_payable.push((row.reference, error));
            }
        }
        Ok(still_payable)
    }

    /// A checkout as an operator names it, held with its payable where the transaction writes.
    pub(crate) async fn checkout_named(
        &self,
        tx: &mut Transaction,
        organization: &OrganizationId,
        payable: &PayableId,
        reference: &CheckoutReference,
    ) -> Result<CheckoutRow, NotNamed> {
        let found = tx.payable(organization, payable).await?;
        let payable = found.ok_or(NotNamed::Payable)?;
        let mut checkouts = tx.checkouts_of(payable.pk).await?.into_iter();
        let named = checkouts.find(|row| row.reference == *reference);
        named.ok_or(NotNamed::Checkout)
    }

    /// Takes a payment that is told for one that was booked by hand under a key: the same amount on the
    /// same checkout, which with both would have more booked than the gateway states and nobody wrote
    /// off. The row becomes that payment's, with what was known of it as an attempt. Says whether it was
    /// so.
    pub(crate) async fn explains_by_hand(
        &self,
        tx: &mut Transaction,
        checkout: &CheckoutRow,
        attempt: Option<&PaymentRow>,
        told: &Payment,
    ) -> Result<bool, StoreError> {
        let rows = tx.payments_of_checkout(checkout.pk).await?;
        let stands_for = |row: &&PaymentRow| {
            row.is_booked()
                && row.payment.id.as_str().starts_with(BY_HAND)
                && row.payment.amount == told.amount
        };
        let with_it = booked_on(checkout, &rows).saturating_add(told.amount.minor_units());
        let Some(row) = rows.iter().find(stands_for) else {
            return Ok(false);
        };
        if with_it <= checkout.gateway_paid.saturating_sub(checkout.written_off) {
            return Ok(false);
        }
        let detail = format!(
            "payment {} of {} is the one that was booked by hand as {}: counted once",
            told.id, told.amount, row.payment.id
        );
        self.rename(tx, row, attempt, told).await?;
        crash_point!("explained.1-saved");
        self.note(tx, checkout.payable_pk, HistoryKind::BookedByHand, detail)
            .await?;
        crash_point!("explained.2-noted");
        Ok(true)
    }
}

impl HandBooking {
    fn payment_id(&self) -> Result<PaymentId, HandError> {
        if !self.amount.is_positive() {
            return Err(HandError::NoMoney);
        }
        if !says_who_and_why(&self.by, &self.note) {
            return Err(HandError::Words);
        }
        match &self.name {
            HandName::Payment(id) if id.as_str().starts_with(BY_HAND) => Err(HandError::Key),
            HandName::Payment(id) => Ok(id.clone()),
            HandName::Key(key) => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
                if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(plain) {
                    return Err(HandError::Key);
                }
                PaymentId::new(format!("{BY_HAND}{key}")).map_err(|_| HandError::Key)
            }
        }
    }

    /// What nobody can name is booked only as far as the gateway itself speaks of it.
    fn require_stated(&self, row: &CheckoutRow, booked: &[PaymentRow]) -> Result<(), HandError> {
        let currency = row.amount.currency();
        let booked = booked_on(row, booked);
        let left = row.gateway_paid.saturating_sub(booked);
        if self.amount.currency() == currency && self.amount.minor_units() <= left {
            return Ok(());
        }
        Err(HandError::NotStated {
            stated: Money::from_minor_units(row.gateway_paid, currency),
            booked: Money::from_minor_units(booked, currency),
        })
    }
}

/// Whether it is said in words, and not in too many, who does a thing and why.
pub(crate) fn says_who_and_why(by: &str, note: &str) -> bool {
    [by.trim(), note.trim()].iter().all(|words| {
        let fits = (1..=LONGEST_NOTE).contains(&words.chars().count());
        fits && !words.chars().any(char::is_control)
    })
}

fn booking_of(row: &PaymentRow) -> Option<Booking> {
    let currency = row.payment.amount.currency();
    let verdict: Verdict = row.allocation_outcome?;
    Some(Booking {
        verdict,
        credited: Money::from_minor_units(row.applied, currency),
        surplus: Money::from_minor_units(row.overpaid, currency),
    })
}
