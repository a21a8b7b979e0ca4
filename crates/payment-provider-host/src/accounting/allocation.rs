//! The allocation of one payment: the part applied to the amount owed, and the overpaid part.

use std::cmp::Ordering;
use std::fmt;

use payment_provider_core::{Currency, Money, MoneyError, Refund};
use serde::{Deserialize, Serialize};

use super::close_reason::CloseReason;
use super::refund_total;

/// The totals of one payable: what is owed, received, applied, overpaid and refunded.
///
/// Invariants: `received = applied + overpaid`; `applied <= applicable`; no total is negative, and
/// `received` never falls: refunds are counted beside it. All totals are in the payable's currency.
/// Money in another currency is stated on its own allocation or refund and is in no total.
///
/// # Examples
/// ```
/// use payment_provider_core::{Currency, Money};
/// use payment_provider_host::accounting::{AllocationOutcome, Balance, Incoming};
///
/// let owed = Money::from_decimal("200.00", Currency::INR)?;
/// let mut balance = Balance::open(owed);
/// let payment = Incoming { amount: owed, asked: owed, partial_allowed: false };
/// assert_eq!(balance.post(payment)?.outcome, AllocationOutcome::Exact);
/// // Another payment of the same amount is overpaid as a whole.
/// assert_eq!(balance.post(payment)?.outcome, AllocationOutcome::Duplicate);
/// assert_eq!((balance.applied(), balance.overpaid()), (owed, owed));
/// # Ok::<(), payment_provider_core::MoneyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    currency: Currency,
    applicable: i64,
    received: i64,
    refunded: i64,
    closed: Option<CloseReason>,
}

/// A successful payment that is not posted yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incoming {
    /// The amount that counts toward the payable.
    pub amount: Money,
    /// The amount that its checkout asks for.
    pub asked: Money,
    /// True if its checkout accepts instalments.
    pub partial_allowed: bool,
}

/// The meaning of a payment for its payable. Exhaustive, so that a host handles every outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllocationOutcome {
    /// Pays exactly the amount that was due.
    Exact,
    /// An agreed instalment: less than the amount that was due.
    Partial,
    /// More than the amount that was due; the rest is overpaid.
    Over,
    /// Nothing was due any more: all of it is overpaid.
    Duplicate,
    /// The payable was closed before: all of it is overpaid.
    Late,
    /// Not the amount that the checkout asked for, and no instalments were agreed. Applied as far as
    /// something was due.
    AmountMismatch,
    /// Another currency than the payable's: all of it is overpaid in that currency.
    CurrencyMismatch,
}

impl AllocationOutcome {
    /// The word used in storage and in the tables of the documentation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Partial => "partial",
            Self::Over => "over",
            Self::Duplicate => "duplicate",
            Self::Late => "late",
            Self::AmountMismatch => "amount_mismatch",
            Self::CurrencyMismatch => "currency_mismatch",
        }
    }

    /// The outcome and its reason, as a clause for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Exact => "pays what was due",
            Self::Partial => "an agreed instalment, less than what was due",
            Self::Over => "more than what was due, the rest of it is overpaid",
            Self::Duplicate => "nothing was due any more, all of it is overpaid",
            Self::Late => "the payable was closed before, all of it is overpaid",
            Self::AmountMismatch => {
                "not the amount that was asked for, applied as far as something was due"
            }
            Self::CurrencyMismatch => {
                "not the currency that was asked for, all of it is overpaid in its own currency"
            }
        }
    }
}

impl fmt::Display for AllocationOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The allocation of one payment: `amount = applied + overpaid`, in the payment's own currency.
///
/// # Examples
/// ```
/// use payment_provider_core::{Currency, Money};
/// use payment_provider_host::accounting::{Balance, Incoming};
///
/// let rupees = |text| Money::from_decimal(text, Currency::INR);
/// let mut balance = Balance::open(rupees("200.00")?);
/// let (amount, asked) = (rupees("250.00")?, rupees("200.00")?);
/// let allocation = balance.post(Incoming { amount, asked, partial_allowed: true })?;
/// assert_eq!(allocation.outcome.as_str(), "over");
/// assert_eq!((allocation.applied, allocation.overpaid), (rupees("200.00")?, rupees("50.00")?));
/// # Ok::<(), payment_provider_core::MoneyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocation {
    /// The meaning of the payment.
    pub outcome: AllocationOutcome,
    /// The part that is applied to the amount owed.
    pub applied: Money,
    /// The part that is not applied, and has to be refunded, credited elsewhere or explained.
    pub overpaid: Money,
}

