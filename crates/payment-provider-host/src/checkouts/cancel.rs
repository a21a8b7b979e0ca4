use std::time::Duration;

use payment_provider_core::{
    Cancellation, Checkout, CheckoutLocator, CheckoutStatus, ErrorKind, GatewayCheckoutId,
    ProviderError, RetryAdvice,
};

use super::payment_url::{SETTLING, millis};
use super::{CheckoutError, CheckoutState, Refusal};
use crate::connections::ConnectionError;
use crate::store::{CheckoutRow, HistoryKind};
use crate::{Host, times};

/// After how much time past its end a checkout is over even if the gateway cannot be asked.
const LONG_GONE: Duration = Duration::from_hours(7 * 24);

impl Host {
    /// Ends a checkout that may still take money, so that another can be made or none is left. What
    /// the gateway says was paid on it is recorded with its state; who closes or plans next books it.
    /// One that somebody else ended meanwhile is as it shall be.
    pub(crate) async fn end_checkout(&self, row: &CheckoutRow) -> Result<(), CheckoutError> {
        let provider = match self.open_by_pk(row.connection_pk).await {
            Ok(provider) => provider,
            Err(error) => return self.end_unreachable(row, error.into()).await,
        };
        let locator = locator(row);
        crash_point!("end.1-asked");
        let ended = match provider.cancel_checkout(&locator).await {
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                let found = provider.fetch_checkout(&locator).await;
                if matches!(&found, Err(error) if error.kind() == ErrorKind::Unsupported) {
                    return self.end_by_clock(row).await;
                }
                found.map(|found| {
                    if found.status.is_payable() {
                        Cancellation::StillPayable(found)
                    } else {
                        Cancellation::AlreadyEnded(found)
                    }
                })
            }
            answer => answer,
        };
        let ended = match ended {
            Ok(ended) => ended,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return self.end_absent(row, error).await;
            }
            Err(error) => {
                return self
                    .end_unreachable(row, CheckoutError::Provider(error))
                    .await;
            }
        };
        crash_point!("end.2-answered");
        let (kind, detail) = match &ended {
            Cancellation::Cancelled(_) => (
                HistoryKind::CheckoutCancelled,
                format!("{} is called off: no new payment can begin", row.reference),
            ),
            Cancellation::AlreadyEnded(found) => (
                HistoryKind::CheckoutChanged,
                format!(
                    "{} was to be called off but had ended before: the gateway says {}",
                    row.reference, found.status
                ),
            ),
            Cancellation::StillPayable(_) => (
                HistoryKind::CheckoutStillPayable,
                format!(
                    "{} is not called off, the gateway will not: it can be paid until it expires",
                    row.reference
                ),
            ),
        };
        self.record_end(row.pk, ended.checkout(), kind, detail)
            .await?;
        crash_point!("end.4-recorded");
        match ended {
            Cancellation::StillPayable(_) => {
                Err(CheckoutError::Refused(Refusal::EarlierStillPayable))
            }
            _ => Ok(()),
        }
    }

    /// The gateway neither calls checkouts off nor tells how they stand. As long as there is time
    /// one can be paid; then, with nobody to ask, our clock decides. Should money come in on it all
    /// the same, it is booked.
    async fn end_by_clock(&self, row: &CheckoutRow) -> Result<(), CheckoutError> {
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        let mut now = tx.checkout_by_pk(row.pk).await?;
        if !now.state.may_take_money() {
            return Ok(());
        }
        let is_over = self.now_millis() >= now.expires_at && !now.conflicting;
        let (kind, detail) = if is_over {
            now.state = now.state.after(&CheckoutStatus::Expired);
            (
                HistoryKind::CheckoutChanged,
                format!(
                    "{} is taken for expired: its time is over, and the gateway cannot be asked \
                     about it",
                    now.reference
                ),
            )
        } else {
            (
                HistoryKind::CheckoutStillPayable,
                format!(
                    "{} cannot be called off, the gateway has no means for it: it can be paid \
                     until its time is over",
                    now.reference
                ),
            )
        };
        self.note(&mut tx, now.payable_pk, kind, detail).await?;
        if is_over {
            self.put_state(&mut tx, &now).await?;
        }
        crash_point!("by-clock.1-before-commit");
        tx.commit().await?;
        crash_point!("by-clock.2-recorded");
        if is_over {
            Ok(())
        } else {
            Err(CheckoutError::Refused(Refusal::EarlierStillPayable))
        }
    }

    /// The gateway knows no such checkout. That proves something only of one that was never seen
    /// there, some time after it was last asked for, if nobody asks for it meanwhile.
    async fn end_absent(
        &self,
        row: &CheckoutRow,
        error: ProviderError,
    ) -> Result<(), CheckoutError> {
        let store = &self.inner.store;
        let settled = |since: i64| self.now_millis() >= since.saturating_add(millis(SETTLING));
        let mut tx = store.begin().await?;
        let mut now = tx.checkout_by_pk(row.pk).await?;
        if !now.state.may_take_money() {
            return Ok(());
        }
        let (state, kind, so) = match now.state {
            CheckoutState::Creating if now.tries == row.tries && settled(now.tried_at) => (
                CheckoutState::Failed,
                HistoryKind::CheckoutFailed,
                "it was never made",
            ),
            CheckoutState::Creating => {
                return Err(CheckoutError::Busy {
                    retry_after: SETTLING,
                });
            }
            // It was there once. Whatever became of it, its time is over.
            _ if settled(now.expires_at) => (
                CheckoutState::Expired,
                HistoryKind::CheckoutChanged,
                "its time is over",
            ),
            _ => return Err(CheckoutError::Provider(error)),
        };
        now.state = state;
        let detail = format!("{} is not known to the gateway: {so}", now.reference);
        self.note(&mut tx, now.payable_pk, kind, detail).await?;
        self.put_state(&mut tx, &now).await?;
        crash_point!("absent.1-before-commit");
        tx.commit().await?;
        crash_point!("absent.2-recorded");
        Ok(())
    }

    /// The gateway cannot be asked: its keys were revoked, say. What ended long ago by our clock is
    /// taken to have ended; should money come in on it all the same, it is booked.
    async fn end_unreachable(
        &self,
        row: &CheckoutRow,
        error: CheckoutError,
    ) -> Result<(), CheckoutError> {
        // A fault that passes says nothing, and the end of another link than ours is not known.
        let is_final = match &error {
            CheckoutError::Provider(error) => error.retry() == RetryAdvice::Never,
            CheckoutError::Connection(error) => !matches!(error, ConnectionError::Store(_)),
            _ => false,
        };
        let long_gone = self.now_millis() >= row.expires_at.saturating_add(millis(LONG_GONE));
        if !is_final || !long_gone || row.conflicting {
            return Err(error);
        }
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        let mut now = tx.checkout_by_pk(row.pk).await?;
        if !now.state.may_take_money() {
            return Ok(());
        }
        now.state = now.state.after(&CheckoutStatus::Expired);
        let detail = format!(
            "{} is taken for expired: its time was over long ago, and the gateway cannot be asked \
             about it: {error}",
            now.reference
        );
        self.note(
            &mut tx,
            now.payable_pk,
            HistoryKind::CheckoutChanged,
            detail,
        )
        .await?;
        self.put_state(&mut tx, &now).await?;
        crash_point!("unreachable.1-before-commit");
        tx.commit().await?;
        crash_point!("unreachable.2-recorded");
        Ok(())
    }

    async fn record_end(
        &self,
        pk: i64,
        found: &Checkout,
        kind: HistoryKind,
        detail: String,
    ) -> Result<(), CheckoutError> {
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        let mut row = tx.checkout_by_pk(pk).await?;
        if kind == HistoryKind::CheckoutStillPayable {
            // Its end is not what was asked for, and cannot have been before now. The gateway may
            // have brought it forward.
            let told = found.expires_at.map(times::to_millis);
            row.expires_at = told.unwrap_or(row.expires_at).max(self.now_millis());
        }
        self.note(&mut tx, row.payable_pk, kind, detail).await?;
        self.record_statement(&mut tx, &mut row, found).await?;
        crash_point!("end.3-before-commit");
        tx.commit().await?;
        Ok(())
    }
}

pub(crate) fn locator(row: &CheckoutRow) -> CheckoutLocator {
    let gateway_id = row
        .gateway_id
        .clone()
        .and_then(|id| GatewayCheckoutId::new(id).ok());
    CheckoutLocator::new(row.reference.clone(), gateway_id)
}
