use payment_provider_core::CheckoutReference;

use super::{CheckoutError, Refusal};
use crate::cash::Closed;
use crate::handler::Cause;
use crate::ledger::{account_of, apply_account};
use crate::store::{CheckoutRow, HistoryKind};
use crate::{Host, Payable};

/// What closing a payable left behind.
#[derive(Debug)]
#[non_exhaustive]
pub struct Closing {
    /// Checkouts on which a payer may still begin a payment, each with the reason. What comes in on
    /// them is booked as late. Closing again tries again.
    pub still_payable: Vec<(CheckoutReference, CheckoutError)>,
    /// Checkouts on which the gateway states money that could not be booked, each with the reason.
    /// Closing again tries again. What it states and never lists can be written off
    /// ([`Host::write_off`]).
    pub unbooked: Vec<(CheckoutReference, CheckoutError)>,
}

impl Host {
    /// Takes no more money for a payable: it was settled in another way, or withdrawn.
    ///
    /// **Contract.** The payable is closed first, durably; then every checkout that could still take
    /// money is ended at the gateway. A payment that was begun before, or that comes in on a checkout
    /// the gateway will not cancel, is booked as [`Late`](crate::cash::Verdict::Late), all of it
    /// surplus; so is what the gateway states to have taken already and no webhook told of, on
    /// whichever checkout of the payable. A payable the runtime has never heard of is remembered as
    /// closed; a call of [`payment_url`](Self::payment_url) that is under way ends what it makes.
    ///
    /// **Idempotency.** The first reason stands; closing again tries again to end what is left, and to
    /// book what is not booked.
    pub async fn close(&self, payable: &Payable, reason: Closed) -> Result<Closing, CheckoutError> {
        if !payable.amount.is_positive() {
            return Err(CheckoutError::Refused(Refusal::NothingOwed));
        }
        let mut closing = Closing {
            still_payable: Vec::new(),
            unbooked: Vec::new(),
        };
        let checkouts = self.close_account(payable, reason).await?;
        crash_point!("close.2-closed");
        for row in checkouts {
            if row.state.may_take_money()
                && let Err(error) = self.end_checkout(&row).await
            {
                closing.still_payable.push((row.reference.clone(), error));
            }
            crash_point!("close.3-ended");
            // Whether it could be ended or not, the answer may have told of money.
            if let Err(error) = self.book_known_money(row.pk).await {
                closing.unbooked.push((row.reference, error));
            }
            crash_point!("close.4-booked");
        }
        Ok(closing)
    }

    /// Ends a checkout that nobody needs any more, unless the gateway will not, and books what it is
    /// known to have taken on it.
    pub(crate) async fn end_if_it_can_be(&self, row: &CheckoutRow) -> Result<(), CheckoutError> {
        match self.end_checkout(row).await {
            Ok(()) | Err(CheckoutError::Refused(Refusal::EarlierStillPayable)) => {}
            Err(error) => return Err(error),
        }
        self.book_known_money(row.pk).await
    }

    /// Closes the account and returns its checkouts.
    async fn close_account(
        &self,
        payable: &Payable,
        reason: Closed,
    ) -> Result<Vec<CheckoutRow>, CheckoutError> {
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        let known = tx.payable(&payable.organization, &payable.id).await?;
        let mut row = match known {
            Some(row) => row,
            None => self.open_payable(&mut tx, payable).await?,
        };
        if row.closed.is_none() {
            let mut account = account_of(&row);
            account.close(reason);
            apply_account(&mut row, &account);
            tx.put_payable(&row).await?;
            let detail = format!(
                "{} by the host: what comes in from now on is surplus",
                reason.as_str()
            );
            self.note(&mut tx, row.pk, HistoryKind::Closed, detail)
                .await?;
            self.tell(&mut tx, row.pk, None, Cause::Closed { reason })
                .await?;
        }
        let checkouts = tx.checkouts_of(row.pk).await?;
        crash_point!("close.1-before-commit");
        tx.commit().await?;
        Ok(checkouts)
    }
}
