//! Errors of the control API, over HTTP and in process.

use serde::Serialize;

/// A refused control call. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct ControlError {
    /// The HTTP status of the control API.
    #[serde(skip)]
    pub status: u16,
    /// A short fixed code for the kind of error.
    pub code: &'static str,
    /// The invalid input, if the error concerns one input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// A message that names the input and the problem.
    pub message: String,
}

impl ControlError {
    pub(crate) fn invalid(field: &str, problem: impl std::fmt::Display) -> Self {
        Self {
            status: 400,
            code: "invalid",
            field: Some(field.to_owned()),
            message: format!("{field}: {problem}"),
        }
    }

    pub(crate) fn malformed(problem: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: "malformed",
            field: None,
            message: problem.into(),
        }
    }

    pub(crate) fn not_found(field: &str) -> Self {
        Self {
            status: 404,
            code: "not_found",
            field: Some(field.to_owned()),
            message: format!("{field}: not found"),
        }
    }

    pub(crate) fn conflict(code: &'static str, field: &str, message: impl Into<String>) -> Self {
        Self {
            status: 409,
            code,
            field: Some(field.to_owned()),
            message: message.into(),
        }
    }
}
