//! Taking no more money for an invoice.

use axum::http::StatusCode;
use payment_provider_host::Closing;
use payment_provider_host::cash::Closed;

use super::Invoice;
use super::payment_url::payable_of;
use super::table;
use crate::problem::Problem;
use crate::state::App;

/// Takes no more money for an invoice that is not paid. Doing it again tries again to end what could
/// not be ended; what that is, is in the answer.
///
/// The invoice is withdrawn by the [handler](super::InvoiceHandler), in the transaction in which the
/// runtime closes its books, and not if it is paid by then.
pub(crate) async fn void(app: &App, id: &str) -> Result<(Invoice, Closing), Problem> {
    let invoice = find(app, id).await?;
    if invoice.is_paid() && !invoice.is_voided() {
        return Err(paid());
    }
    match app.host.close(&payable_of(&invoice)?, Closed::Voided).await {
        // Closing may have found money.
        Ok(closing) => Ok((find(app, id).await?, closing)),
        Err(_) if find(app, id).await?.is_paid() => Err(paid()),
        Err(error) => Err(error.into()),
    }
}

async fn find(app: &App, id: &str) -> Result<Invoice, Problem> {
    let invoice = table::find(app.host.store(), id).await?;
    invoice.ok_or_else(|| Problem::not_found("invoice"))
}

fn paid() -> Problem {
    Problem::new(StatusCode::CONFLICT, "invoice_paid", "the invoice is paid")
}
