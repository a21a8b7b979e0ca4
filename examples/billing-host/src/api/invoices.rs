//! Endpoints for invoices.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use payment_provider_core::{CheckoutReference, CustomerId, Money, OrganizationId, ViolationCode};
use payment_provider_host::Error;
use payment_provider_host::payable::Payable;
use serde_json::{Value, json};

use super::body::JsonBody;
use super::fields::Fields;
use super::{invoice_view, query};
use crate::customers;
use crate::invoices::{self, MAX_PURPOSE_CHARS, NewInvoice, PathId, payable_of};
use crate::problem::Problem;
use crate::state::App;

const FIELDS: &[&str] = &[
    "organization_id",
    "external_customer_id",
    "amount_cents",
    "currency",
    "purpose",
];

/// `POST /api/v1/invoices`
pub(super) async fn add(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let (organization, external_id, amount, purpose) = Fields::parse(&body, FIELDS, |fields| {
        let organization = fields.identifier("organization_id", OrganizationId::new);
        let external_id = fields.identifier("external_customer_id", CustomerId::new);
        let amount = fields.amount("amount_cents");
        let currency = fields.currency("currency");
        let purpose = fields.display_text("purpose", MAX_PURPOSE_CHARS);
        let amount = Money::from_minor_units(amount?, currency?);
        Some((organization?, external_id?, amount, purpose?))
    })?;
    let host = &app.host;
    let customer = customers::find(host, &organization, &external_id).await?;
    let customer = customer.ok_or_else(|| {
        let message = "is not a customer of the organization";
        Problem::invalid_field("external_customer_id", ViolationCode::Unknown, message)
    })?;
    let new = NewInvoice {
        organization,
        customer_id: customer.id,
        amount,
        purpose,
    };
    let id = invoices::insert(host, &new).await?;
    let invoice = invoices::get(&app, &id).await?;
    Ok((StatusCode::CREATED, Json(invoice_view::summary(&invoice))))
}

/// `GET /api/v1/invoices`
pub(super) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let organization = query::organization(query.as_deref())?;
    let invoices = invoices::list(&app.host, organization.as_ref()).await?;
    let invoices: Vec<_> = invoices.iter().map(invoice_view::summary).collect();
    Ok(Json(json!({"invoices": invoices})))
}

/// `GET /api/v1/invoices/{id}`
pub(super) async fn show(State(app): State<App>, id: PathId) -> Result<Json<Value>, Problem> {
    // Reads the row first, so that the payments are at least as recent as its totals.
    let invoice = invoices::from_path(&app, id).await?;
    let Payable {
        organization, id, ..
    } = payable_of(&invoice)?;
    let payments = app.host.payable(&organization, &id).await?;
    Ok(Json(invoice_view::details(&invoice, payments.as_ref())))
}

/// `POST /api/v1/invoices/{id}/void`: voids an invoice that is not paid. Voiding it again tries again to
/// cancel the links that could not be cancelled.
pub(super) async fn void(State(app): State<App>, id: PathId) -> Result<Json<Value>, Problem> {
    let invoice = invoices::from_path(&app, id).await?;
    let (invoice, outcome) = invoices::void(&app, &invoice.id).await?;
    let mut summary = invoice_view::summary(&invoice);
    summary["still_payable"] = reasons(&outcome.still_payable);
    summary["unbooked"] = reasons(&outcome.unreconciled);
    Ok(Json(summary))
}

/// Formats payment links, each with the reason why it could not be ended.
fn reasons(checkouts: &[(CheckoutReference, Error)]) -> Value {
    let reasons = checkouts
        .iter()
        .map(|(reference, error)| json!({"reference": reference, "reason": error.to_string()}));
    reasons.collect()
}
