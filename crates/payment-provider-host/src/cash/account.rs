use std::fmt;

use payment_provider_core::{Currency, Money, MoneyError, Refund};
use serde::{Deserialize, Serialize};

use super::refunds;

/// What is owed on one payable, and what came in for it so far.
///
/// Invariants: `received = credited + surplus`; `credited <= creditable`; none is negative and
/// `received` never goes down: what was given back is counted beside it. All in the payable's
/// currency; money in another currency is stated on its booking or its refund and counted nowhere
/// here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    currency: Currency,
    creditable: i64,
    received: i64,
    refunded: i64,
    closed: Option<Closed>,
}

/// Why a payable takes no more money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Closed {
    /// The host says it was settled, here or in another way.
    Settled,
    /// The host withdrew it.
    Voided,
}

impl Closed {
    /// The word used in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Voided => "voided",
        }
    }
}

/// A successful payment that is not booked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incoming {
    /// What counts toward the payable.
    pub amount: Money,
    /// What the checkout it was paid on asked for.
    pub asked: Money,
    /// Whether that checkout accepted instalments.
    pub partial_allowed: bool,
}

/// What a payment means for its payable. Exhaustive, so that a host matches on every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Pays exactly what was still due.
    Exact,
    /// An agreed instalment: less than what was still due.
    Partial,
    /// More than what was still due; the rest is surplus.
    Over,
    /// Nothing was due any more: all of it is surplus.
    Duplicate,
    /// The payable was settled or voided before: all of it is surplus.
    Late,
    /// Not the amount the checkout asked for, and instalments were not agreed. Booked as far as
    /// something was due.
    AmountMismatch,
    /// Another currency than the payable's: all of it is surplus in that currency.
    CurrencyMismatch,
}

impl Verdict {
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

    /// What was concluded and why, in a clause for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Exact => "pays what was due",
            Self::Partial => "an agreed instalment, less than what was due",
            Self::Over => "more than what was due, the rest of it is surplus",
            Self::Duplicate => "nothing was due any more, all of it is surplus",
            Self::Late => "it was settled or voided before, all of it is surplus",
            Self::AmountMismatch => {
                "not the amount that was asked for, counted as far as something was due"
            }
            Self::CurrencyMismatch => {
                "not the currency that was asked for, all of it is surplus in its own currency"
            }
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What booking a payment did: `amount = credited + surplus`, in the payment's own currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booking {
    /// What the payment means.
    pub verdict: Verdict,
    /// How much of it counts toward what was due.
    pub credited: Money,
    /// How much of it does not, and has to be refunded, credited otherwise or explained.
    pub surplus: Money,
}

impl Account {
    /// An open account on which nothing came in.
    pub const fn open(amount: Money) -> Self {
        Self {
            currency: amount.currency(),
            creditable: amount.minor_units(),
            received: 0,
            refunded: 0,
            closed: None,
        }
    }

    pub(crate) const fn restore(
        currency: Currency,
        creditable: i64,
        received: i64,
        refunded: i64,
        closed: Option<Closed>,
    ) -> Self {
        Self {
            currency,
            creditable,
            received,
            refunded,
            closed,
        }
    }

    /// All money that came in.
    pub const fn received(&self) -> Money {
        self.money(self.received)
    }

    /// What of it counts toward what was owed.
    pub fn credited(&self) -> Money {
        self.money(self.received.min(self.creditable))
    }

    /// What of it does not.
    pub fn surplus(&self) -> Money {
        self.money(self.received - self.received.min(self.creditable))
    }

    /// What was given back of it, by all refunds that the gateway says are done. It does not make
    /// anything due again.
    pub const fn refunded(&self) -> Money {
        self.money(self.refunded)
    }

    /// By how much more was given back than came in. Not zero while a payment is not told of yet
    /// whose refund is; if it stays, somebody has to look.
    pub fn over_refunded(&self) -> Money {
        self.money((self.refunded - self.received).max(0))
    }

    /// What is still owed: nothing once closed.
    pub fn due(&self) -> Money {
        self.money(self.creditable - self.received.min(self.creditable))
    }

    /// Whether the host settled or voided it.
    pub const fn closed(&self) -> Option<Closed> {
        self.closed
    }

    pub(crate) const fn creditable(&self) -> i64 {
        self.creditable
    }

    /// Takes no more money from now on: what is credited stays, all that comes later is surplus.
    /// The first reason stands.
    pub fn close(&mut self, reason: Closed) {
        self.creditable = self.credited().minor_units();
        self.closed.get_or_insert(reason);
    }

    /// Books one payment. Pure: whether it was booked before is the caller's to know.
    ///
    /// # Errors
    /// The total would leave the range of a 64-bit number; the account is unchanged.
    pub fn book(&mut self, incoming: Incoming) -> Result<Booking, MoneyError> {
        let amount = incoming.amount;
        if amount.currency() != self.currency {
            return Ok(Booking {
                verdict: Verdict::CurrencyMismatch,
                credited: Money::zero(amount.currency()),
                surplus: amount,
            });
        }
        let due = self.due();
        let received = self
            .received
            .checked_add(amount.minor_units())
            .ok_or(MoneyError::Overflow)?;
        let credited = self.money(amount.minor_units().min(due.minor_units()));
        let booking = Booking {
            verdict: self.judge(incoming, due),
            credited,
            surplus: amount.checked_sub(credited)?,
        };
        self.received = received;
        Ok(booking)
    }

    /// Takes what all known refunds come to, each as it stands, in place of what they came to before.
    /// Pure: which news of a refund stands is said by [`supersedes`](super::supersedes).
    ///
    /// # Errors
    /// The total would leave the range of a 64-bit number; the account is unchanged.
    pub fn set_refunds<'a>(
        &mut self,
        refunds: impl IntoIterator<Item = &'a Refund>,
    ) -> Result<(), MoneyError> {
        self.refunded = refunds::total(self.currency, refunds)?;
        Ok(())
    }

    fn judge(&self, incoming: Incoming, due: Money) -> Verdict {
        if self.closed.is_some() {
            return Verdict::Late;
        }
        if due.is_zero() {
            return Verdict::Duplicate;
        }
        if !incoming.partial_allowed && incoming.amount != incoming.asked {
            return Verdict::AmountMismatch;
        }
        match incoming.amount.minor_units().cmp(&due.minor_units()) {
            std::cmp::Ordering::Less => Verdict::Partial,
            std::cmp::Ordering::Equal => Verdict::Exact,
            std::cmp::Ordering::Greater => Verdict::Over,
        }
    }

    const fn money(&self, minor_units: i64) -> Money {
        Money::from_minor_units(minor_units, self.currency)
    }
}
