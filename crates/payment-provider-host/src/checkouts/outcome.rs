//! What the gateway's answer to a creation proves.

use payment_provider_core::{Checkout, Effect, ErrorKind, NextAction, ProviderError};

use super::payment_url::{Call, SETTLING, UrlOrigin, millis};
use super::{CheckoutError, CheckoutState};
use crate::Host;
use crate::handler::Cause;
use crate::store::{CheckoutRow, HistoryKind, Store, SubjectName};

impl<S: Store> Host<S> {
    /// Records that the checkout exists. Also tells whether its payable was closed while the
    /// gateway was asked.
    pub(super) async fn record_made(
        &self,
        pk: i64,
        made: &Checkout,
        origin: UrlOrigin,
    ) -> Result<(CheckoutRow, bool), CheckoutError> {
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        let mut row = store.checkout_by_pk(&mut tx, pk).await?;
        let closed = store
            .payable_by_pk(&mut tx, row.payable_pk)
            .await?
            .closed
            .is_some();
        let first = row.state == CheckoutState::Creating;
        row.state = row.state.after(&made.status);
        row.gateway_id = made
            .gateway_id
            .as_ref()
            .map(ToString::to_string)
            .or(row.gateway_id);
        if let NextAction::Redirect(url) = &made.next_action {
            row.url = Some(url.to_string());
        }
        store.put_checkout(&mut tx, &row).await?;
        let mut names = vec![SubjectName::Reference(row.reference.to_string())];
        names.extend(row.gateway_id.clone().map(SubjectName::GatewayId));
        if store
            .requeue_unmatched(&mut tx, row.connection_pk, &names, self.now_millis())
            .await?
            > 0
        {
            self.inner.arrival.notify_one();
        }
        if first {
            let how = if origin == UrlOrigin::Created {
                "made"
            } else {
                "found"
            };
            let detail = format!("{how} at the gateway, {}", row.state.as_str());
            self.note(
                &mut tx,
                row.payable_pk,
                HistoryKind::CheckoutCreated,
                detail,
            )
            .await?;
            self.tell(
                &mut tx,
                row.payable_pk,
                Cause::Checkout { state: row.state },
            )
            .await
            .map_err(CheckoutError::from)?;
        }
        store.commit(tx).await?;
        Ok((row, closed))
    }

    /// Records a refusal, and whether it proves that the checkout was never made. A refusal of the
    /// only try is proof. After a try whose outcome is not known it takes more: the gateway has to
    /// say that there is none, long enough after it was first asked.
    pub(super) async fn record_refused(
        &self,
        call: &Call<'_>,
        row: CheckoutRow,
        error: ProviderError,
    ) -> Result<CheckoutError, CheckoutError> {
        let store = &self.inner.store;
        let refused = error.effect() != Effect::MaybeApplied;
        let taken = error.kind() == ErrorKind::Conflict;
        let absent = refused && row.tries > 1 && !taken && self.is_absent(call, &row).await;
        let mut tx = store.begin().await?;
        let mut row = store.checkout_by_pk(&mut tx, row.pk).await?;
        if row.state == CheckoutState::Creating {
            // Counted again: another caller may have begun a try meanwhile.
            let never_made = taken || (refused && row.tries == 1) || absent;
            if never_made {
                row.state = CheckoutState::Failed;
                store.put_checkout(&mut tx, &row).await?;
            }
            self.note(
                &mut tx,
                row.payable_pk,
                HistoryKind::CheckoutFailed,
                error.to_string(),
            )
            .await?;
            if never_made {
                self.tell(
                    &mut tx,
                    row.payable_pk,
                    Cause::Checkout { state: row.state },
                )
                .await
                .map_err(CheckoutError::from)?;
            }
            store.commit(tx).await?;
        }
        Ok(CheckoutError::Provider(error))
    }

    async fn is_absent(&self, call: &Call<'_>, row: &CheckoutRow) -> bool {
        if self.now_millis() < row.created_at.saturating_add(millis(SETTLING)) {
            return false;
        }
        let fetched = call
            .provider
            .fetch_checkout(&row.reference.clone().into())
            .await;
        fetched.is_err_and(|error| error.kind() == ErrorKind::NotFound)
    }
}
