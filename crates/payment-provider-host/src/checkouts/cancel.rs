//! Ends a checkout at its gateway, or finds out that it ended.

use std::time::Duration;

use payment_provider_core::{Cancellation, ProviderErrorKind, RetryAdvice};

use super::Checkouts;
use crate::accounting::{
    CheckoutRecord, EndOutcome, cancelled, expired_by_clock, expired_unreachable, not_found,
};
use crate::crash_point::CommitStep;
use crate::error::{Error, ErrorKind, Refusal};
use crate::reconcile::CONSISTENCY_WINDOW;
use crate::timestamp::millis;

/// The time after which an expired checkout counts as ended even if the gateway cannot be asked.
const UNREACHABLE_GRACE: Duration = Duration::from_hours(7 * 24);

impl Checkouts {
    /// Ends a checkout that may still take money, so that another one can be created or none
    /// remains. The state and the paid amount that the gateway reports are recorded; the next
    /// reconciliation posts the amount. A checkout that ended meanwhile counts as ended by this
    /// call.
    pub(crate) async fn end_checkout(&self, checkout: &CheckoutRecord) -> Result<(), Error> {
        self.end(checkout, false).await
    }

    /// Ends a checkout as above. If the call is `repeated`, a gateway that does not cancel the checkout is
    /// recorded no more.
    pub(super) async fn end(&self, checkout: &CheckoutRecord, repeated: bool) -> Result<(), Error> {
        let provider = match self.connections().open_by_pk(checkout.connection_pk).await {
            Ok(provider) => provider,
            Err(error) => return self.end_unreachable(checkout, error).await,
        };
        let locator = checkout.locator();
        let answer = match provider.cancel_checkout(&locator).await {
            Err(error) if error.kind() == ProviderErrorKind::Unsupported => {
                match provider.fetch_checkout(&locator).await {
                    Err(error) if error.kind() == ProviderErrorKind::Unsupported => {
                        return self.end_by_clock(checkout, repeated).await;
                    }
                    Ok(found) if found.status.is_payable() => Ok(Cancellation::StillPayable(found)),
                    Ok(found) => Ok(Cancellation::AlreadyEnded(found)),
                    Err(error) => Err(error),
                }
            }
            answer => answer,
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.kind() == ProviderErrorKind::NotFound => {
                return self.end_not_found(checkout, error.into()).await;
            }
            Err(error) => return self.end_unreachable(checkout, error.into()).await,
        };
        let ledger = self.ledger();
        let (mut tx, account) = ledger.begin_on_checkout(checkout.pk).await?;
        let decision = cancelled(account, checkout.pk, &answer, repeated, ledger.now());
        ledger.record(&mut tx, decision).await?;
        tx.commit_as(CommitStep::End).await?;
        match answer {
            Cancellation::StillPayable(_) => Err(Refusal::EarlierStillPayable.into()),
            _ => Ok(()),
        }
    }

    /// Ends a checkout at a gateway that neither cancels checkouts nor has a status API.
    async fn end_by_clock(&self, checkout: &CheckoutRecord, repeated: bool) -> Result<(), Error> {
        let ledger = self.ledger();
        let (mut tx, account) = ledger.begin_on_checkout(checkout.pk).await?;
        let decision = expired_by_clock(account, checkout.pk, repeated, ledger.now());
        let (outcome, _) = ledger.record(&mut tx, decision).await?;
        tx.commit_as(CommitStep::ByClock).await?;
        match outcome {
            EndOutcome::StillPayable => Err(Refusal::EarlierStillPayable.into()),
            _ => Ok(()),
        }
    }

    /// Ends a checkout that the gateway does not know. Returns an error if that does not prove its
    /// end.
    async fn end_not_found(&self, checkout: &CheckoutRecord, error: Error) -> Result<(), Error> {
        let ledger = self.ledger();
        let (mut tx, account) = ledger.begin_on_checkout(checkout.pk).await?;
        let (tries, window) = (checkout.tries, millis(CONSISTENCY_WINDOW));
        let decision = not_found(account, checkout.pk, tries, window, ledger.now());
        let (outcome, _) = ledger.record(&mut tx, decision).await?;
        match outcome {
            EndOutcome::TooEarly => return Err(Error::pending(CONSISTENCY_WINDOW)),
            EndOutcome::Unproven | EndOutcome::StillPayable => return Err(error),
            EndOutcome::Ended => {}
        }
        tx.commit_as(CommitStep::NotFound).await?;
        Ok(())
    }

    /// Ends a checkout whose gateway cannot be asked, for instance because the credentials were
    /// revoked: a checkout that expired long ago ([`UNREACHABLE_GRACE`]) counts as ended.
    async fn end_unreachable(&self, checkout: &CheckoutRecord, error: Error) -> Result<(), Error> {
        // A transient error proves nothing, and the end of a conflicting checkout is not known.
        let is_final = match error.kind() {
            ErrorKind::Provider(error) => error.retry() == RetryAdvice::Never,
            ErrorKind::Storage => false,
            _ => true,
        };
        let ledger = self.ledger();
        let ended_at = checkout
            .expires_at
            .saturating_add(millis(UNREACHABLE_GRACE));
        if !is_final || ledger.now() < ended_at || checkout.conflicting {
            return Err(error);
        }
        let (mut tx, account) = ledger.begin_on_checkout(checkout.pk).await?;
        let reason = error.to_string();
        let decision = expired_unreachable(account, checkout.pk, &reason, ledger.now());
        ledger.record(&mut tx, decision).await?;
        tx.commit_as(CommitStep::Unreachable).await?;
        Ok(())
    }
}
