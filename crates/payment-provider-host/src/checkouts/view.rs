//! The view of a payable: its totals, checkouts, payments, refunds and history.

use std::collections::HashMap;

use payment_provider_core::{CheckoutReference, OrganizationId};

use super::Checkouts;
use crate::accounting::{CheckoutRecord, DisputeRecord, PaymentRecord, RefundRecord, Tracked};
use crate::error::Error;
use crate::payable::{
    HistoryLine, KnownCheckout, KnownDispute, KnownPayment, KnownRefund, PayableView, PendingCancel,
};
use crate::payable_id::PayableId;
use crate::store::{AccountKeys, CancelRow};
use crate::timestamp;

impl Checkouts {
    /// Returns everything known about a payable, from one consistent state of the database.
    pub(crate) async fn view(
        &self,
        organization: &OrganizationId,
        payable: &PayableId,
    ) -> Result<Option<PayableView>, Error> {
        let mut tx = self.ledger().store.begin_read().await?;
        let Some(row) = tx.payable(organization, payable).await? else {
            return Ok(None);
        };
        let keys = AccountKeys {
            payables: &[row.pk],
            with_all_payments: true,
            ..AccountKeys::default()
        };
        let Some(account) = tx.accounts(&keys).await?.pop() else {
            return Ok(None);
        };
        let history = tx.history_of(account.payable.pk).await?;
        let cancels = tx.cancels_of(account.payable.pk).await?;
        let cancel = |checkout: &CheckoutRecord| {
            let pending = cancels.iter().find(|row| row.checkout_pk == checkout.pk);
            pending.filter(|_| checkout.state.may_take_money())
        };
        drop(tx);
        let references: HashMap<i64, &CheckoutReference> = account
            .checkouts
            .iter()
            .map(|checkout| (checkout.pk, &checkout.reference))
            .collect();
        let reference = |checkout_pk: i64| references.get(&checkout_pk).copied().cloned();
        let balance = account.balance();
        let payment = |row: &Tracked<PaymentRecord>| {
            Some(KnownPayment {
                checkout: reference(row.checkout_pk)?,
                payment: row.payment.clone(),
                allocation: row.allocation(),
            })
        };
        let refund = |row: &Tracked<RefundRecord>| {
            Some(KnownRefund {
                checkout: reference(row.checkout_pk)?,
                refund: row.refund.clone(),
            })
        };
        let dispute = |row: &Tracked<DisputeRecord>| {
            Some(KnownDispute {
                checkout: reference(row.checkout_pk)?,
                dispute: row.dispute.clone(),
            })
        };
        let history = history.into_iter().map(|entry| HistoryLine {
            at: timestamp::from_millis(entry.at),
            event: entry.event,
            detail: entry.detail,
        });
        Ok(Some(PayableView {
            amount: payment_provider_core::Money::from_minor_units(
                account.payable.amount,
                account.payable.currency,
            ),
            due: balance.due(),
            received: balance.received(),
            applied: balance.applied(),
            overpaid: balance.overpaid(),
            refunded: balance.refunded(),
            closed: balance.closed(),
            progress: account.progress(),
            checkouts: account
                .checkouts
                .iter()
                .map(|row| known(row, cancel(row)))
                .collect(),
            payments: account.payments.iter().filter_map(payment).collect(),
            refunds: account.refunds.iter().filter_map(refund).collect(),
            disputes: account.disputes.iter().filter_map(dispute).collect(),
            history: history.collect(),
        }))
    }
}

/// Returns the pending work of ending a checkout, for an operator.
pub(super) fn pending(row: &CancelRow) -> PendingCancel {
    PendingCancel {
        requested_at: timestamp::from_millis(row.requested_at),
        attempts: u64::try_from(row.attempts).unwrap_or_default(),
        next_attempt_at: timestamp::from_millis(row.next_attempt),
        error: row.error.clone(),
    }
}

fn known(row: &CheckoutRecord, cancel: Option<&CancelRow>) -> KnownCheckout {
    let url = row.url.as_ref().filter(|_| row.state.may_take_money());
    KnownCheckout {
        reference: row.reference.clone(),
        connection: row.connection.clone(),
        amount: row.amount,
        state: row.state,
        url: url.and_then(|url| url.expose().parse().ok()),
        expires_at: timestamp::from_millis(row.expires_at),
        cancel: cancel.map(pending),
    }
}
