use std::collections::HashMap;

use payment_provider_core::{CheckoutReference, Money, OrganizationId};

use crate::cash::progress;
use crate::ledger::account_of;
use crate::payable::{HistoryEntry, KnownCheckout, KnownPayment, KnownRefund};
use crate::store::{CheckoutRow, PaymentRow, RefundRow, StoreError};
use crate::{Host, PayableId, PayableView, times};

impl Host {
    /// Everything known about a payable; `None` if its payment was never asked for.
    pub async fn payable(
        &self,
        organization: &OrganizationId,
        payable: &PayableId,
    ) -> Result<Option<PayableView>, StoreError> {
        let store = &self.inner.store;
        let mut tx = store.begin_read().await?;
        let Some(row) = tx.payable(organization, payable).await? else {
            return Ok(None);
        };
        let checkouts = tx.checkouts_of(row.pk).await?;
        let payments = tx.payments_of_payable(row.pk).await?;
        let refunds = tx.refunds_of_payable(row.pk).await?;
        let history = tx.history_of(row.pk).await?;
        drop(tx);
        let references: HashMap<i64, CheckoutReference> = checkouts
            .iter()
            .map(|checkout| (checkout.pk, checkout.reference.clone()))
            .collect();

        let account = account_of(&row);
        let latest = checkouts.last().map(|checkout| checkout.state);
        let known_checkout = |row: CheckoutRow| {
            let url = row.url.filter(|_| row.state.may_take_money());
            KnownCheckout {
                reference: row.reference,
                connection: row.connection,
                amount: row.amount,
                state: row.state,
                url: url.and_then(|url| url.expose().parse().ok()),
                expires_at: times::from_millis(row.expires_at),
            }
        };
        let known_payment = |row: PaymentRow| {
            let currency = row.payment.amount.currency();
            Some(KnownPayment {
                checkout: references.get(&row.checkout_pk)?.clone(),
                payment: row.payment,
                verdict: row.allocation_outcome,
                credited: Money::from_minor_units(row.applied, currency),
                surplus: Money::from_minor_units(row.overpaid, currency),
            })
        };
        let known_refund = |row: RefundRow| {
            Some(KnownRefund {
                checkout: references.get(&row.checkout_pk)?.clone(),
                refund: row.refund,
            })
        };
        Ok(Some(PayableView {
            amount: Money::from_minor_units(row.amount, row.currency),
            due: account.due(),
            received: account.received(),
            credited: account.credited(),
            surplus: account.surplus(),
            refunded: account.refunded(),
            closed: account.closed(),
            progress: progress(row.amount, &account, latest),
            checkouts: checkouts.into_iter().map(known_checkout).collect(),
            payments: payments.into_iter().filter_map(known_payment).collect(),
            refunds: refunds.into_iter().filter_map(known_refund).collect(),
            history: history
                .into_iter()
                .map(|entry| HistoryEntry {
                    at: times::from_millis(entry.at),
                    kind: entry.kind,
                    detail: entry.detail,
                })
                .collect(),
        }))
    }
}
