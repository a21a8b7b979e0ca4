//! Adding a connection for a request that may be repeated.

use axum::http::StatusCode;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_host::connections::{Connection, NewConnection};
use payment_provider_host::error::Conflict;
use payment_provider_host::{Error, ErrorKind, Host};
use serde_json::json;

use crate::idempotency::Attempt;
use crate::problem::Problem;

/// The reason for which a connection was not added.
pub(crate) enum AddError {
    /// The runtime refused it or failed.
    Runtime(Error),
    /// The answer could not be recorded.
    Answer(Problem),
}

impl From<Error> for AddError {
    fn from(error: Error) -> Self {
        Self::Runtime(error)
    }
}

impl From<AddError> for Problem {
    fn from(error: AddError) -> Self {
        match error {
            AddError::Runtime(error) => error.into(),
            AddError::Answer(problem) => problem,
        }
    }
}

/// Adds a connection and records that the request is answered. The runtime adds it in a transaction of its own, so a
/// process can die between the two; a repetition of the request then finds the connection.
pub(crate) async fn add_once(
    host: &Host,
    new: NewConnection,
    attempt: &Attempt,
) -> Result<Connection, AddError> {
    let added = add_or_find(host, new, attempt.repeats()).await;
    let connection = added.inspect_err(|error| {
        if error.is_transient() {
            attempt.may_have_created();
        }
    })?;
    attempt.may_have_created();
    let made = json!({"code": connection.code});
    let mut tx = host.begin().await?;
    let recorded = attempt.record(&mut tx, StatusCode::CREATED, &made).await;
    recorded.map_err(AddError::Answer)?;
    host.commit(tx).await?;
    Ok(connection)
}

/// Adds a connection, or finds the one that an interrupted request with the same body has added at `repeats` or
/// later.
async fn add_or_find(
    host: &Host,
    new: NewConnection,
    repeats: Option<Timestamp>,
) -> Result<Connection, Error> {
    let (wanted, provider, name) = (
        new.connection.clone(),
        new.provider.clone(),
        new.name.clone(),
    );
    match (host.add_connection(new).await, repeats) {
        (Err(error), Some(first_at))
            if matches!(error.kind(), ErrorKind::Conflict(Conflict::CodeTaken)) =>
        {
            let found = host.connection(&wanted).await?;
            let is_it = found.created_at.as_millisecond() >= first_at.as_millisecond()
                && found.provider == provider
                && found.name == name;
            if is_it { Ok(found) } else { Err(error) }
        }
        (added, _) => added,
    }
}
