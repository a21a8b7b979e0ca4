use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use payment_provider_core::{
    ConnectionCode, CustomerId, OrganizationId, ProviderId, ViolationCode, Violations,
};
use payment_provider_host::ConnectionError;
use serde_json::{Value, json};

use super::App;
use super::body::JsonBody;
use super::fields::Fields;
use super::problem::Problem;
use crate::customers::{self, NewCustomer, Saved};

const FIELDS: &[&str] = &[
    "organization_id",
    "external_id",
    "name",
    "email",
    "phone",
    "payment_provider",
    "payment_provider_code",
];
const PROVIDER: &str = "payment_provider";
const CODE: &str = "payment_provider_code";

/// `POST /api/v1/customers`: keeps a customer, or again with what is known by now, and links them
/// to the connection they shall pay through.
pub(super) async fn save(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<Value>), Problem> {
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
            fields.personal("name", 255),
            fields.personal("email", 255),
            fields.personal("phone", 64),
        );
        let payment = payment(fields, &known);
        Some(NewCustomer {
            organization: organization?,
            external_id: external_id?,
            name,
            email,
            phone,
            payment,
        })
    })?;
    let (needs, linked) = link(&app, &new).await?;
    let (customer, saved) = customers::save(app.host.store(), &new).await?;
    let status = match saved {
        Saved::New => StatusCode::CREATED,
        Saved::Replaced => StatusCode::OK,
    };
    let shown = json!({
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
    });
    Ok((status, Json(shown)))
}

/// Provider and connection: both or neither.
fn payment(fields: &mut Fields, known: &[ProviderId]) -> Option<(ProviderId, ConnectionCode)> {
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
        let known: Vec<_> = known.iter().map(ProviderId::as_str).collect();
        let message = format!("must be one of: {}", known.join(", "));
        fields.reject(PROVIDER, ViolationCode::Unsupported, message);
    }
    provider.zip(code)
}

/// Links the customer if their connection is there. If not they are kept all the same, and the
/// answer says what is missing: linking takes sending them again.
async fn link(app: &App, new: &NewCustomer) -> Result<(Violations, bool), Problem> {
    let Some((provider, code)) = &new.payment else {
        return Ok((Violations::none(), false));
    };
    let missing = |message| {
        let mut needs = Violations::none();
        needs.push(CODE, ViolationCode::Unknown, message);
        Ok((needs, false))
    };
    match app.host.connection(&new.organization, code).await {
        Ok(connection) if connection.provider == *provider => {
            let linked = app.host.link_customer(new.link(code.clone())).await?;
            Ok((linked.needs, true))
        }
        Ok(_) => missing("names a connection of another provider"),
        Err(ConnectionError::NotFound) => {
            missing("names no connection yet; make it, then send the customer again")
        }
        Err(error) => Err(error.into()),
    }
}
