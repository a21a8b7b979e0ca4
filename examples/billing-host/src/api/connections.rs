//! Endpoints for connections.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use payment_provider_core::{
    ConnectionCheck, ConnectionCode, CredentialCheck, OrganizationId, ProviderId,
};
use payment_provider_host::ConnectionRef;
use payment_provider_host::connections::{Connection, NewConnection};
use payment_provider_host::inbox::Delivery;
use serde_json::{Value, json};

use super::body::JsonBody;
use super::fields::Fields;
use super::query;
use crate::problem::Problem;
use crate::state::App;

const FIELDS: &[&str] = &["organization_id", "provider", "code", "name", "settings"];

/// `POST /api/v1/connections`
pub(super) async fn add(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let new = Fields::parse(&body, FIELDS, |fields| {
        let organization = fields.identifier("organization_id", OrganizationId::new);
        let provider = fields.identifier("provider", ProviderId::new);
        let code = fields.identifier("code", ConnectionCode::new);
        let name = fields.display_text("name", 255);
        let settings = fields.settings("settings");
        let connection = ConnectionRef::new(organization?, code?);
        Some(NewConnection::new(connection, provider?, name?, settings?))
    })?;
    let connection = app.host.add_connection(new).await?;
    Ok((StatusCode::CREATED, Json(connection_json(&connection))))
}

/// `GET /api/v1/connections`
pub(super) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let organization = query::organization(query.as_deref())?;
    let connections = app.host.connections(organization.as_ref()).await?;
    let connections: Vec<_> = connections.iter().map(connection_json).collect();
    Ok(Json(json!({"connections": connections})))
}

/// `POST /api/v1/connections/{code}/check`
pub(super) async fn check(
    State(app): State<App>,
    code: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let organization = query::required_organization(query.as_deref())?;
    let connection = from_path(organization, code)?;
    let check = app.host.check_connection(&connection).await?;
    let ConnectionCheck {
        credentials,
        environment,
        clock_skew,
        next_steps,
        ..
    } = &check;
    let credentials = match credentials {
        CredentialCheck::Accepted => "accepted",
        CredentialCheck::Rejected => "rejected",
    };
    Ok(Json(json!({
        "usable": check.is_usable(),
        "credentials": credentials,
        "environment": environment,
        "clock_skew_seconds": clock_skew.map(|skew| skew.as_secs()),
        "next_steps": next_steps,
    })))
}

/// `DELETE /api/v1/connections/{code}`: deletes a connection. Refuses, with all reasons, while money could
/// still come in through it.
pub(super) async fn delete(
    State(app): State<App>,
    code: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Problem> {
    let organization = query::required_organization(query.as_deref())?;
    let connection = from_path(organization, code)?;
    app.host.delete_connection(&connection).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/sealing-key/reseal`: encrypts all secrets with the current key, the first of the key file.
pub(super) async fn rotate_encryption_key(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let report = app.host.rotate_encryption_key().await?;
    let undecryptable = report.undecryptable.iter().map(|one| {
        json!({
            "organization_id": one.organization,
            "code": one.code,
            "reason": one.reason.to_string(),
        })
    });
    Ok(Json(json!({
        "resealed": report.rotated,
        "current": report.current,
        "unopened": undecryptable.collect::<Vec<_>>(),
    })))
}

/// `GET /api/v1/connections/{code}/deliveries`: lists the latest webhooks with their states, newest first.
pub(super) async fn deliveries(
    State(app): State<App>,
    code: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let (organization, limit) = query::organization_and_limit(query.as_deref())?;
    let connection = from_path(organization, code)?;
    let deliveries = app.host.deliveries(&connection, limit).await?;
    let deliveries: Vec<_> = deliveries.iter().map(delivery_json).collect();
    Ok(Json(json!({"deliveries": deliveries})))
}

/// Returns the connection of an organization whose code is in a request path.
fn from_path(
    organization: OrganizationId,
    code: Result<Path<String>, PathRejection>,
) -> Result<ConnectionRef, Problem> {
    let code = code
        .ok()
        .and_then(|Path(code)| ConnectionCode::new(code).ok());
    let code = code.ok_or_else(|| Problem::not_found("connection"))?;
    Ok(ConnectionRef::new(organization, code))
}

fn delivery_json(delivery: &Delivery) -> Value {
    json!({
        "key": delivery.key,
        "types": delivery.types,
        "subjects": delivery.targets,
        "received_at": delivery.received_at.to_string(),
        "copies": delivery.delivery_count,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "error": delivery.error,
    })
}

/// Formats a connection. Its secrets appear by field name only.
fn connection_json(connection: &Connection) -> Value {
    let secrets: Vec<_> = connection
        .secrets
        .iter()
        .map(|secret| &secret.field)
        .collect();
    let secret_uses: Vec<_> = connection
        .secret_uses
        .iter()
        .map(|used| json!({"label": used.label, "last_matched_at": used.last_matched_at.to_string()}))
        .collect();
    let refused: Vec<_> = connection
        .refused_deliveries
        .iter()
        .map(|refused| {
            json!({
                "reason": refused.reason,
                "count": refused.count,
                "last_at": refused.last_at.to_string(),
            })
        })
        .collect();
    json!({
        "organization_id": connection.organization,
        "provider": connection.provider,
        "code": connection.code,
        "name": connection.name,
        "environment": connection.environment,
        "settings": connection.settings,
        "secrets": secrets,
        "secret_uses": secret_uses,
        "refused_deliveries": refused,
        "enabled": connection.enabled,
        "webhook_url": connection.webhook_url,
        "created_at": connection.created_at.to_string(),
    })
}
