use axum::extract::Path;
use axum::extract::rejection::PathRejection;

use super::table::{self, Invoice};
use crate::problem::Problem;
use crate::state::App;

/// Id of an invoice as extracted from the path of a request.
pub(crate) type PathId = Result<Path<String>, PathRejection>;

/// Returns the invoice that a request path names.
pub(crate) async fn from_path(app: &App, id: PathId) -> Result<Invoice, Problem> {
    match id {
        Ok(Path(id)) => get(app, &id).await,
        Err(_) => Err(not_found()),
    }
}

/// Returns the invoice with this id, or a `not_found` problem.
pub(crate) async fn get(app: &App, id: &str) -> Result<Invoice, Problem> {
    let invoice = table::find(&app.host, id).await?;
    invoice.ok_or_else(not_found)
}

fn not_found() -> Problem {
    Problem::not_found("invoice")
}
