//! Taking no more money for an invoice.

use axum::http::StatusCode;
use payment_provider_host::Closing;
use payment_provider_host::cash::Closed;

use super::Invoice;
use super::asking::payable_of;
use super::table::{self, Voiding};
use crate::problem::Problem;
use crate::state::App;

/// Takes no more money for an invoice that is not paid. Doing it again tries again to end what could
/// not be ended; what that is, is in the answer.
pub(crate) async fn void(app: &App, id: &str) -> Result<(Invoice, Closing), Problem> {
    let store = app.host.store();
    let invoice = match table::void(store, id).await? {
        Voiding::Unknown => return Err(Problem::not_found("invoice")),
        Voiding::Paid => {
            let detail = "the invoice is paid";
            return Err(Problem::new(StatusCode::CONFLICT, "invoice_paid", detail));
        }
        Voiding::Voided(invoice) => invoice,
    };
    let closing = app
        .host
        .close(&payable_of(&invoice)?, Closed::Voided)
        .await?;
    // Closing may have found money.
    let invoice = table::find(store, id).await?;
    let invoice = invoice.ok_or_else(|| Problem::not_found("invoice"))?;
    Ok((invoice, closing))
}
