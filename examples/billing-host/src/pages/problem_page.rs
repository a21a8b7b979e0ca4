//! Errors of page handlers, shown as pages.

use axum::response::{IntoResponse, Response};

use super::notice;
use crate::problem::Problem;

/// Result of a page handler. An error is shown as a page.
pub(super) type PageResult = Result<Response, ProblemPage>;

/// A problem that is shown as a page.
pub(super) struct ProblemPage(Problem);

impl<E> From<E> for ProblemPage
where
    Problem: From<E>,
{
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ProblemPage {
    fn into_response(self) -> Response {
        notice::problem(&self.0)
    }
}