impl Balance {
    /// Opens a balance on which nothing was received.
    pub const fn open(amount: Money) -> Self {
        Self {
            currency: amount.currency(),
            applicable: amount.minor_units(),
            received: 0,
            refunded: 0,
            closed: None,
        }
    }

    pub(crate) const fn restore(
        currency: Currency,
        applicable: i64,
        received: i64,
        refunded: i64,
        closed: Option<CloseReason>,
    ) -> Self {
        Self {
            currency,
            applicable,
            received,
            refunded,
            closed,
        }
    }

    /// The currency of all totals.
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// All money received.
    pub const fn received(&self) -> Money {
        self.money(self.received)
    }

    /// The part of the received money that is applied to the amount owed.
    pub fn applied(&self) -> Money {
        self.money(self.received.min(self.applicable))
    }

    /// The part of the received money that is not applied.
    pub fn overpaid(&self) -> Money {
        self.money(self.received - self.received.min(self.applicable))
    }

    /// The sum of all refunds that the gateway reports as done. A refund makes nothing due again.
    pub const fn refunded(&self) -> Money {
        self.money(self.refunded)
    }

    /// The amount by which refunds exceed the money received. It is positive while a refund is
    /// known before its payment; if it stays positive, an operator has to look.
    pub fn over_refunded(&self) -> Money {
        self.money((self.refunded - self.received).max(0))
    }

    /// The amount still due: zero once closed.
    pub fn due(&self) -> Money {
        self.money(self.applicable - self.received.min(self.applicable))
    }

    /// The reason for which the host closed it, if it did.
    pub const fn closed(&self) -> Option<CloseReason> {
        self.closed
    }

    /// The most that may be applied, in smallest units: the amount owed, or once closed the amount
    /// applied by then.
    pub(crate) const fn applicable(&self) -> i64 {
        self.applicable
    }

    /// Closes the balance: applied money stays applied, all later money is overpaid. The first
    /// reason stands.
    pub fn close(&mut self, reason: CloseReason) {
        self.applicable = self.applied().minor_units();
        self.closed.get_or_insert(reason);
    }

    /// Posts one payment. The caller makes sure that it was not posted before.
    ///
    /// # Errors
    /// The total would leave the range of a 64-bit number; the balance is unchanged.
    pub fn post(&mut self, incoming: Incoming) -> Result<Allocation, MoneyError> {
        let amount = incoming.amount;
        if amount.currency() != self.currency {
            return Ok(Allocation {
                outcome: AllocationOutcome::CurrencyMismatch,
                applied: Money::zero(amount.currency()),
                overpaid: amount,
            });
        }
        let due = self.due();
        let received = self
            .received
            .checked_add(amount.minor_units())
            .ok_or(MoneyError::Overflow)?;
        let applied = self.money(amount.minor_units().min(due.minor_units()));
        let allocation = Allocation {
            outcome: self.outcome(incoming, due),
            applied,
            overpaid: amount.checked_sub(applied)?,
        };
        self.received = received;
        Ok(allocation)
    }

    /// Replaces the refunded total by the sum of these refunds, each in its present state. See
    /// [`supersedes`](super::supersedes) for which report of a refund stands.
    ///
    /// # Errors
    /// The total would leave the range of a 64-bit number; the balance is unchanged.
    pub fn set_refunds<'a>(
        &mut self,
        refunds: impl IntoIterator<Item = &'a Refund>,
    ) -> Result<(), MoneyError> {
        self.refunded = refund_total::total(self.currency, refunds)?;
        Ok(())
    }

    fn outcome(&self, incoming: Incoming, due: Money) -> AllocationOutcome {
        if self.closed.is_some() {
            return AllocationOutcome::Late;
        }
        if due.is_zero() {
            return AllocationOutcome::Duplicate;
        }
        if !incoming.partial_allowed && incoming.amount != incoming.asked {
            return AllocationOutcome::AmountMismatch;
        }
        match incoming.amount.minor_units().cmp(&due.minor_units()) {
            Ordering::Less => AllocationOutcome::Partial,
            Ordering::Equal => AllocationOutcome::Exact,
            Ordering::Greater => AllocationOutcome::Over,
        }
    }

    const fn money(&self, minor_units: i64) -> Money {
        Money::from_minor_units(minor_units, self.currency)
    }
}
