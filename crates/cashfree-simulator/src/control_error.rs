//! Refusals of the control interface, over HTTP and in process.

use serde::Serialize;

/// Why a control call was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct ControlError {
    /// The HTTP status the control API answers with.
    #[serde(skip)]
    pub status: u16,
    /// A short fixed word for the kind of refusal.
    pub code: &'static str,
    /// The input that is wrong, when it is one input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong.
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
            message: format!("{field}: there is no such thing"),
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
