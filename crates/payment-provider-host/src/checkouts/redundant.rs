//! Ends checkouts on which a payer could pay although nothing is due.

use payment_provider_core::CheckoutReference;

use super::Checkouts;
use crate::accounting::CheckoutRecord;
use crate::error::Error;
use crate::store::CancelRow;

/// The redundant checkouts that are not ended or not reconciled, each with the reason.
#[derive(Debug, Default)]
pub(crate) struct RedundantOutcome {
    pub(crate) still_payable: Vec<(CheckoutReference, Error)>,
    pub(crate) unreconciled: Vec<(CheckoutReference, Error)>,
}

impl Checkouts {
    /// Ends a checkout that is not needed any more, and posts the money that the gateway reports on
    /// it. A checkout that the gateway does not cancel is no error: it stays open.
    pub(crate) async fn end_if_possible(&self, checkout: &CheckoutRecord) -> Result<(), Error> {
        match self.end_checkout(checkout).await {
            Err(error) if !error.is_still_payable() => return Err(error),
            _ => {}
        }
        self.reconciler.reconcile_reported(checkout.pk).await
    }

    /// Ends every redundant checkout of a payable, and posts the money that the gateway reports on it.
    pub(crate) async fn end_redundant(&self, payable_pk: i64) -> Result<RedundantOutcome, Error> {
        let mut tx = self.ledger().store.begin_read().await?;
        let account = tx.account(payable_pk).await?;
        drop(tx);
        let mut outcome = RedundantOutcome::default();
        for checkout in account.redundant_checkouts() {
            let because = |error| (checkout.reference.clone(), error);
            let ended = self.end_checkout(checkout).await;
            outcome.still_payable.extend(ended.err().map(because));
            // The gateway's answer may have reported money, even if the checkout is not ended.
            let posted = self.reconciler.reconcile_reported(checkout.pk).await;
            outcome.unreconciled.extend(posted.err().map(because));
        }
        Ok(outcome)
    }

    /// Ends a checkout that has to be ended, if it is still so, and posts the money that the gateway reports
    /// on it. It is done once no payer can begin a payment on it and its money is posted, or cannot be fetched.
    pub(crate) async fn finish_cancel(&self, row: &CancelRow) -> Result<(), Error> {
        let mut tx = self.ledger().store.begin_read().await?;
        let account = tx.account_of_checkout(row.checkout_pk).await?;
        drop(tx);
        let mut unwanted = account.unwanted_checkouts();
        let ended = match unwanted.find(|checkout| checkout.pk == row.checkout_pk) {
            Some(checkout) => self.end(checkout, row.attempts > 1).await,
            None => Ok(()),
        };
        // The gateway's answer may have reported money, even if the checkout is not ended.
        match self.reconciler.reconcile_reported(row.checkout_pk).await {
            Err(error) if error.is_transient() => ended.and(Err(error)),
            _ => ended,
        }
    }

    /// Tries to end a checkout that must not be paid, and to post the money on it. Returns true if
    /// the checkout is ended. Errors are only logged.
    pub(super) async fn withdraw(&self, checkout: &CheckoutRecord) -> bool {
        let ended = self.end_checkout(checkout).await;
        if let Err(error) = &ended {
            tracing::warn!(
                reference = %checkout.reference,
                %error,
                "a checkout that is not needed any more can still be paid"
            );
        }
        if let Err(error) = self.reconciler.reconcile_reported(checkout.pk).await {
            tracing::warn!(
                reference = %checkout.reference,
                %error,
                "money on a checkout that is not needed any more is not posted yet"
            );
        }
        ended.is_ok()
    }
}
