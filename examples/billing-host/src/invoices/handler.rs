use payment_provider_core::reexport::async_trait;
use payment_provider_host::{HandlerError, PayableChange, PaymentHandler};

use crate::tables::Tx;

/// Brings an invoice up to date in the transaction that records what happened to its payment, so
/// that the two never disagree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InvoiceHandler;

#[async_trait]
impl PaymentHandler<Tx> for InvoiceHandler {
    async fn on_change(&self, tx: &mut Tx, change: &PayableChange<'_>) -> Result<(), HandlerError> {
        let updated = sqlx::query(
            "UPDATE billing_invoices
             SET payment_status = ?, amount_paid_cents = ?, surplus_cents = ?
             WHERE id = ? AND organization_id = ?",
        )
        .bind(change.progress.as_str())
        .bind(change.credited.minor_units())
        .bind(change.surplus.minor_units())
        .bind(change.payable.as_str())
        .bind(change.organization.as_str())
        .execute(&mut **tx)
        .await?;
        if updated.rows_affected() == 0 {
            return Err("a payment concerns an invoice that is not there".into());
        }
        tracing::info!(
            organization = change.organization.as_str(),
            invoice = change.payable.as_str(),
            payment_status = change.progress.as_str(),
            paid = change.credited.minor_units(),
            surplus = change.surplus.minor_units(),
            "invoice updated"
        );
        Ok(())
    }
}
