//! Reconciliation: fetches a checkout with its payments, and for a delivery with its refunds, from the
//! gateway, and records them in the ledger.

mod call_limits;
mod fetch;
mod shared_fetches;

use std::sync::Arc;
use std::time::Duration;

use crate::accounting::{Answer, CheckoutRecord, Fetched, fetched, fetched_portion};
use crate::connections::Connections;
use crate::crash_point::CommitStep;
use crate::error::{Error, Refusal};
use crate::ledger::Ledger;
use crate::store::{AccountKeys, Transaction};
pub(crate) use call_limits::CallLimits;
pub(crate) use fetch::{FetchError, FetchScope, LimitedFetchError};
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
    pub(crate) limits: CallLimits,
}

impl Reconciler {
    /// Fetches one checkout and posts the payments that are not posted yet.
    pub(crate) async fn reconcile_checkout(&self, checkout: &CheckoutRecord) -> Result<(), Error> {
        let found = match self.fetch(checkout).await {
            Ok(found) => found,
            Err(FetchError::Failed(error)) => return Err(error),
            Err(FetchError::NotAskable(_)) => return Err(Refusal::UnreconciledFunds.into()),
        };
        self.record_fetched(checkout, found).await
    }

    /// Posts the fetched payments that are not posted yet, and records the status of the checkout.
    pub(crate) async fn record_fetched(
        &self,
        checkout: &CheckoutRecord,
        found: Fetched,
    ) -> Result<(), Error> {
        let mut answer = Answer::from(Arc::new(found));
        loop {
            let is_last = !answer.is_long();
            let tx = self
                .record_portion(checkout.connection_pk, checkout.pk, &answer)
                .await?;
            tx.commit_as(CommitStep::Reconcile).await?;
            if is_last {
                return Ok(());
            }
            answer.advance();
        }
    }

    /// Begins a transaction, and records in it the next portion of a list; with the last portion also
    /// the status of the checkout. The caller commits, and goes on with the portion after it.
    ///
    /// Each portion is decided on the accounts as they are then: other writers may come in between. After
    /// a crash between two of them the next fetch finds the earlier ones recorded.
    pub(crate) async fn record_portion(
        &self,
        connection_pk: i64,
        checkout_pk: i64,
        answer: &Answer,
    ) -> Result<Transaction, Error> {
        let mut tx = self.ledger.store.begin().await?;
        let mut keys = AccountKeys {
            connection_pk,
            checkouts: &[checkout_pk],
            ..AccountKeys::default()
        };
        keys.add_portion(&answer.portion());
        let accounts = self.ledger.accounts(&mut tx, &keys).await?;
        let decide = if answer.is_long() {
            fetched_portion
        } else {
            fetched
        };
        let decision = decide(accounts, checkout_pk, answer, self.ledger.now())?;
        self.ledger.record(&mut tx, decision).await?;
        Ok(tx)
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
