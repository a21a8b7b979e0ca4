//! The payment handler: updates invoices in the transaction that posts their payments.

use payment_provider_core::reexport::async_trait;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_host::Transaction;
use payment_provider_host::accounting::CloseReason;
use payment_provider_host::ledger::{Cause, HandlerError, PayableChange, PaymentHandler};

use crate::tables::in_tx;

/// Updates an invoice in the transaction that changes its payable, so that the two never disagree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InvoiceHandler;

/// Marks an invoice as voided. Fails for a paid invoice, which rolls the whole transaction back.
async fn mark_voided(tx: &mut Transaction, change: &PayableChange<'_>) -> Result<(), HandlerError> {
    let nanos = Timestamp::now().as_nanosecond();
    let updated = in_tx!(tx, connection => {
        sqlx::query(
            "UPDATE billing_invoices SET voided_at = $1
             WHERE id = $2 AND organization_id = $3 AND voided_at IS NULL
                 AND payment_status <> 'succeeded'",
        )
        .bind(i64::try_from(nanos / 1_000_000)?)
        .bind(change.payable.as_str())
        .bind(change.organization.as_str())
        .execute(connection)
        .await?
        .rows_affected()
    });
    if updated == 0 {
        return Err("an invoice that is paid cannot be voided".into());
    }
    Ok(())
}

#[async_trait]
impl PaymentHandler for InvoiceHandler {
    async fn on_change(
        &self,
        tx: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        if let Cause::Closed {
            reason: CloseReason::Voided,
        } = change.cause
        {
            mark_voided(tx, change).await?;
        }
        let updated = in_tx!(tx, connection => {
            sqlx::query(
                "UPDATE billing_invoices
                 SET payment_status = $1, amount_paid_cents = $2, overpaid_cents = $3
                 WHERE id = $4 AND organization_id = $5",
            )
            .bind(change.progress.as_str())
            .bind(change.applied.minor_units())
            .bind(change.overpaid.minor_units())
            .bind(change.payable.as_str())
            .bind(change.organization.as_str())
            .execute(connection)
            .await?
            .rows_affected()
        });
        if updated == 0 {
            return Err("the invoice of a payment does not exist".into());
        }
        tracing::info!(
            organization = change.organization.as_str(),
            invoice = change.payable.as_str(),
            payment_status = change.progress.as_str(),
            paid = change.applied.minor_units(),
            overpaid = change.overpaid.minor_units(),
            "invoice updated"
        );
        Ok(())
    }
}
