//! What the gateway has in its books.

use std::collections::HashMap;

use payment_provider_conformance::{ModelResult, NotImplemented};
use payment_provider_core::{Currency, Money};

#[derive(Default)]
pub(super) struct State {
    pub(super) checkouts: Vec<Checkout>,
    pub(super) payments: Vec<Attempt>,
    pub(super) customers: Vec<String>,
    /// By idempotency key: the body it came with, and the answer that was given.
    pub(super) keys: HashMap<String, (Vec<u8>, serde_json::Value)>,
}

pub(super) struct Checkout {
    pub(super) id: String,
    pub(super) reference: String,
    pub(super) amount: Money,
    pub(super) tag: Option<String>,
    pub(super) ends: String,
    pub(super) lapsed: bool,
    pub(super) void: bool,
    pub(super) stubborn: bool,
    pub(super) odd_status: Option<String>,
    pub(super) paid_only: Option<Money>,
    pub(super) hidden: u32,
}

pub(super) struct Attempt {
    pub(super) id: String,
    pub(super) reference: String,
    pub(super) amount: Money,
    pub(super) outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Captured,
    Declined,
}

impl State {
    pub(super) fn make(&mut self, reference: &str, amount: Money) -> &mut Checkout {
        let number = self.checkouts.len();
        self.checkouts.push(Checkout {
            id: format!("chk_{:05}", number + 1),
            reference: reference.to_owned(),
            amount,
            tag: None,
            ends: String::new(),
            lapsed: false,
            void: false,
            stubborn: false,
            odd_status: None,
            paid_only: None,
            hidden: 0,
        });
        &mut self.checkouts[number]
    }

    pub(super) fn count(&self, reference: &str) -> usize {
        let of = |checkout: &&Checkout| checkout.reference == reference;
        self.checkouts.iter().filter(of).count()
    }

    pub(super) fn find(&self, name: &str) -> Option<&Checkout> {
        let mut checkouts = self.checkouts.iter();
        checkouts.find(|checkout| checkout.reference == name || checkout.id == name)
    }

    /// A lookup from outside, which may find nothing for a while.
    pub(super) fn look(&mut self, name: &str) -> Option<&Checkout> {
        let mut checkouts = self.checkouts.iter_mut();
        let found = checkouts.find(|checkout| checkout.reference == name || checkout.id == name)?;
        if found.hidden > 0 {
            found.hidden -= 1;
            return None;
        }
        Some(found)
    }

    pub(super) fn change(
        &mut self,
        reference: &str,
        change: impl FnOnce(&mut Checkout),
    ) -> ModelResult<()> {
        let mut checkouts = self.checkouts.iter_mut();
        let found = checkouts.find(|checkout| checkout.reference == reference);
        let none = || NotImplemented::new("a checkout that nobody made");
        found.map(change).ok_or_else(none)
    }

    pub(super) fn attempt(
        &mut self,
        reference: &str,
        amount: Money,
        outcome: Outcome,
    ) -> Option<String> {
        self.find(reference)?;
        let id = format!("pay_{:05}", self.payments.len() + 1);
        self.payments.push(Attempt {
            id: id.clone(),
            reference: reference.to_owned(),
            amount,
            outcome,
        });
        Some(id)
    }

    pub(super) fn payment(&self, id: &str) -> Option<&Attempt> {
        self.payments.iter().find(|attempt| attempt.id == id)
    }

    /// What was paid on a checkout.
    pub(super) fn paid(&self, checkout: &Checkout) -> Money {
        if let Some(only) = checkout.paid_only {
            return only;
        }
        let of = self.payments.iter().filter(|attempt| {
            attempt.reference == checkout.reference && attempt.outcome == Outcome::Captured
        });
        let currency: Currency = checkout.amount.currency();
        of.fold(Money::zero(currency), |sum, attempt| {
            sum.checked_add(attempt.amount).unwrap_or(sum)
        })
    }

    /// The gateway's word for how a checkout stands.
    pub(super) fn status(&self, checkout: &Checkout) -> String {
        let paid = self.paid(checkout).minor_units();
        let word = if let Some(word) = &checkout.odd_status {
            word
        } else if paid >= checkout.amount.minor_units() || checkout.paid_only.is_some() {
            "settled"
        } else if checkout.void {
            "void"
        } else if checkout.lapsed {
            "lapsed"
        } else if paid > 0 {
            "part_settled"
        } else {
            "waiting"
        };
        word.to_owned()
    }
}
