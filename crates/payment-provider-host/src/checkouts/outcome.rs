//! What the gateway's answer to a creation proves.

use payment_provider_core::{Checkout, Effect, ErrorKind, ProviderError, RetryAdvice};

use super::payment_url::{Call, SETTLING, UrlOrigin, millis};
use super::{CheckoutError, CheckoutState};
use crate::Host;
use crate::store::{CheckoutRow, HistoryKind};

/// What happened to a payable while the gateway was asked for its checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meanwhile {
    Nothing,
    /// It takes no more money.
    Closed,
    /// Its customer does not pay through this connection any more.
    Moved,
    /// This checkout was taken for one that was never made, and another was asked for.
    Replaced,
}

impl Host {
    /// Records that the checkout exists, and what is paid on it. Also tells what happened while the
    /// gateway was asked.
    pub(super) async fn record_made(
        &self,
        pk: i64,
        made: &Checkout,
        origin: UrlOrigin,
    ) -> Result<(CheckoutRow, Meanwhile), CheckoutError> {
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        let mut row = tx.checkout_by_pk(pk).await?;
        let payable = tx.payable_by_pk(row.payable_pk).await?;
        if row.state == CheckoutState::Creating {
            let how = if origin == UrlOrigin::Created {
                "made at the gateway"
            } else {
                "found at the gateway, where an earlier try had made it"
            };
            let detail = format!("{} is {how}; its status is {}", row.reference, made.status);
            self.note(
                &mut tx,
                row.payable_pk,
                HistoryKind::CheckoutCreated,
                detail,
            )
            .await?;
        }
        self.record_statement(&mut tx, &mut row, made).await?;
        let others = tx.checkouts_of(payable.pk).await?;
        let linked = tx
            .link_of_customer(&payable.organization, &row.customer)
            .await?;
        crash_point!("checkout.5-before-commit");
        tx.commit().await?;
        let meanwhile = if payable.closed.is_some() {
            Meanwhile::Closed
        } else if linked != Some(row.connection_pk) {
            Meanwhile::Moved
        } else if others.iter().any(|other| other.attempt > row.attempt) {
            Meanwhile::Replaced
        } else {
            Meanwhile::Nothing
        };
        Ok((row, meanwhile))
    }

    /// Records a refusal, and whether it proves that the checkout was never made. A final refusal of
    /// the only try is proof. After a try whose outcome is not known it takes more: the gateway has
    /// to say that there is none, long enough after it was last asked for.
    pub(super) async fn record_refused(
        &self,
        call: &Call<'_>,
        row: CheckoutRow,
        tried_before: Option<i64>,
        error: ProviderError,
    ) -> Result<CheckoutError, CheckoutError> {
        crash_point!("refused.1-told");
        let store = &self.inner.store;
        let refused = error.effect() != Effect::MaybeApplied && error.retry() == RetryAdvice::Never;
        // The try that was refused did nothing; one before it is what may have.
        let never_made = match tried_before {
            None => refused,
            Some(at) => refused && self.is_absent(call, &row, at).await,
        };
        let mut tx = store.begin().await?;
        let mut now = tx.checkout_by_pk(row.pk).await?;
        if now.state == CheckoutState::Creating {
            // Another caller may have begun a try meanwhile; then nothing is proved.
            let failed = never_made && now.tries == row.tries;
            let then = if failed {
                "it was not made"
            } else {
                "whether it was made is found out before another is asked for"
            };
            let detail = format!("{}: {error}; {then}", now.reference);
            let kind = HistoryKind::CheckoutFailed;
            self.note(&mut tx, now.payable_pk, kind, detail).await?;
            if failed {
                now.state = CheckoutState::Failed;
                self.put_state(&mut tx, &now).await?;
            }
            // A try that certainly did nothing does not count as asking.
            if now.tries == row.tries && error.effect() != Effect::MaybeApplied {
                now.tried_at = tried_before.unwrap_or(now.tried_at);
                tx.put_checkout(&now).await?;
            }
            crash_point!("refused.3-before-commit");
            tx.commit().await?;
            crash_point!("refused.4-recorded");
        }
        Ok(CheckoutError::Provider(error))
    }

    /// Remembers that what the gateway has under this reference is not what was asked for.
    pub(super) async fn record_conflict(
        &self,
        pk: i64,
        error: &ProviderError,
    ) -> Result<(), CheckoutError> {
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        let mut row = tx.checkout_by_pk(pk).await?;
        row.conflicting = true;
        row.url = None;
        tx.put_checkout(&row).await?;
        let detail = format!(
            "{} is something else at the gateway than was asked for, so it is called off: {error}",
            row.reference
        );
        self.note(&mut tx, row.payable_pk, HistoryKind::Mismatch, detail)
            .await?;
        crash_point!("conflict.2-before-commit");
        tx.commit().await?;
        Ok(())
    }

    async fn is_absent(&self, call: &Call<'_>, row: &CheckoutRow, tried_before: i64) -> bool {
        if self.now_millis() < tried_before.saturating_add(millis(SETTLING)) {
            return false;
        }
        let fetched = call
            .provider
            .fetch_checkout(&row.reference.clone().into())
            .await;
        crash_point!("refused.2-looked-up");
        fetched.is_err_and(|error| error.kind() == ErrorKind::NotFound)
    }
}
