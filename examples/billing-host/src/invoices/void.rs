//! Voiding an invoice.

use axum::http::StatusCode;
use payment_provider_host::accounting::CloseReason;
use payment_provider_host::workflows::CloseOutcome;

use super::Invoice;
use super::lookup::get;
use super::payment_url::payable_of;
use crate::problem::Problem;
use crate::state::App;

/// Voids an invoice that is not paid and cancels its payment links. The result lists the links that could
/// not be cancelled; voiding again tries again.
///
/// The [handler](super::InvoiceHandler) marks the invoice as voided, in the transaction in which the
/// runtime closes the payable. It refuses if the invoice has been paid by then.
pub(crate) async fn void(app: &App, id: &str) -> Result<(Invoice, CloseOutcome), Problem> {
    let invoice = get(app, id).await?;
    if invoice.is_paid() && !invoice.is_voided() {
        return Err(paid());
    }
    let payable = payable_of(&invoice)?;
    match app.host.close(&payable, CloseReason::Voided).await {
        // Read again: closing may have posted a payment.
        Ok(outcome) => Ok((get(app, id).await?, outcome)),
        Err(_) if get(app, id).await?.is_paid() => Err(paid()),
        Err(error) => Err(error.into()),
    }
}

fn paid() -> Problem {
    Problem::new(StatusCode::CONFLICT, "invoice_paid", "the invoice is paid")
}
