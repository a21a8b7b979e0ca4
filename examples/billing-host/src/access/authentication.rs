use std::time::Duration;

use axum::http::StatusCode;

use super::reach::Access;
use super::source::Source;
use crate::api_keys::{self, KeyText};
use crate::problem::Problem;
use crate::state::App;

/// A credential was not accepted.
#[derive(Debug)]
pub(crate) enum Denied {
    WrongKey,
    /// Too many wrong keys came from the source, so this one was not compared.
    TooManyFailures {
        wait: Duration,
    },
    /// The keys cannot be read.
    Failed(Problem),
}

/// Accepts the operator's key or the key of an organization.
///
/// The keys of organizations are always compared: they are generated from 244 random bits, which no number of
/// guesses finds, so that guesses of another client at the same address shut none of them out. The operator
/// chooses the operator's key, so guesses of it are limited.
pub(crate) async fn authenticate(
    app: &App,
    source: Source,
    candidate: &[u8],
) -> Result<Access, Denied> {
    if let Some(key) = KeyText::parse(candidate) {
        let found = api_keys::organization_of(&app.host, &key).await;
        if let Some(organization) = found.map_err(|error| Denied::Failed(error.into()))? {
            return Ok(Access::Organization(organization));
        }
    }
    authenticate_operator(app, source, candidate)
}

/// Accepts the operator's key only.
pub(crate) fn authenticate_operator(
    app: &App,
    source: Source,
    candidate: &[u8],
) -> Result<Access, Denied> {
    if let Some(wait) = app.throttle.refuses(source) {
        return Err(Denied::TooManyFailures { wait });
    }
    if app.operator_key.accepts(candidate) {
        return Ok(Access::All);
    }
    app.throttle.record_failure(source);
    Err(Denied::WrongKey)
}

impl Denied {
    /// Returns the problem for a wait after too many wrong keys.
    pub(crate) fn too_many_failures(wait: Duration) -> Problem {
        let detail = "too many wrong API keys came from this address; try again later";
        let status = StatusCode::TOO_MANY_REQUESTS;
        Problem::new(status, "too_many_failures", detail)
            .with_retry_after(wait.max(Duration::from_secs(1)))
    }
}
