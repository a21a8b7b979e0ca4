//! Reconciliation: fetches a checkout with its payments and refunds from the gateway, and records them
//! in the ledger.

mod shared_fetches;

use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::{
    CheckoutLocator, Payment, PaymentProvider, PaymentStatus, ProviderError, ProviderErrorKind,
};

use crate::accounting::{CheckoutRecord, Fetched, FetchedRefunds, fetched};
use crate::connections::Connections;
use crate::crash_point::CommitStep;
use crate::error::{Error, Refusal};
use crate::ledger::Ledger;
use crate::store::AccountKeys;
pub(crate) use shared_fetches::SharedFetches;

/// The time for which a gateway's lookups may lag behind its writes. Until it has passed since a
/// request, "not found" does not prove that the checkout does not exist.
pub(crate) const CONSISTENCY_WINDOW: Duration = Duration::from_mins(2);

/// The reconciliation of checkouts with their gateways.
#[derive(Debug, Clone)]
pub(crate) struct Reconciler {
    pub(crate) ledger: Ledger,
    pub(crate) connections: Connections,
    pub(crate) shared: SharedFetches,
}

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

impl Reconciler {
    /// Fetches a checkout and all its payments.
    pub(crate) async fn fetch(&self, checkout: &CheckoutRecord) -> Result<Fetched, FetchError> {
        self.fetch_scope(checkout, FetchScope::Payments).await
    }

    /// Fetches a checkout as [`fetch`](Self::fetch) does, or returns the result of a fetch by another
    /// caller in this process that started at `needed_from` or later, in milliseconds since 1970.
    pub(crate) async fn fetch_shared(
        &self,
        checkout: &CheckoutRecord,
        scope: FetchScope,
        needed_from: i64,
    ) -> Result<Arc<Fetched>, FetchError> {
        let fetch = || self.fetch_scope(checkout, scope);
        self.shared
            .get_or_fetch(checkout.pk, scope, needed_from, fetch)
            .await
    }

    async fn fetch_scope(
        &self,
        checkout: &CheckoutRecord,
        scope: FetchScope,
    ) -> Result<Fetched, FetchError> {
        let provider = self.connections.open_by_pk(checkout.connection_pk).await?;
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
            FetchScope::PaymentsAndRefunds => refunds(&*provider, &locator, &payments)
                .await
                .map_err(failed)?,
        };
        Ok(Fetched {
            checkout: found,
            payments,
            refunds,
            started_at,
        })
    }

    /// Fetches one checkout and posts the payments that are not posted yet.
    pub(crate) async fn reconcile_checkout(&self, checkout: &CheckoutRecord) -> Result<(), Error> {
        let found = match self.fetch(checkout).await {
            Ok(found) => found,
            Err(FetchError::Failed(error)) => return Err(error),
            Err(FetchError::NotAskable(_)) => return Err(Refusal::UnreconciledFunds.into()),
        };
        self.record_fetched(checkout, &found).await
    }

    /// Posts the fetched payments that are not posted yet, and records the status of the checkout.
    pub(crate) async fn record_fetched(
        &self,
        checkout: &CheckoutRecord,
        found: &Fetched,
    ) -> Result<(), Error> {
        let mut tx = self.ledger.store.begin().await?;
        let keys = AccountKeys {
            connection_pk: checkout.connection_pk,
            checkouts: &[checkout.pk],
            payments: found.payments.iter().map(|row| row.id.as_str()).collect(),
            ..AccountKeys::default()
        };
        let accounts = self.ledger.accounts(&mut tx, &keys).await?;
        let decision = fetched(accounts, checkout.pk, found, self.ledger.now())?;
        self.ledger.record(&mut tx, decision).await?;
        tx.commit_as(CommitStep::Reconcile).await?;
        Ok(())
    }

    /// Returns a checkout in its present state, unless the gateway reports money on it that is neither
    /// posted nor written off.
    pub(crate) async fn if_reconciled(
        &self,
        checkout_pk: i64,
    ) -> Result<Option<CheckoutRecord>, Error> {
        let checkout = self.checkout(checkout_pk).await?;
        Ok((!checkout.has_unreconciled_amount()).then_some(checkout))
    }

    /// Fetches and posts the money that the gateway reported on a checkout. Sends no request if all
    /// of it is posted or written off. Returns an error if afterwards some of it still is not.
    pub(crate) async fn reconcile_reported(&self, checkout_pk: i64) -> Result<(), Error> {
        let checkout = self.checkout(checkout_pk).await?;
        if !checkout.has_unreconciled_amount() {
            return Ok(());
        }
        self.reconcile_checkout(&checkout).await?;
        match self.if_reconciled(checkout_pk).await? {
            Some(_) => Ok(()),
            // The money is reported but not listed: the list may lag.
            None => Err(Error::pending(CONSISTENCY_WINDOW)),
        }
    }

    /// Reads a checkout in its present state.
    pub(crate) async fn checkout(&self, checkout_pk: i64) -> Result<CheckoutRecord, Error> {
        let mut tx = self.ledger.store.begin_read().await?;
        let account = tx.account_of_checkout(checkout_pk).await?;
        let checkout = account.checkout(checkout_pk).cloned();
        checkout.ok_or_else(|| crate::error::Entity::Checkout.into())
    }
}

/// Fetches the refunds of the listed payments. Sends no request if no payment brought money.
async fn refunds(
    provider: &dyn PaymentProvider,
    locator: &CheckoutLocator,
    payments: &[Payment],
) -> Result<FetchedRefunds, ProviderError> {
    let Some(inquiry) = provider.refund_inquiry() else {
        return Ok(FetchedRefunds::NotAskable);
    };
    if !payments
        .iter()
        .any(|payment| payment.status == PaymentStatus::Succeeded)
    {
        return Ok(FetchedRefunds::Listed(Vec::new()));
    }
    let listed = inquiry.list_refunds(locator, payments).await?;
    Ok(FetchedRefunds::Listed(listed))
}
