//! The ledger: loads accounts under their locks, lets the pure core decide, stores the decision and
//! notifies the host's handler, all in one transaction. It knows no gateway.

pub mod audit;
mod change;
mod handler;

use std::sync::Arc;

use payment_provider_core::{Clock, OrganizationId};
use tokio::sync::Notify;

pub use change::{Cause, ChangeKey, PayableChange};
pub use handler::{HandlerError, PaymentHandler};

use crate::accounting::{Account, AuditEvent, Change, Decision, HistoryEntry};
use crate::crash_point::Moment;
use crate::error::{Error, ErrorKind};
use crate::payable_id::PayableId;
use crate::store::{AccountKeys, Store, StoreError, Transaction};

/// The time, in milliseconds, in which the caller that made a checkout unwanted ends it. Afterwards the worker
/// does.
const CANCEL_GRACE: i64 = 60 * 1_000;

/// Records decisions about money, each with the host's reaction to it.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    pub(crate) store: Store,
    clock: Arc<dyn Clock>,
    handler: Arc<dyn PaymentHandler>,
    /// Wakes the inbox worker of this process: a delivery may be due.
    wake: Arc<Notify>,
}

impl Ledger {
    pub(crate) fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        handler: Arc<dyn PaymentHandler>,
        wake: Arc<Notify>,
    ) -> Self {
        Self {
            store,
            clock,
            handler,
            wake,
        }
    }

    /// The present time in milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        crate::timestamp::to_millis(self.clock.now())
    }

    /// Wakes the inbox worker of this process.
    pub(crate) fn wake_inbox(&self) {
        self.wake.notify_one();
    }

    /// Waits until the inbox worker of this process is woken.
    pub(crate) async fn inbox_woken(&self) {
        self.wake.notified().await;
    }

    /// Loads and locks the accounts that any of these keys leads to.
    pub(crate) async fn accounts(
        &self,
        tx: &mut Transaction,
        keys: &AccountKeys<'_>,
    ) -> Result<Vec<Account>, StoreError> {
        tx.accounts(keys).await
    }

    /// Loads and locks the account of a payable, without payments; `None` if it is unknown.
    pub(crate) async fn account_of(
        &self,
        tx: &mut Transaction,
        organization: &OrganizationId,
        payable: &PayableId,
    ) -> Result<Option<Account>, StoreError> {
        match tx.payable(organization, payable).await? {
            Some(row) => tx.account(row.pk).await.map(Some),
            None => Ok(None),
        }
    }

    /// Stores a decision in the transaction, with the checkouts that have to be ended after it, and notifies
    /// the host's handler of every change. The
    /// caller commits; then the inbox worker is woken if a waiting delivery became due.
    pub(crate) async fn record<T>(
        &self,
        tx: &mut Transaction,
        mut decision: Decision<T>,
    ) -> Result<(T, Vec<Account>), Error> {
        Moment::Decided.pass();
        let now = self.now();
        let requeued = tx.save(&mut decision, now).await?;
        let unwanted = decision
            .accounts
            .iter()
            .flat_map(Account::unwanted_checkouts);
        let unwanted: Vec<i64> = unwanted.map(|checkout| checkout.pk).collect();
        let from = now.saturating_add(CANCEL_GRACE);
        tx.request_cancels(&unwanted, now, from).await?;
        for notification in &decision.notifications {
            let payable = &decision.accounts[notification.account].payable;
            let change = PayableChange::of(&payable.organization, &payable.payable, notification);
            self.handler
                .on_change(tx, &change)
                .await
                .map_err(|error| Error::with_source(ErrorKind::Handler, error))?;
            let handled = match notification.change {
                Change::Posted { .. } => Moment::PostedHandled,
                Change::Attempted { .. } => Moment::AttemptedHandled,
                Change::Refunded { .. } => Moment::RefundedHandled,
                Change::Closed { .. } => Moment::ClosedHandled,
                Change::Checkout { .. } => Moment::CheckoutHandled,
            };
            handled.pass();
        }
        if requeued > 0 {
            tx.wake_after_commit(&self.wake);
        }
        Ok((decision.outcome, decision.accounts))
    }

    /// Begins a transaction that writes, with the account of a checkout loaded and locked.
    pub(crate) async fn begin_on_checkout(
        &self,
        checkout_pk: i64,
    ) -> Result<(Transaction, Account), StoreError> {
        let mut tx = self.store.begin().await?;
        let account = tx.account_of_checkout(checkout_pk).await?;
        Ok((tx, account))
    }

    /// Adds an entry to the history of a payable.
    pub(crate) async fn record_history(
        &self,
        tx: &mut Transaction,
        payable_pk: i64,
        event: AuditEvent,
        detail: String,
    ) -> Result<(), StoreError> {
        let entry = HistoryEntry {
            payable_pk,
            at: self.now(),
            event,
            detail,
            delivery_pk: None,
        };
        tx.append_history(&[entry]).await
    }
}
