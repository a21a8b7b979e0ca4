//! Rotating and retiring secrets.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use payment_provider_core::{ViolationCode, Violations};
use payment_provider_host::connections::Connection;
use payment_provider_host::{Error, ErrorKind};

use super::super::form::{SignedInForm, SubmittedForm};
use super::super::problem_page::PageResult;
use super::detail::{self, ActionResult};
use super::{PathNames, from_path, path_of};
use crate::problem::Problem;
use crate::session::Session;
use crate::state::App;

/// Form field with the name of the secret setting.
pub(super) const FIELD: &str = "field";
const SECRET: &str = "secret";

/// `POST /connections/{organization}/{code}/rotate`: adds a new secret, which API calls use from now on.
pub(super) async fn rotate(
    State(app): State<App>,
    names: PathNames,
    form: SignedInForm,
) -> PageResult {
    let SubmittedForm {
        session, fields, ..
    } = form.0;
    let connection = from_path(&app, names).await?;
    let field = fields.text(FIELD);
    let changed = if let Some(secret) = fields.non_blank(SECRET) {
        app.host
            .rotate_secret(&connection.to_ref(), field, secret.into())
            .await
    } else {
        let mut violations = Violations::none();
        violations.push(SECRET, ViolationCode::Missing, "is required");
        Err(Error::from(violations))
    };
    respond(&app, &session, &connection, field, changed).await
}

/// `POST /connections/{organization}/{code}/retire`: removes all secrets but the newest.
pub(super) async fn retire(
    State(app): State<App>,
    names: PathNames,
    form: SignedInForm,
) -> PageResult {
    let SubmittedForm {
        session, fields, ..
    } = form.0;
    let connection = from_path(&app, names).await?;
    let field = fields.text(FIELD);
    let changed = app.host.retire_secrets(&connection.to_ref(), field).await;
    respond(&app, &session, &connection, field, changed).await
}

/// Redirects to the secrets of the connection, or shows the reason beside the field if the change is
/// invalid.
async fn respond(
    app: &App,
    session: &Session,
    connection: &Connection,
    field: &str,
    changed: Result<Connection, Error>,
) -> PageResult {
    let problem = match changed {
        Ok(connection) => {
            let path = format!("{}#secrets", path_of(&connection));
            return Ok(Redirect::to(&path).into_response());
        }
        Err(error) => invalid_reason(error)?,
    };
    let result = ActionResult::SecretRejected {
        field: field.to_owned(),
        problem,
    };
    detail::render(app, session, connection, result).await
}

/// Returns the messages of an invalid change; other errors are shown as a page.
fn invalid_reason(error: Error) -> Result<String, Problem> {
    let ErrorKind::Invalid(violations) = error.kind() else {
        return Err(error.into());
    };
    let messages: Vec<_> = violations.iter().map(|it| it.message.as_ref()).collect();
    Ok(messages.join("; "))
}
