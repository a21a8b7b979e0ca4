use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use payment_provider_core::{ConnectionCode, ProviderId};
use payment_provider_host::ConnectionError;
use serde::Serialize;

use super::App;
use super::invoices::{self, Id, payable_of};
use super::problem::Problem;
use crate::customers::{self, Customer};

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

/// `POST /api/v1/invoices/{id}/payment_url`: the page on which the invoice can be paid.
///
/// Refused in this order: there is no such invoice; its customer has no provider; it is paid or
/// voided; the connection is missing; the customer is not linked. What the runtime and the gateway
/// have to say comes after that.
pub(super) async fn give(State(app): State<App>, id: Id) -> Result<Json<Answer>, Problem> {
    let invoice = invoices::named(&app, id).await?;
    let customer = customers::find_by_id(app.host.store(), &invoice.customer_id).await?;
    let customer = customer.ok_or_else(Problem::unavailable)?;
    let (provider, code) = provider_of(&customer)?;
    if invoice.is_paid() || invoice.is_voided() {
        return Err(not_payable());
    }
    let payable = payable_of(&invoice)?;
    match app.host.connection(&payable.organization, &code).await {
        Ok(connection) if connection.provider == provider => {}
        Ok(_) | Err(ConnectionError::NotFound) => {
            let detail = "the connection of the customer does not exist";
            return Err(refused("missing_payment_provider", detail));
        }
        Err(error) => return Err(error.into()),
    }
    let linked = app
        .host
        .connection_of_customer(&payable.organization, &payable.customer)
        .await?;
    if linked != Some(code) {
        let detail = "the customer is not linked to their connection; send the customer again";
        return Err(refused("missing_payment_provider_customer", detail));
    }
    let page = app.host.payment_url(&payable).await?;
    Ok(Json(Answer {
        invoice_payment_details: Details {
            lago_customer_id: customer.id,
            lago_invoice_id: invoice.id,
            external_customer_id: customer.external_id,
            payment_provider: provider,
            payment_url: page.url.into(),
        },
    }))
}

fn provider_of(customer: &Customer) -> Result<(ProviderId, ConnectionCode), Problem> {
    let provider = customer.payment_provider.as_deref().map(ProviderId::new);
    let code = customer
        .payment_provider_code
        .as_deref()
        .map(ConnectionCode::new);
    match (provider, code) {
        (Some(Ok(provider)), Some(Ok(code))) => Ok((provider, code)),
        _ => Err(refused(
            "no_linked_payment_provider",
            "the customer has no payment provider",
        )),
    }
}

fn not_payable() -> Problem {
    let detail = "the invoice is paid or voided";
    refused("invalid_invoice_status_or_payment_status", detail)
}

fn refused(code: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}
