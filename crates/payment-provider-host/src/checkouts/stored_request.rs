//! What is stored before the gateway is called.

use std::time::Duration;

use payment_provider_core::CheckoutRequest;

use super::payment_url::{Call, millis};
use super::reference::{self, Origin};
use super::{CheckoutError, CheckoutState, Refusal};
use crate::cash::Account;
use crate::store::{
    CheckoutRow, ConnectionRow, HistoryKind, PayableRow, PaymentRow, StoreError, Transaction,
};
use crate::{Host, Payable, times};

impl Host {
    pub(super) async fn open_payable(
        &self,
        tx: &mut Transaction,
        asked: &Payable,
    ) -> Result<PayableRow, CheckoutError> {
        let amount = asked.amount.minor_units();
        let currency = asked.amount.currency();
        let row = match tx.payable(&asked.organization, &asked.id).await? {
            Some(row) if row.amount == amount && row.currency == currency => return Ok(row),
            Some(row) if row.closed.is_some() => return Ok(row),
            // Money in another currency is in no total, and would be in none of another currency's.
            Some(row) if row.received > 0 || self.is_booked_on(tx, row.pk).await? => {
                return Err(CheckoutError::Refused(Refusal::AmountChanged));
            }
            Some(row) => PayableRow {
                amount,
                applicable: amount,
                currency,
                ..row
            },
            None => PayableRow {
                pk: 0,
                organization: asked.organization.clone(),
                payable: asked.id.clone(),
                currency,
                amount,
                applicable: amount,
                received: 0,
                applied: 0,
                overpaid: 0,
                refunded: 0,
                closed: None,
                created_at: self.now_millis(),
            },
        };
        let pk = tx.put_payable(&row).await?;
        Ok(PayableRow { pk, ..row })
    }

    async fn is_booked_on(
        &self,
        tx: &mut Transaction,
        payable_pk: i64,
    ) -> Result<bool, StoreError> {
        let payments = tx.payments_of_payable(payable_pk).await?;
        Ok(payments.iter().any(PaymentRow::is_booked))
    }

    pub(super) async fn store_request(
        &self,
        tx: &mut Transaction,
        call: &Call<'_>,
        payable: &PayableRow,
        account: &Account,
        attempt: i64,
    ) -> Result<CheckoutRow, CheckoutError> {
        let config = &self.inner.config;
        let now = self.now_millis();
        let origin = Origin {
            installation: &self.inner.installation,
            organization: &payable.organization,
            connection: &call.connection.code,
            payable: &payable.payable,
            attempt,
        };
        let reference = reference::derive(&config.reference_label, &origin)
            .map_err(|error| StoreError::new("derive a reference", error))?;
        let limits = &call.provider.descriptor().limits;
        let lifetime = config
            .checkout_lifetime
            .min(limits.longest_life.unwrap_or(Duration::MAX))
            .max(limits.shortest_life.unwrap_or_default());
        let expires_at = now.saturating_add(millis(lifetime));
        let mut request = CheckoutRequest::new(
            reference.clone(),
            account.due(),
            call.payable.purpose.clone(),
            call.customer.clone(),
            times::from_millis(expires_at),
        );
        request.return_url.clone_from(&call.payable.return_url);
        request.partial_payments = call.payable.partial_payments;
        request.options.clone_from(&call.payable.options);
        if call.provider.descriptor().capabilities.notify_url {
            let ConnectionRow {
                provider,
                organization,
                code,
                ..
            } = &call.connection;
            request.notify_url = self.webhook_url(provider, organization, code);
        }
        let prepared = call
            .provider
            .prepare_checkout(&request)
            .map_err(CheckoutError::Invalid)?;
        let mut row = CheckoutRow {
            pk: 0,
            payable_pk: payable.pk,
            connection_pk: call.connection.pk,
            connection: call.connection.code.clone(),
            attempt,
            reference,
            customer: call.payable.customer.clone(),
            environment: call.connection.environment,
            amount: account.due(),
            partial: request.partial_payments.is_some(),
            prepared,
            expires_at,
            state: CheckoutState::Creating,
            tries: 1,
            tried_at: now,
            gateway_id: None,
            url: None,
            gateway_paid: 0,
            written_off: 0,
            conflicting: false,
            created_at: now,
        };
        row.pk = tx.put_checkout(&row).await?;
        let detail = format!(
            "{} is due and asked for as {}, through the connection {}",
            row.amount, row.reference, row.connection
        );
        self.note(tx, payable.pk, HistoryKind::CheckoutRequested, detail)
            .await?;
        Ok(row)
    }
}
