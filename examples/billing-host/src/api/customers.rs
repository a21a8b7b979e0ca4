//! Endpoints for customers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use payment_provider_core::{
    ConnectionCode, CustomerId, OrganizationId, ProviderId, ViolationCode, Violations,
};
use payment_provider_host::workflows::OpenCheckout;
use serde_json::{Value, json};

use super::body::JsonBody;
use super::fields::Fields;
use crate::access::Access;
use crate::customers::{self, CODE, Customer, NewCustomer, SaveOutcome};
use crate::idempotency::{IdempotencyKey, Outcome};
use crate::problem::{Problem, one_of};
use crate::state::App;

const FIELDS: &[&str] = &[
    "organization_id",
    "external_id",
    "name",
    "email",
    "phone",
    "payment_provider",
    CODE,
];
const PROVIDER: &str = "payment_provider";

/// `POST /api/v1/customers`: creates or replaces a customer and links them to the connection they name.
pub(super) async fn save(
    State(app): State<App>,
    access: Access,
    key: IdempotencyKey,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let known: Vec<_> = app
        .host
        .registry()
        .iter()
        .map(|it| it.descriptor().id.clone())
        .collect();
    let new = Fields::parse(&body, FIELDS, |fields| {
        let organization = fields.identifier("organization_id", OrganizationId::new);
        let external_id = fields.identifier("external_id", CustomerId::new);
        let (name, email, phone) = (
            fields.pii("name", 255),
            fields.pii("email", 255),
            fields.pii("phone", 64),
        );
        let payment = payment_connection(fields, &known);
        Some(NewCustomer {
            organization: organization?,
            external_id: external_id?,
            name,
            email,
            phone,
            payment,
        })
    })?;
    access.require(&new.organization)?;
    let request = key.of_request(&new.organization, "POST /customers", body);
    let work = app.clone();
    let outcome = app.idempotency.run(request, move |attempt| async move {
        let (mut tx, saved) = customers::link_and_begin_to_save(&work, &new).await?;
        let status = status(saved.outcome);
        let made = json!({
            "id": saved.customer.id,
            "still_payable": remaining_links(&saved.left.still_payable),
            "unbooked": remaining_links(&saved.left.unreconciled),
        });
        attempt.record(&mut tx, status, &made).await?;
        work.host.commit(tx).await?;
        Ok::<_, Problem>(saved)
    });
    match outcome.await? {
        Outcome::Ran(saved) => {
            let saved = saved?;
            let left = [&saved.left.still_payable, &saved.left.unreconciled];
            let left = left.map(|open| remaining_links(open));
            let shown = shown(&saved.customer, saved.linked, &saved.needs, left);
            Ok((status(saved.outcome), Json(shown)).into_response())
        }
        Outcome::Repeated(answer) => {
            let customer = customers::find_by_id(&app.host, answer.text("id")).await?;
            let customer = customer.ok_or_else(|| answer.gone())?;
            let (linked, needs) = customers::link_of(&app, &customer).await?;
            let left = ["still_payable", "unbooked"].map(|name| answer.list(name));
            Ok(answer.respond(shown(&customer, linked, &needs, left)))
        }
    }
}

const fn status(outcome: SaveOutcome) -> StatusCode {
    match outcome {
        SaveOutcome::Created => StatusCode::CREATED,
        SaveOutcome::Replaced => StatusCode::OK,
    }
}

/// Formats a customer with the links that are still payable and those with money that is not recorded yet.
fn shown(customer: &Customer, linked: bool, needs: &Violations, left: [Value; 2]) -> Value {
    let [still_payable, unbooked] = left;
    json!({
        "id": customer.id,
        "organization_id": customer.organization_id,
        "external_id": customer.external_id,
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        "payment_provider": customer.payment_provider,
        "payment_provider_code": customer.payment_provider_code,
        "linked": linked,
        "needs": needs,
        "still_payable": still_payable,
        "unbooked": unbooked,
    })
}

/// Formats payment links that remain at other connections, each with the reason.
fn remaining_links(checkouts: &[OpenCheckout]) -> Value {
    let links = checkouts.iter().map(|open| {
        json!({
            "invoice_id": open.payable,
            "payment_provider_code": open.connection,
            "reference": open.reference,
            "reason": open.error.to_string(),
        })
    });
    links.collect()
}

/// Reads the provider and the connection code. Both or neither are required.
fn payment_connection(
    fields: &mut Fields,
    known: &[ProviderId],
) -> Option<(ProviderId, ConnectionCode)> {
    match (fields.is_absent(PROVIDER), fields.is_absent(CODE)) {
        (false, true) => {
            let message = format!("is required with {PROVIDER}");
            fields.reject(CODE, ViolationCode::Missing, message);
        }
        (true, false) => {
            let message = format!("is required with {CODE}");
            fields.reject(PROVIDER, ViolationCode::Missing, message);
        }
        _ => {}
    }
    let provider = fields.optional_identifier(PROVIDER, ProviderId::new);
    let code = fields.optional_identifier(CODE, ConnectionCode::new);
    if provider
        .as_ref()
        .is_some_and(|provider| !known.contains(provider))
    {
        fields.reject(PROVIDER, ViolationCode::Unsupported, one_of(known));
    }
    provider.zip(code)
}
