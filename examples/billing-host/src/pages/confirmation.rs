//! The page between a button and a change that cannot be undone.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::layout::{Layout, page};

/// Asks for the confirmation of a change. The form works without scripts and carries the CSRF token.
#[derive(Template)]
#[template(path = "confirmation.html")]
pub(super) struct Confirmation {
    /// Its title is the question.
    pub(super) layout: Layout,
    pub(super) lines: Vec<Line>,
    pub(super) consequence: String,
    /// Path that the form is submitted to.
    pub(super) action: String,
    /// Name and value of the hidden fields.
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) button: &'static str,
    /// Path and text of the link that changes nothing.
    pub(super) back: (String, &'static str),
}

/// A fact about what is going to change.
pub(super) struct Line {
    label: &'static str,
    text: String,
    is_amount: bool,
}

impl Line {
    pub(super) fn text(label: &'static str, text: impl Into<String>) -> Self {
        Self {
            label,
            text: text.into(),
            is_amount: false,
        }
    }

    pub(super) fn amount(label: &'static str, text: String) -> Self {
        Self {
            label,
            text,
            is_amount: true,
        }
    }
}

impl Confirmation {
    pub(super) fn into_page(self) -> Response {
        page(StatusCode::OK, &self)
    }
}
