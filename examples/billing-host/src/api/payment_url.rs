use axum::Json;
use axum::extract::State;
use payment_provider_core::ProviderId;
use serde::Serialize;

use super::invoices::{self, Id};
use crate::invoices::ask;
use crate::problem::Problem;
use crate::state::App;

/// The answer, with the fields of Lago's.
#[derive(Serialize)]
pub(super) struct Answer {
    invoice_payment_details: Details,
}

#[derive(Serialize)]
struct Details {
    lago_customer_id: String,
    lago_invoice_id: String,
    external_customer_id: String,
    payment_provider: ProviderId,
    payment_url: String,
}

/// `POST /api/v1/invoices/{id}/payment_url`: the page on which the invoice can be paid. There being
/// no such invoice is refused first; the other reasons are those of [`ask`].
pub(super) async fn give(State(app): State<App>, id: Id) -> Result<Json<Answer>, Problem> {
    let invoice = invoices::named(&app, id).await?;
    let asked = ask(&app, &invoice).await?;
    Ok(Json(Answer {
        invoice_payment_details: Details {
            lago_customer_id: asked.customer.id,
            lago_invoice_id: invoice.id,
            external_customer_id: asked.customer.external_id,
            payment_provider: asked.provider,
            payment_url: asked.page.url.into(),
        },
    }))
}
