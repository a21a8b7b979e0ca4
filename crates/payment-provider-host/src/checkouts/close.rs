use payment_provider_core::{CheckoutReference, OrganizationId};

use super::CheckoutError;
use crate::cash::Closed;
use crate::ledger::{account_of, apply_account};
use crate::store::{CheckoutRow, HistoryKind, Store};
use crate::{Host, PayableId};

/// What closing a payable left behind.
#[derive(Debug)]
#[non_exhaustive]
pub struct Closing {
    /// Checkouts on which a payer may still begin a payment, each with the reason. What comes in on
    /// them is booked as late. Closing again tries again.
    pub still_payable: Vec<(CheckoutReference, CheckoutError)>,
}

impl<S: Store> Host<S> {
    /// Takes no more money for a payable: it was settled in another way, or withdrawn.
    ///
    /// **Contract.** The payable is closed first, durably; then every checkout that could still take
    /// money is ended at the gateway. A payment that was begun before, or that comes in on a checkout
    /// the gateway will not cancel, is booked as [`Late`](crate::cash::Verdict::Late), all of it
    /// surplus. A payable the runtime has never heard of has nothing to close.
    ///
    /// **Idempotency.** The first reason stands; closing again tries again to end what is left.
    pub async fn close(
        &self,
        organization: &OrganizationId,
        payable: &PayableId,
        reason: Closed,
    ) -> Result<Closing, CheckoutError> {
        let mut still_payable = Vec::new();
        for row in self.close_account(organization, payable, reason).await? {
            if let Err(error) = self.end_checkout(&row).await {
                still_payable.push((row.reference, error));
            }
        }
        Ok(Closing { still_payable })
    }

    /// Closes the account and returns the checkouts to end.
    async fn close_account(
        &self,
        organization: &OrganizationId,
        payable: &PayableId,
        reason: Closed,
    ) -> Result<Vec<CheckoutRow>, CheckoutError> {
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        let Some(mut row) = store.payable(&mut tx, organization, payable).await? else {
            return Ok(Vec::new());
        };
        if row.closed.is_none() {
            let mut account = account_of(&row);
            account.close(reason);
            apply_account(&mut row, &account);
            store.put_payable(&mut tx, &row).await?;
            let detail = format!("{} by the host", reason.as_str());
            self.note(&mut tx, row.pk, HistoryKind::Closed, detail)
                .await?;
        }
        let checkouts = store.checkouts_of(&mut tx, row.pk).await?;
        store.commit(tx).await?;
        let now = self.now_millis();
        Ok(checkouts
            .into_iter()
            .filter(|checkout| checkout.state.may_take_money() && checkout.expires_at > now)
            .collect())
    }
}
