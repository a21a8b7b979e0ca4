//! The fetched state of a checkout: its status, and every payment and refund that the gateway lists.

use std::sync::Arc;

use payment_provider_core::{Checkout, Payment, PaymentId, PaymentStatus, ProviderError, Refund};

use super::account::CheckoutRecord;

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
            .map(|payment| i128::from(payment.amount.minor_units()))
            .sum::<i128>();
        listed < i128::from(self.checkout.amount_paid.minor_units())
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
