//! Endpoints for connections.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use payment_provider_core::{
    ConnectionCheck, ConnectionCode, CredentialCheck, OrganizationId, ProviderId,
};
use payment_provider_host::connections::{Connection, NewConnection};
use payment_provider_host::inbox::Delivery;
use payment_provider_host::{ConnectionRef, ErrorKind};
use serde_json::{Value, json};

use super::body::JsonBody;
use super::fields::Fields;
use super::query;
use crate::access::Access;
use crate::connection_creation;
use crate::idempotency::{IdempotencyKey, Outcome};
use crate::problem::Problem;
use crate::state::App;

const FIELDS: &[&str] = &["organization_id", "provider", "code", "name", "settings"];

/// `POST /api/v1/connections`
pub(super) async fn add(
    State(app): State<App>,
    access: Access,
    key: IdempotencyKey,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let new = Fields::parse(&body, FIELDS, |fields| {
        let organization = fields.identifier("organization_id", OrganizationId::new);
        let provider = fields.identifier("provider", ProviderId::new);
        let code = fields.identifier("code", ConnectionCode::new);
        let name = fields.display_text("name", 255);
        let settings = fields.settings("settings");
        let connection = ConnectionRef::new(organization?, code?);
        Some(NewConnection::new(connection, provider?, name?, settings?))
    })?;
    access.require(&new.connection.organization)?;
    let connection = new.connection.clone();
    let request = key.of_request(&connection.organization, "POST /connections", body);
    let host = app.host.clone();
    let outcome = app.idempotency.run(request, move |attempt| async move {
        connection_creation::add_once(&host, new, &attempt).await
    });
    match outcome.await? {
        Outcome::Ran(added) => {
            let shown = connection_json(&added?);
            Ok((StatusCode::CREATED, Json(shown)).into_response())
        }
        Outcome::Repeated(answer) => match app.host.connection(&connection).await {
            Ok(found) => Ok(answer.respond(connection_json(&found))),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound(_)) => Err(answer.gone()),
            Err(error) => Err(error.into()),
        },
    }
}

/// `GET /api/v1/connections`
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let list = query::list(&access, query.as_deref(), query::host_cursor)?;
    let page = list.page();
    let found = app
        .host
        .connections(list.organization.as_ref(), &page)
        .await?;
    let next = found.next.map(|next| next.to_string());
    let connections: Vec<_> = found.items.iter().map(connection_json).collect();
    Ok(Json(json!({"connections": connections, "next": next})))
}

/// `POST /api/v1/connections/{code}/check`
pub(super) async fn check(
    State(app): State<App>,
    access: Access,
    code: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let organization = query::required_organization(&access, query.as_deref())?;
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
    access: Access,
    code: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Problem> {
    let organization = query::required_organization(&access, query.as_deref())?;
    let connection = from_path(organization, code)?;
    app.host.delete_connection(&connection).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/sealing-key/reseal`: encrypts all secrets with the current key, the first of the key file.
///
/// Only the operator may do so: it concerns all organizations.
pub(super) async fn rotate_encryption_key(
    State(app): State<App>,
    access: Access,
) -> Result<Json<Value>, Problem> {
    access.require_operator()?;
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
    access: Access,
    code: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let list = query::list(&access, query.as_deref(), query::host_cursor)?;
    let page = list.page();
    let connection = from_path(list.required_organization()?, code)?;
    let found = app.host.deliveries(&connection, &page).await?;
    let next = found.next.map(|next| next.to_string());
    let deliveries: Vec<_> = found.items.iter().map(delivery_json).collect();
    Ok(Json(json!({"deliveries": deliveries, "next": next})))
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
        "dropped_at": delivery.dropped_at.map(|at| at.to_string()),
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
