//! Endpoints for invoices.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use payment_provider_core::{CheckoutReference, CustomerId, Money, OrganizationId, ViolationCode};
use payment_provider_host::Error;
use payment_provider_host::payable::Payable;
use serde_json::{Value, json};
use uuid::Uuid;

use super::body::JsonBody;
use super::fields::Fields;
use super::{invoice_view, query};
use crate::access::Access;
use crate::customers;
use crate::idempotency::{IdempotencyKey, Outcome};
use crate::invoices::{self, Invoice, MAX_PURPOSE_CHARS, NewInvoice, PathId, payable_of};
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
    access: Access,
    key: IdempotencyKey,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let (organization, external_id, amount, purpose) = Fields::parse(&body, FIELDS, |fields| {
        let organization = fields.identifier("organization_id", OrganizationId::new);
        let external_id = fields.identifier("external_customer_id", CustomerId::new);
        let amount = fields.amount("amount_cents");
        let currency = fields.currency("currency");
        let purpose = fields.display_text("purpose", MAX_PURPOSE_CHARS);
        let amount = Money::from_minor_units(amount?, currency?);
        Some((organization?, external_id?, amount, purpose?))
    })?;
    access.require(&organization)?;
    let request = key.of_request(&organization, "POST /invoices", body);
    let host = app.host.clone();
    let outcome = app.idempotency.run(request, move |attempt| async move {
        let customer = customers::find(&host, &organization, &external_id).await?;
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
        invoices::insert_once(&host, &new, &attempt).await
    });
    match outcome.await? {
        Outcome::Ran(created) => {
            let shown = invoice_view::summary(&created?);
            Ok((StatusCode::CREATED, Json(shown)).into_response())
        }
        Outcome::Repeated(answer) => {
            let invoice = invoices::find(&app.host, answer.text("id")).await?;
            let invoice = invoice.ok_or_else(|| answer.gone())?;
            Ok(answer.respond(invoice_view::summary(&invoice)))
        }
    }
}

/// `GET /api/v1/invoices`
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let page = query::list(&access, query.as_deref(), |after| {
        Uuid::try_parse(after).ok().map(|id| id.to_string())
    })?;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let (organization, after) = (page.organization.as_ref(), page.after.as_deref());
    let mut found = invoices::list(&app.host, organization, after, limit + 1).await?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(|last| &last.id);
    let invoices: Vec<_> = found.iter().map(invoice_view::summary).collect();
    Ok(Json(json!({"invoices": invoices, "next": next})))
}

/// Returns the invoice that a request path names, if it belongs to the organization of the key and to the one
/// that the query names.
pub(super) async fn of_request(
    app: &App,
    access: &Access,
    id: PathId,
    query: Option<&str>,
) -> Result<Invoice, Problem> {
    let organization = access.narrow(query::organization(query)?)?;
    let invoice = invoices::from_path(app, id).await?;
    let is_reached = organization.is_none_or(|it| it.as_str() == invoice.organization_id);
    if is_reached {
        Ok(invoice)
    } else {
        Err(Problem::not_found("invoice"))
    }
}

/// `GET /api/v1/invoices/{id}`
pub(super) async fn show(
    State(app): State<App>,
    access: Access,
    id: PathId,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    // Reads the row first, so that the payments are at least as recent as its totals.
    let invoice = of_request(&app, &access, id, query.as_deref()).await?;
    let Payable {
        organization, id, ..
    } = payable_of(&invoice)?;
    let payments = app.host.payable(&organization, &id).await?;
    Ok(Json(invoice_view::details(&invoice, payments.as_ref())))
}

/// `POST /api/v1/invoices/{id}/void`: voids an invoice that is not paid. Voiding it again tries again to
/// cancel the links that could not be cancelled.
pub(super) async fn void(
    State(app): State<App>,
    access: Access,
    id: PathId,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let invoice = of_request(&app, &access, id, query.as_deref()).await?;
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
