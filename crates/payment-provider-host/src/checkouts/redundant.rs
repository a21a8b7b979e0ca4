//! Ends checkouts on which a payer could pay although nothing is due.

use payment_provider_core::CheckoutReference;

use super::Checkouts;
use crate::accounting::CheckoutRecord;
use crate::error::Error;

impl Checkouts {
    /// Ends a checkout that is not needed any more, unless the gateway does not cancel it, and posts the
    /// money that the gateway reports on it.
    pub(crate) async fn end_if_possible(&self, checkout: &CheckoutRecord) -> Result<(), Error> {
        match self.end_checkout(checkout).await {
            Err(error) if !error.is_still_payable() => return Err(error),
            _ => {}
        }
        self.reconciler.reconcile_reported(checkout.pk).await
    }

    /// Ends every redundant checkout of a payable. Returns those that can still be paid, each with the
    /// reason.
    pub(crate) async fn end_redundant(
        &self,
        payable_pk: i64,
    ) -> Result<Vec<(CheckoutReference, Error)>, Error> {
        let mut tx = self.ledger().store.begin_read().await?;
        let account = tx.account(payable_pk).await?;
        drop(tx);
        let mut still_payable = Vec::new();
        for checkout in account.redundant_checkouts() {
            let ended = match self.end_checkout(checkout).await {
                Ok(()) => self.reconciler.reconcile_reported(checkout.pk).await,
                error => error,
            };
            if let Err(error) = ended {
                still_payable.push((checkout.reference.clone(), error));
            }
        }
        Ok(still_payable)
    }

    /// Ends a checkout that must not be paid, as far as possible now. Returns true if it ended.
    pub(super) async fn withdraw(&self, checkout: &CheckoutRecord) -> bool {
        crash_point!("withdrawn.1-made");
        let ended = self.end_checkout(checkout).await;
        if let Err(error) = &ended {
            tracing::warn!(
                reference = %checkout.reference,
                %error,
                "a checkout that is not needed any more can still be paid"
            );
        }
        crash_point!("withdrawn.2-ended");
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
