//! Closing a payable: no more money is expected for it.

use payment_provider_core::CheckoutReference;

use super::Workflows;
use crate::accounting::{CloseReason, close};
use crate::checkouts::require_positive;
use crate::crash_point::CommitStep;
use crate::error::{Entity, Error, Refusal};
use crate::payable::Payable;

/// The result of closing a payable.
#[derive(Debug)]
#[non_exhaustive]
pub struct CloseOutcome {
    /// Checkouts on which a payer may still begin a payment, each with the reason. Money received on
    /// them is posted as late. Closing again tries again.
    pub still_payable: Vec<(CheckoutReference, Error)>,
    /// Checkouts on which the gateway reports money that could not be posted, each with the reason.
    /// Closing again tries again. Money that it reports and never lists can be written off
    /// ([`Host::write_off`](crate::Host::write_off)).
    pub unreconciled: Vec<(CheckoutReference, Error)>,
}

impl Workflows {
    /// Closes a payable, then ends every checkout of it that may still take money.
    pub(crate) async fn close(
        &self,
        payable: &Payable,
        reason: CloseReason,
    ) -> Result<CloseOutcome, Error> {
        require_positive(payable)?;
        let mut outcome = CloseOutcome {
            still_payable: Vec::new(),
            unreconciled: Vec::new(),
        };
        let ledger = self.ledger();
        let mut tx = ledger.store.begin().await?;
        let known = ledger
            .account_of(&mut tx, &payable.organization, &payable.id)
            .await?;
        let account = if let Some(account) = known {
            account
        } else {
            let opened = self.checkouts.open_account(&mut tx, payable).await?;
            opened.ok_or(Refusal::AmountChanged)?
        };
        let decision = close(account, reason, ledger.now());
        let ((), accounts) = ledger.record(&mut tx, decision).await?;
        tx.commit_as(CommitStep::Close).await?;
        let account = accounts.into_iter().next().ok_or(Entity::Payable)?;
        for checkout in &account.checkouts {
            if checkout.state.may_take_money()
                && let Err(error) = self.checkouts.end_checkout(checkout).await
            {
                let reference = checkout.reference.clone();
                outcome.still_payable.push((reference, error));
            }
            // The gateway's answer may have reported money, even if the checkout is not ended.
            if let Err(error) = self.reconciler().reconcile_reported(checkout.pk).await {
                let reference = checkout.reference.clone();
                outcome.unreconciled.push((reference, error));
            }
        }
        Ok(outcome)
    }
}
