use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use payment_provider_core::{
    CheckoutReference, CustomerId, Money, OrganizationId, ViolationCode, Violations,
};
use payment_provider_host::{CheckoutError, Payable};
use serde_json::{Value, json};

use super::body::JsonBody;
use super::fields::Fields;
use super::{LONGEST_PURPOSE, invoice_view, query};
use crate::customers;
use crate::invoices::{self, Invoice, NewInvoice, payable_of};
use crate::problem::Problem;
use crate::state::App;

const FIELDS: &[&str] = &[
    "organization_id",
    "external_customer_id",
    "amount_cents",
    "currency",
    "purpose",
];

/// What identifies an invoice in an address.
pub(super) type Id = Result<Path<String>, PathRejection>;

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
        let purpose = fields.words("purpose", LONGEST_PURPOSE);
        let amount = Money::from_minor_units(amount?, currency?);
        Some((organization?, external_id?, amount, purpose?))
    })?;
    let store = app.host.store();
    let customer = customers::find(store, &organization, &external_id).await?;
    let customer = customer.ok_or_else(|| {
        let mut violations = Violations::none();
        let message = "names no customer of the organization";
        violations.push("external_customer_id", ViolationCode::Unknown, message);
        Problem::invalid(violations)
    })?;
    let new = NewInvoice {
        organization,
        customer_id: customer.id,
        amount,
        purpose,
    };
    let id = invoices::insert(store, &new).await?;
    let invoice = found(&app, &id).await?;
    Ok((StatusCode::CREATED, Json(invoice_view::summary(&invoice))))
}

/// `GET /api/v1/invoices`
pub(super) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let organization = query::organization(query.as_deref())?;
    let invoices = invoices::list(app.host.store(), organization.as_ref()).await?;
    let invoices: Vec<_> = invoices.iter().map(invoice_view::summary).collect();
    Ok(Json(json!({"invoices": invoices})))
}

/// `GET /api/v1/invoices/{id}`
pub(super) async fn show(State(app): State<App>, id: Id) -> Result<Json<Value>, Problem> {
    // The row first: what is then read of its payments is at least as new.
    let invoice = named(&app, id).await?;
    let Payable {
        organization, id, ..
    } = payable_of(&invoice)?;
    let payments = app.host.payable(&organization, &id).await?;
    Ok(Json(invoice_view::whole(&invoice, payments.as_ref())))
}

/// `POST /api/v1/invoices/{id}/void`: takes no more money for an invoice that is not paid. Doing it
/// again tries again to end what could not be ended.
pub(super) async fn void(State(app): State<App>, id: Id) -> Result<Json<Value>, Problem> {
    let invoice = named(&app, id).await?;
    let (invoice, closing) = invoices::void(&app, &invoice.id).await?;
    let mut shown = invoice_view::summary(&invoice);
    shown["still_payable"] = reasons(&closing.still_payable);
    shown["unbooked"] = reasons(&closing.unbooked);
    Ok(Json(shown))
}

/// Payment links and what stands in the way with each.
fn reasons(checkouts: &[(CheckoutReference, CheckoutError)]) -> Value {
    let reasons = checkouts
        .iter()
        .map(|(reference, error)| json!({"reference": reference, "reason": error.to_string()}));
    reasons.collect()
}

/// The invoice that an address names.
pub(super) async fn named(app: &App, id: Id) -> Result<Invoice, Problem> {
    match id {
        Ok(Path(id)) => found(app, &id).await,
        Err(_) => Err(Problem::not_found("invoice")),
    }
}

async fn found(app: &App, id: &str) -> Result<Invoice, Problem> {
    let invoice = invoices::find(app.host.store(), id).await?;
    invoice.ok_or_else(|| Problem::not_found("invoice"))
}
