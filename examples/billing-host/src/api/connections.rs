//! Endpoints for connections.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::{
    ConnectionCheck, ConnectionCode, CredentialCheck, OrganizationId, ProviderId,
};
use payment_provider_host::connections::{Connection, NewConnection};
use payment_provider_host::error::Conflict;
use payment_provider_host::inbox::Delivery;
use payment_provider_host::{ConnectionRef, Error, ErrorKind};
use serde_json::{Value, json};

use super::body::JsonBody;
use super::fields::Fields;
use super::query;
use crate::access::Access;
use crate::idempotency::{IdempotencyKey, Start};
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
    let host = &app.host;
    let organization = &new.connection.organization;
    let start = key.start(host, organization, "POST /connections", &body);
    let mut attempt = match start.await? {
        Start::Run(attempt) => attempt,
        Start::Replay(response) => return Ok(response),
    };
    // The runtime adds the connection in a transaction of its own. Until the answer is stored, the key stays
    // claimed, even if this process dies: then a repetition finds the connection.
    attempt.hold();
    let connection = match add_or_find(&app, new, attempt.repeats()).await {
        Ok(connection) => connection,
        Err(error) => {
            if !error.is_transient() {
                attempt.let_go();
            }
            return Err(error.into());
        }
    };
    let (status, shown) = (StatusCode::CREATED, connection_json(&connection));
    let mut tx = host.begin().await?;
    attempt.record(&mut tx, status, &shown).await?;
    host.commit(tx).await?;
    Ok((status, Json(shown)).into_response())
}

/// Adds a connection, or finds the one that an interrupted request with the same body has added at `repeats` or
/// later.
async fn add_or_find(
    app: &App,
    new: NewConnection,
    repeats: Option<Timestamp>,
) -> Result<Connection, Error> {
    let (wanted, provider, name) = (
        new.connection.clone(),
        new.provider.clone(),
        new.name.clone(),
    );
    match (app.host.add_connection(new).await, repeats) {
        (Err(error), Some(first_at))
            if matches!(error.kind(), ErrorKind::Conflict(Conflict::CodeTaken)) =>
        {
            let found = app.host.connection(&wanted).await?;
            let is_it = found.created_at.as_millisecond() >= first_at.as_millisecond()
                && found.provider == provider
                && found.name == name;
            if is_it { Ok(found) } else { Err(error) }
        }
        (added, _) => added,
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
