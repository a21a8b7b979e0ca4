//! The portions in which a long list is recorded, each in one transaction, so that no other writer waits
//! for the whole list.

use std::ops::Deref;
use std::sync::Arc;

use payment_provider_core::{Payment, Refund};

use super::fetched::Fetched;

/// The largest number of listed payments and refunds that one transaction records.
pub(crate) const PORTION: usize = 100;

/// A fetched checkout, and the number of its payments and refunds that are recorded.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    fetched: Arc<Fetched>,
    /// The number of its payments, then of its refunds, that earlier transactions recorded.
    recorded: usize,
}

/// Consecutive payments and refunds of a list that one transaction records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portion<'a> {
    pub(crate) payments: &'a [Payment],
    pub(crate) refunds: &'a [Refund],
    /// True if nothing of the list was recorded before it.
    pub(crate) is_first: bool,
}

impl From<Arc<Fetched>> for Answer {
    fn from(fetched: Arc<Fetched>) -> Self {
        Self {
            fetched,
            recorded: 0,
        }
    }
}

impl Deref for Answer {
    type Target = Fetched;

    fn deref(&self) -> &Fetched {
        &self.fetched
    }
}

impl Answer {
    /// The next portion: payments come before refunds.
    pub(crate) fn portion(&self) -> Portion<'_> {
        let (payments, refunds) = (&self.payments[..], self.refunds.listed());
        let skipped_refunds = self.recorded.saturating_sub(payments.len());
        let payments = part(payments, self.recorded, PORTION);
        let refunds = part(refunds, skipped_refunds, PORTION - payments.len());
        Portion {
            payments,
            refunds,
            is_first: self.recorded == 0,
        }
    }

    /// Returns true if the next portion is not the last: it is recorded before the status of the
    /// checkout, in a transaction of its own.
    pub(crate) fn is_long(&self) -> bool {
        let all = self.payments.len() + self.refunds.listed().len();
        all > self.recorded + PORTION
    }

    /// Returns true if earlier transactions recorded a part of it.
    pub(crate) const fn is_continued(&self) -> bool {
        self.recorded > 0
    }

    /// Goes on to the portion after the next one, which is recorded.
    pub(crate) fn advance(&mut self) {
        let portion = self.portion();
        self.recorded += portion.payments.len() + portion.refunds.len();
    }
}

fn part<T>(list: &[T], from: usize, most: usize) -> &[T] {
    let rest = list.get(from..).unwrap_or_default();
    &rest[..rest.len().min(most)]
}
