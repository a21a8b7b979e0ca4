//! The state of one account.

use std::collections::HashMap;

use payment_provider_conformance::{ModelResult, NotImplemented};
use payment_provider_core::{Currency, Money};

#[derive(Default)]
pub(super) struct State {
    pub(super) checkouts: Vec<Checkout>,
    pub(super) payments: Vec<Attempt>,
    pub(super) refunds: Vec<Refund>,
    pub(super) customers: Vec<String>,
    /// Request body and response, by idempotency key.
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
    pub(super) refuses_cancellation: bool,
    pub(super) unknown_status: Option<String>,
    pub(super) underpaid: Option<Money>,
    pub(super) hidden_lookups: u32,
}

pub(super) struct Attempt {
    pub(super) id: String,
    pub(super) reference: String,
    pub(super) amount: Money,
    pub(super) outcome: Outcome,
}

pub(super) struct Refund {
    pub(super) id: String,
    pub(super) payment: String,
    pub(super) amount: Money,
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
            refuses_cancellation: false,
            unknown_status: None,
            underpaid: None,
            hidden_lookups: 0,
        });
        &mut self.checkouts[number]
    }

    pub(super) fn count(&self, reference: &str) -> usize {
        let matching = |checkout: &&Checkout| checkout.reference == reference;
        self.checkouts.iter().filter(matching).count()
    }

    pub(super) fn find(&self, name: &str) -> Option<&Checkout> {
        let mut checkouts = self.checkouts.iter();
        checkouts.find(|checkout| checkout.reference == name || checkout.id == name)
    }

    /// Looks a checkout up, as the API does. Hidden checkouts are not found.
    pub(super) fn look_up(&mut self, name: &str) -> Option<&Checkout> {
        let mut checkouts = self.checkouts.iter_mut();
        let found = checkouts.find(|checkout| checkout.reference == name || checkout.id == name)?;
        if found.hidden_lookups > 0 {
            found.hidden_lookups -= 1;
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
        let none = || NotImplemented::new("an unknown checkout");
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

    pub(super) fn refund(&mut self, payment: &str, amount: Money) -> String {
        let id = format!("rfd_{:05}", self.refunds.len() + 1);
        self.refunds.push(Refund {
            id: id.clone(),
            payment: payment.to_owned(),
            amount,
        });
        id
    }

    pub(super) fn payment(&self, id: &str) -> Option<&Attempt> {
        self.payments.iter().find(|attempt| attempt.id == id)
    }

    /// Returns the amount paid on a checkout.
    pub(super) fn paid(&self, checkout: &Checkout) -> Money {
        if let Some(only) = checkout.underpaid {
            return only;
        }
        let matching = self.payments.iter().filter(|attempt| {
            attempt.reference == checkout.reference && attempt.outcome == Outcome::Captured
        });
        let currency: Currency = checkout.amount.currency();
        matching.fold(Money::zero(currency), |sum, attempt| {
            sum.checked_add(attempt.amount).unwrap_or(sum)
        })
    }

    /// Returns the gateway's name of a checkout's status.
    pub(super) fn status(&self, checkout: &Checkout) -> String {
        let paid = self.paid(checkout).minor_units();
        let status = if let Some(status) = &checkout.unknown_status {
            status
        } else if paid >= checkout.amount.minor_units() || checkout.underpaid.is_some() {
            "paid"
        } else if checkout.void {
            "void"
        } else if checkout.lapsed {
            "lapsed"
        } else if paid > 0 {
            "part_paid"
        } else {
            "waiting"
        };
        status.to_owned()
    }
}
