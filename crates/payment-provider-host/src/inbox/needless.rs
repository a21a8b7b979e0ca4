//! What can still be paid although nothing is due any more: money that was begun on an earlier
//! checkout arrived while a later one was open.

use std::collections::BTreeSet;

use super::waiting::ApplyError;
use crate::Host;
use crate::ledger::{account_of, booked_on};
use crate::store::{CheckoutRow, DeliveryEnd, DeliveryRow, StoreError, Transaction};

impl Host {
    /// The checkouts of what a delivery is about that a payer could pay for nothing. One that was
    /// paid itself is over, whether or not the gateway has said so yet. What was closed is not looked
    /// at: whoever closed it was told what stayed payable.
    pub(super) async fn needless_checkouts(
        &self,
        tx: &mut Transaction,
        delivery: &DeliveryRow,
    ) -> Result<Vec<CheckoutRow>, StoreError> {
        let mut looked_at = BTreeSet::new();
        let mut needless = Vec::new();
        for event in &delivery.events {
            let matched = self
                .match_subject(tx, delivery.connection_pk, &event.target)
                .await?;
            let new = |row: &CheckoutRow| looked_at.insert(row.payable_pk);
            let Some(about) = matched.checkout.filter(new) else {
                continue;
            };
            needless.extend(self.needless_of(tx, about.payable_pk).await?);
        }
        Ok(needless)
    }

    /// The checkouts of a payable that a payer could pay for nothing.
    pub(crate) async fn needless_of(
        &self,
        tx: &mut Transaction,
        payable_pk: i64,
    ) -> Result<Vec<CheckoutRow>, StoreError> {
        let account = account_of(&tx.payable_by_pk(payable_pk).await?);
        if account.closed().is_some() || !account.due().is_zero() {
            return Ok(Vec::new());
        }
        let mut needless = Vec::new();
        for row in tx.checkouts_of(payable_pk).await? {
            let payments = tx.payments_of_checkout(row.pk).await?;
            let is_paid = booked_on(&row, &payments) >= row.amount.minor_units();
            if row.state.may_take_money() && !is_paid {
                needless.push(row);
            }
        }
        Ok(needless)
    }

    /// Ends these at the gateway, and only then the delivery that made them needless: a crash in
    /// between, or a gateway that is away, and it is tried again.
    pub(super) async fn end_needless(
        &self,
        needless: &[CheckoutRow],
        delivery: &DeliveryRow,
        owner: &str,
        end: DeliveryEnd<'_>,
    ) -> Result<(), ApplyError> {
        for row in needless {
            self.end_if_it_can_be(row)
                .await
                .map_err(|error| ApplyError::Needless(Box::new(error)))?;
        }
        crash_point!("needless.3-ended");
        let store = &self.inner.store;
        let mut tx = store.begin().await?;
        if tx.finish_delivery(delivery.pk, owner, end).await? {
            crash_point!("needless.4-before-commit");
            tx.commit().await?;
            crash_point!("needless.5-committed");
        }
        Ok(())
    }
}
