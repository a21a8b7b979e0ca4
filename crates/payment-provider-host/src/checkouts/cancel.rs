use payment_provider_core::{Cancellation, CheckoutLocator, ErrorKind, GatewayCheckoutId};

use super::payment_url::{SETTLING, millis};
use super::{CheckoutError, CheckoutState, Refusal};
use crate::Host;
use crate::handler::Cause;
use crate::store::{CheckoutRow, HistoryKind, Store};

impl<S: Store> Host<S> {
    /// Ends a checkout that may still take money, so that another can be made or none is left.
    pub(super) async fn end_checkout(&self, row: &CheckoutRow) -> Result<(), CheckoutError> {
        let provider = self.open_by_pk(row.connection_pk).await?;
        let ended = match provider.cancel_checkout(&locator(row)).await {
            Ok(ended) => ended,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return self.end_absent(row).await;
            }
            Err(error) => return Err(CheckoutError::Provider(error)),
        };
        let (kind, detail) = match &ended {
            Cancellation::Cancelled(_) => (
                HistoryKind::CheckoutCancelled,
                format!("{} called off", row.reference),
            ),
            Cancellation::AlreadyEnded(found) => (
                HistoryKind::CheckoutChanged,
                format!("{} had ended before: {}", row.reference, found.status),
            ),
            Cancellation::StillPayable(_) => (
                HistoryKind::CheckoutStillPayable,
                format!(
                    "{} is not cancelled by the gateway and is watched",
                    row.reference
                ),
            ),
        };
        let state = row.state.after(&ended.checkout().status);
        let paid = self.record_state(row.pk, state, kind, detail).await?;
        if ended.checkout().amount_paid.minor_units() > paid {
            self.settle_checkout(row.pk).await?;
        }
        match ended {
            Cancellation::StillPayable(_) => {
                Err(CheckoutError::Refused(Refusal::EarlierStillPayable))
            }
            _ => Ok(()),
        }
    }

    /// The gateway knows no such checkout. Soon after it was asked for that is no proof.
    async fn end_absent(&self, row: &CheckoutRow) -> Result<(), CheckoutError> {
        if self.now_millis() < row.created_at.saturating_add(millis(SETTLING)) {
            return Err(CheckoutError::Busy {
                retry_after: SETTLING,
            });
        }
        let detail = format!("{} does not exist at the gateway", row.reference);
        let state = CheckoutState::Failed;
        self.record_state(row.pk, state, HistoryKind::CheckoutFailed, detail)
            .await?;
        Ok(())
    }

    /// Records a state and tells the host. Returns what is booked on the checkout.
    async fn record_state(
        &self,
        pk: i64,
        state: CheckoutState,
        kind: HistoryKind,
        detail: String,
    ) -> Result<i64, CheckoutError> {
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        let mut row = store.checkout_by_pk(&mut tx, pk).await?;
        if row.state != state {
            row.state = state;
            store.put_checkout(&mut tx, &row).await?;
            self.tell(&mut tx, row.payable_pk, Cause::Checkout { state })
                .await
                .map_err(CheckoutError::from)?;
        }
        self.note(&mut tx, row.payable_pk, kind, detail).await?;
        let payments = store.payments_of_checkout(&mut tx, pk).await?;
        store.commit(tx).await?;
        Ok(crate::ledger::booked_on(&payments))
    }
}

pub(crate) fn locator(row: &CheckoutRow) -> CheckoutLocator {
    let gateway_id = row
        .gateway_id
        .clone()
        .and_then(|id| GatewayCheckoutId::new(id).ok());
    CheckoutLocator::new(row.reference.clone(), gateway_id)
}
