//! Creating an invoice for a request that may be repeated.

use axum::http::StatusCode;
use payment_provider_host::Host;
use serde_json::json;

use super::table::{Invoice, NewInvoice, insert_in};
use crate::idempotency::Attempt;
use crate::problem::Problem;

/// Inserts an invoice and records its id as the answer of the request, in one transaction.
pub(crate) async fn insert_once(
    host: &Host,
    new: &NewInvoice,
    attempt: &Attempt,
) -> Result<Invoice, Problem> {
    let mut tx = host.begin().await?;
    let invoice = insert_in(&mut tx, new).await?;
    let made = json!({"id": invoice.id});
    attempt.record(&mut tx, StatusCode::CREATED, &made).await?;
    host.commit(tx).await?;
    Ok(invoice)
}
