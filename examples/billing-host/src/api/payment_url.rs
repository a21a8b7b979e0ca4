//! Endpoint for payment URLs.

use axum::Json;
use axum::extract::{RawQuery, State};
use payment_provider_core::ProviderId;
use serde::Serialize;

use super::invoices::of_request;
use crate::access::Access;
use crate::invoices::{self, PathId};
use crate::problem::Problem;
use crate::state::App;

/// Response with the fields of Lago's API.
#[derive(Serialize)]
pub(super) struct PaymentUrlResponse {
    invoice_payment_details: PaymentDetails,
}

#[derive(Serialize)]
struct PaymentDetails {
    lago_customer_id: String,
    lago_invoice_id: String,
    external_customer_id: String,
    payment_provider: ProviderId,
    payment_url: String,
}

/// `POST /api/v1/invoices/{id}/payment_url`: returns the URL at which the invoice can be paid. Refuses an
/// unknown invoice first, then for the reasons of [`payment_url`](invoices::payment_url).
pub(super) async fn create(
    State(app): State<App>,
    access: Access,
    id: PathId,
    RawQuery(query): RawQuery,
) -> Result<Json<PaymentUrlResponse>, Problem> {
    let invoice = of_request(&app, &access, id, query.as_deref()).await?;
    let payment = invoices::payment_url(&app, &invoice).await?;
    Ok(Json(PaymentUrlResponse {
        invoice_payment_details: PaymentDetails {
            lago_customer_id: payment.customer.id,
            lago_invoice_id: invoice.id,
            external_customer_id: payment.customer.external_id,
            payment_provider: payment.provider,
            payment_url: payment.url.url.into(),
        },
    }))
}
