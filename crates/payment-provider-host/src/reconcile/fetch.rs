//! Fetches a checkout from its gateway.

use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::{
    CheckoutLocator, Payment, PaymentProvider, PaymentStatus, ProviderError, ProviderErrorKind,
};

use super::Reconciler;
use crate::accounting::{CheckoutRecord, Fetched, FetchedRefunds};
use crate::error::{Error, ErrorKind};

/// The part of a checkout that is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FetchScope {
    /// Its status and its payments.
    Payments,
    /// Also the refunds of its payments, where the gateway has a query of them.
    PaymentsAndRefunds,
}

/// The error of a fetch.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error(transparent)]
    Failed(#[from] Error),
    /// The gateway has no status API; this is its provider's answer.
    #[error(transparent)]
    NotAskable(ProviderError),
}

/// The error of a fetch within the limits of its connection.
#[derive(Debug)]
pub(crate) enum LimitedFetchError {
    /// Several deliveries may have waited for the same fetch.
    Fetch(Arc<FetchError>),
    /// Too many fetches of the connection are under way, or went unanswered: nothing was sent. There
    /// may be room after this time.
    Busy(Duration),
}

impl From<Error> for LimitedFetchError {
    fn from(error: Error) -> Self {
        Self::Fetch(Arc::new(error.into()))
    }
}

/// Returns the kind of the error with which the gateway failed to answer a part of a fetch, if it did.
fn gateway_error(fetched: &Result<Fetched, FetchError>) -> Option<ProviderErrorKind> {
    match fetched {
        Ok(found) => Some(found.refunds.error()?.kind()),
        Err(FetchError::NotAskable(error)) => Some(error.kind()),
        Err(FetchError::Failed(error)) => match error.kind() {
            ErrorKind::Provider(error) => Some(error.kind()),
            _ => None,
        },
    }
}

impl FetchScope {
    /// Returns the scope in which a checkout is fetched: a list that is recorded in part may lack refunds.
    fn of(self, checkout: &CheckoutRecord) -> Self {
        if checkout.has_incomplete_list() {
            Self::PaymentsAndRefunds
        } else {
            self
        }
    }
}

impl Reconciler {
    /// Fetches a checkout and all its payments; the refunds as well if its list is recorded in part.
    pub(crate) async fn fetch(&self, checkout: &CheckoutRecord) -> Result<Fetched, FetchError> {
        let provider = self.connections.open_by_pk(checkout.connection_pk).await?;
        let scope = FetchScope::Payments.of(checkout);
        self.fetch_from(&*provider, checkout, scope).await
    }

    /// Fetches a checkout for a delivery, within the limits of its connection, or returns the result of
    /// a fetch by another caller in this process that started at `needed_from` or later, in
    /// milliseconds since 1970. Returns the error of a fetch that failed to all who waited for it.
    pub(crate) async fn fetch_for_delivery(
        &self,
        checkout: &CheckoutRecord,
        scope: FetchScope,
        needed_from: i64,
    ) -> Result<Arc<Fetched>, LimitedFetchError> {
        let scope = scope.of(checkout);
        if let Some(found) = self.shared.latest(checkout.pk, scope, needed_from) {
            return Ok(found);
        }
        let connection_pk = checkout.connection_pk;
        let connection = self.connections.row_by_pk(connection_pk).await?;
        let provider = self.connections.open(&connection)?;
        let gateway = (connection.provider, connection.environment);
        let permit = self
            .limits
            .try_acquire(connection_pk, &gateway, self.ledger.now())
            .map_err(LimitedFetchError::Busy)?;
        let fetch = || async {
            let call = permit.begin(self.ledger.now());
            let fetched = self.fetch_from(&*provider, checkout, scope).await;
            call.finish(gateway_error(&fetched), self.ledger.now());
            fetched
        };
        let fetched = self
            .shared
            .get_or_fetch(checkout.pk, scope, needed_from, fetch)
            .await;
        fetched.map_err(LimitedFetchError::Fetch)
    }

    async fn fetch_from(
        &self,
        provider: &dyn PaymentProvider,
        checkout: &CheckoutRecord,
        scope: FetchScope,
    ) -> Result<Fetched, FetchError> {
        let locator = checkout.locator();
        let askable = provider.descriptor().capabilities.status_inquiry;
        let failed = |error: ProviderError| {
            if error.kind() == ProviderErrorKind::Unsupported && !askable {
                FetchError::NotAskable(error)
            } else {
                FetchError::Failed(error.into())
            }
        };
        let started_at = self.ledger.now();
        // The total is fetched first: a payment that arrives between the two requests is then
        // listed but not yet in the total, which is harmless. In the other order it would seem to
        // be missing.
        let found = provider.fetch_checkout(&locator).await.map_err(failed)?;
        let payments = provider.list_payments(&locator).await.map_err(failed)?;
        let refunds = match scope {
            FetchScope::Payments => FetchedRefunds::NotFetched,
            FetchScope::PaymentsAndRefunds => refunds(provider, &locator, &payments).await,
        };
        Ok(Fetched {
            checkout: found,
            payments,
            refunds,
            started_at,
        })
    }
}

/// Fetches the refunds of the listed payments. Sends no request if no payment brought money. A failure
/// is logged: the payments are posted all the same.
async fn refunds(
    provider: &dyn PaymentProvider,
    locator: &CheckoutLocator,
    payments: &[Payment],
) -> FetchedRefunds {
    let Some(inquiry) = provider.refund_inquiry() else {
        return FetchedRefunds::NotAskable;
    };
    if !payments
        .iter()
        .any(|payment| payment.status == PaymentStatus::Succeeded)
    {
        return FetchedRefunds::Listed(Vec::new());
    }
    match inquiry.list_refunds(locator, payments).await {
        Ok(listed) => FetchedRefunds::Listed(listed),
        Err(error) => {
            tracing::warn!(%error, "the refunds of a checkout cannot be listed");
            FetchedRefunds::Unanswered(Arc::new(error))
        }
    }
}
