use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use payment_provider_core::{
    ConnectionCode, CustomerId, OrganizationId, ProviderId, ViolationCode,
};
use payment_provider_host::LeftCheckout;
use serde_json::{Value, json};

use super::body::JsonBody;
use super::fields::Fields;
use crate::customers::{self, CODE, Kept, NewCustomer, Saved};
use crate::problem::Problem;
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
    let Kept {
        customer,
        saved,
        linked,
        needs,
        departure,
    } = customers::keep(&app, &new).await?;
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
        "still_payable": left(&departure.still_payable),
        "unbooked": left(&departure.unbooked),
    });
    Ok((status, Json(shown)))
}

/// Payment links of another connection, and what stands in the way with each.
fn left(checkouts: &[LeftCheckout]) -> Value {
    let left = checkouts.iter().map(|left| {
        json!({
            "invoice_id": left.payable,
            "payment_provider_code": left.connection,
            "reference": left.reference,
            "reason": left.error.to_string(),
        })
    });
    left.collect()
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
