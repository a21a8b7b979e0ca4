use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};

use super::super::form::{SignedInForm, SubmittedForm};
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use super::detail::{self, ActionResult};
use super::{PathNames, from_path, path_of};
use crate::problem::Problem;
use crate::state::App;

/// `GET` of a path that only accepts forms: redirects to the connection.
pub(super) async fn redirect(
    State(app): State<App>,
    SignedIn(_): SignedIn,
    names: PathNames,
) -> PageResult {
    let connection = from_path(&app, names).await?;
    Ok(Redirect::to(&path_of(&connection)).into_response())
}

/// `POST /connections/{organization}/{code}/check`: sends a read-only request to the gateway and shows the
/// result.
pub(super) async fn check(
    State(app): State<App>,
    names: PathNames,
    form: SignedInForm,
) -> PageResult {
    let SubmittedForm { session, .. } = form.0;
    let connection = from_path(&app, names).await?;
    let result = match app.host.check_connection(&connection.to_ref()).await {
        Ok(check) => ActionResult::Checked(check),
        Err(error) => ActionResult::Failed(error.into()),
    };
    detail::render(&app, &session, &connection, result).await
}

/// `POST /connections/{organization}/{code}/enabled`: enables or disables new payment links.
pub(super) async fn set_enabled(
    State(app): State<App>,
    names: PathNames,
    form: SignedInForm,
) -> PageResult {
    let SubmittedForm { fields, .. } = form.0;
    let connection = from_path(&app, names).await?;
    let enabled = match fields.text("enabled") {
        "yes" => true,
        "no" => false,
        _ => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let detail = "enabled must be yes or no; nothing was changed";
            return Err(Problem::new(status, "validation_errors", detail).into());
        }
    };
    let changed = app
        .host
        .set_connection_enabled(&connection.to_ref(), enabled)
        .await?;
    Ok(Redirect::to(&path_of(&changed)).into_response())
}

/// `POST /connections/{organization}/{code}/retry`: queues a parked webhook to be applied again.
pub(super) async fn replay(
    State(app): State<App>,
    names: PathNames,
    form: SignedInForm,
) -> PageResult {
    let SubmittedForm { fields, .. } = form.0;
    let connection = from_path(&app, names).await?;
    app.host
        .retry_delivery(&connection.to_ref(), fields.text("key"))
        .await?;
    let path = format!("{}#deliveries", path_of(&connection));
    Ok(Redirect::to(&path).into_response())
}
