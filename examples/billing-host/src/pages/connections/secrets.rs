//! Replacing secrets without a gap.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use payment_provider_host::ConnectionError;

use super::super::form::{Filled, SignedForm};
use super::super::notice;
use super::detail::{self, Outcome};
use super::{Names, named, path_of};
use crate::problem::Problem;
use crate::state::App;

/// The field that says which setting is meant.
const FIELD: &str = "field";
const SECRET: &str = "secret";

/// `POST /connections/{organization}/{code}/rotate`
pub(super) async fn rotate(State(app): State<App>, names: Names, sent: SignedForm) -> Response {
    let Filled { session, fields } = sent.0;
    let rotated = async {
        let connection = named(&app, names).await?;
        let field = fields.text(FIELD);
        let problem = match fields.given(SECRET) {
            None => "is required".to_owned(),
            Some(secret) => {
                let (organization, code) = (&connection.organization, &connection.code);
                let rotated = app
                    .host
                    .rotate_secret(organization, code, field, secret.into());
                match rotated.await {
                    Ok(connection) => {
                        let path = format!("{}#secrets", path_of(&connection));
                        return Ok(Redirect::to(&path).into_response());
                    }
                    Err(error) => reason(error)?,
                }
            }
        };
        let outcome = Outcome::NotRotated {
            field: field.to_owned(),
            problem,
        };
        detail::shown(&app, &session, &connection, outcome).await
    };
    rotated
        .await
        .unwrap_or_else(|problem| notice::of_problem(&problem))
}

/// `POST /connections/{organization}/{code}/retire`
pub(super) async fn retire(State(app): State<App>, names: Names, sent: SignedForm) -> Response {
    let Filled { session, fields } = sent.0;
    let retired = async {
        let connection = named(&app, names).await?;
        let field = fields.text(FIELD);
        let (organization, code) = (&connection.organization, &connection.code);
        let problem = match app.host.retire_secrets(organization, code, field).await {
            Ok(connection) => {
                let path = format!("{}#secrets", path_of(&connection));
                return Ok(Redirect::to(&path).into_response());
            }
            Err(error) => reason(error)?,
        };
        let outcome = Outcome::NotRotated {
            field: field.to_owned(),
            problem,
        };
        detail::shown(&app, &session, &connection, outcome).await
    };
    retired
        .await
        .unwrap_or_else(|problem| notice::of_problem(&problem))
}

/// What stands beside the field; other errors are no matter of the form.
fn reason(error: ConnectionError) -> Result<String, Problem> {
    match error {
        ConnectionError::Invalid(violations) => {
            let messages: Vec<_> = violations.iter().map(|it| it.message.as_ref()).collect();
            Ok(messages.join("; "))
        }
        error => Err(error.into()),
    }
}
