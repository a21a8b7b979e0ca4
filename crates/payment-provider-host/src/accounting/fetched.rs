//! The fetched state of a checkout: its status, and every payment and refund that the gateway lists.

use std::sync::Arc;

use payment_provider_core::{
    Checkout, MoneyError, Payment, PaymentId, PaymentStatus, ProviderError, Refund,
};

use super::account::{Account, CheckoutAt, CheckoutRecord};
use super::decision::{Decision, Draft};
use super::history::AuditEvent;
use super::portion::Answer;

/// A checkout and all its payments, as fetched from the gateway.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    pub(crate) checkout: Checkout,
    pub(crate) payments: Vec<Payment>,
    pub(crate) refunds: FetchedRefunds,
    /// The time at which the first request was sent, in milliseconds since 1970.
    pub(crate) started_at: i64,
}

/// The refunds of a checkout, as fetched from the gateway.
#[derive(Debug, Clone)]
pub(crate) enum FetchedRefunds {
    /// They were not needed.
    NotFetched,
    /// The gateway has no query of refunds.
    NotAskable,
    /// The query of refunds failed.
    Unanswered(Arc<ProviderError>),
    /// All refunds of the listed payments.
    Listed(Vec<Refund>),
}

impl FetchedRefunds {
    /// The listed refunds.
    pub(crate) fn listed(&self) -> &[Refund] {
        match self {
            Self::Listed(refunds) => refunds,
            Self::NotFetched | Self::NotAskable | Self::Unanswered(_) => &[],
        }
    }

    /// The error of a query that failed.
    pub(crate) const fn error(&self) -> Option<&Arc<ProviderError>> {
        match self {
            Self::Unanswered(error) => Some(error),
            Self::NotFetched | Self::NotAskable | Self::Listed(_) => None,
        }
    }
}

impl Fetched {
    /// Finds a listed payment by the gateway's id.
    pub(super) fn payment(&self, id: &PaymentId) -> Option<&Payment> {
        self.payments.iter().find(|payment| payment.id == *id)
    }

    /// The payments that brought money.
    pub(crate) fn succeeded(&self) -> impl Iterator<Item = &Payment> {
        let succeeded = |payment: &&Payment| payment.status == PaymentStatus::Succeeded;
        self.payments.iter().filter(succeeded)
    }

    /// Returns true if the gateway reports more money than its listed payments add up to: its list
    /// lags behind.
    pub(crate) fn is_incomplete(&self) -> bool {
        let currency = self.checkout.amount_paid.currency();
        let listed = self
            .succeeded()
            .filter(|payment| payment.amount.currency() == currency)
            .fold(0, |sum: i64, payment| {
                sum.saturating_add(payment.amount.minor_units())
            });
        listed < self.checkout.amount_paid.minor_units()
    }

    /// Returns true if the money beyond the listed payments was written off, so that nothing is
    /// missing. A listed payment may be posted on another checkout, so the two are not added up.
    pub(super) fn is_written_off(&self, checkout: &CheckoutRecord) -> bool {
        let paid = self.checkout.amount_paid;
        checkout.written_off > 0
            && paid.currency() == checkout.amount.currency()
            && paid.minor_units() <= checkout.explained()
    }
}

/// Decides what was fetched of one checkout, given by its row key. `accounts` are its own, and those
/// on which fetched payments are known already.
pub(crate) fn fetched(
    accounts: Vec<Account>,
    checkout_pk: i64,
    answer: &Answer,
    now: i64,
) -> Result<Decision<()>, MoneyError> {
    let mut draft = Draft::new(accounts, now);
    if let Some(at) = draft.checkout_at(checkout_pk) {
        draft.record_fetched(at, answer)?;
        draft.shrink_write_offs();
    }
    Ok(draft.decide(()))
}

/// Decides the next portion of a long list. The status of the checkout comes with the last one, since
/// payments are recorded before the total that includes them.
pub(crate) fn fetched_portion(
    accounts: Vec<Account>,
    checkout_pk: i64,
    answer: &Answer,
    now: i64,
) -> Result<Decision<()>, MoneyError> {
    let mut draft = Draft::new(accounts, now);
    if let Some(at) = draft.checkout_at(checkout_pk) {
        draft.record_portion(at, answer)?;
        let paid = answer.checkout.amount_paid;
        let is_comparable = paid.currency() == draft.checkout(at).amount.currency();
        let reported = if is_comparable { paid.minor_units() } else { 0 };
        draft.shrink_write_offs_below(reported);
    }
    Ok(draft.decide(()))
}

impl Draft {
    /// Records the last portion of a list, and the status.
    pub(super) fn record_fetched(
        &mut self,
        at: CheckoutAt,
        answer: &Answer,
    ) -> Result<(), MoneyError> {
        self.record_portion(at, answer)?;
        let found = &answer.checkout;
        self.record_status(at, found);
        let checkout = self.checkout(at);
        if checkout.posted != found.amount_paid.minor_units()
            || found.amount_paid.currency() != checkout.amount.currency()
        {
            let detail = format!(
                "the gateway reports {} paid on {}, but the posted payments add up to {}",
                found.amount_paid,
                checkout.reference,
                checkout.money(checkout.posted)
            );
            self.record_history(at.account, AuditEvent::Mismatch, detail);
        }
        Ok(())
    }

    /// Posts the payments of the next portion that are not posted yet. Money once posted stays posted.
    fn record_portion(&mut self, at: CheckoutAt, answer: &Answer) -> Result<(), MoneyError> {
        let portion = answer.portion();
        if portion.is_first {
            let detail = format!(
                "fetched {} from the gateway: {} paid; payment attempts listed: {}, successful: {}",
                self.checkout(at).reference,
                answer.checkout.amount_paid,
                answer.payments.len(),
                answer.succeeded().count()
            );
            self.record_history(at.account, AuditEvent::PaymentsFetched, detail);
        }
        for payment in portion.payments {
            if payment.status != PaymentStatus::Succeeded || payment.amount.is_positive() {
                self.record_payment(at, payment)?;
            }
        }
        for refund in portion.refunds {
            self.record_fetched_refund(at, refund)?;
        }
        Ok(())
    }
}
