//! Pages with a single message.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use payment_provider_host::workflows::{OpenCheckout, UnlinkOutcome};

use super::layout::{Layout, page};
use crate::money_text::Prose;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage {
    layout: Layout,
    text: Prose,
    /// Path and text of the link that leads on.
    next: (&'static str, &'static str),
}

fn notice(
    status: StatusCode,
    title: &str,
    text: &str,
    next: (&'static str, &'static str),
) -> Response {
    let notice = NoticePage {
        layout: Layout::bare(title),
        text: Prose::of(text),
        next,
    };
    page(status, &notice)
}

/// Returns the page for an unknown path.
pub(crate) fn not_found() -> Response {
    let text = "There is no page at this address.";
    let next = ("/", "All invoices");
    notice(StatusCode::NOT_FOUND, "Not found", text, next)
}

/// Returns the page for a method that the path does not support.
pub(crate) fn method_not_allowed() -> Response {
    let text = "This address cannot be used in this way.";
    let next = ("/", "All invoices");
    notice(StatusCode::METHOD_NOT_ALLOWED, "Not possible", text, next)
}

/// Returns the page for a form of a visitor who is not signed in.
pub(super) fn not_signed_in() -> Response {
    let text = "You are not signed in, so nothing was changed. Sign in and try again.";
    let next = ("/sign-in", "Sign in");
    notice(StatusCode::FORBIDDEN, "Not signed in", text, next)
}

/// Returns the page for a form without the CSRF token of its session.
pub(super) fn invalid_token() -> Response {
    let text = "This form belongs to another session, so nothing was changed. Open the page again \
                and resend the form.";
    notice(
        StatusCode::FORBIDDEN,
        "Form not accepted",
        text,
        ("/", "All invoices"),
    )
}

/// Returns the page for a form that could not be read.
pub(super) fn unreadable_form(status: StatusCode) -> Response {
    let text = "The form is too large or could not be read. Nothing was changed.";
    notice(status, "Form not accepted", text, ("/", "All invoices"))
}

/// Returns the page for an error that the visitor did not cause.
pub(super) fn failed(error: impl Into<Problem>) -> Response {
    problem(&error.into())
}

/// Returns the page for a problem.
pub(super) fn problem(problem: &Problem) -> Response {
    let title = if problem.status() == StatusCode::NOT_FOUND {
        "Not found"
    } else {
        "Request failed"
    };
    notice(
        problem.status(),
        title,
        &problem.to_sentences(),
        ("/", "All invoices"),
    )
}

/// Returns the page for a customer who was saved although payment links remain at the connection they paid
/// through before.
pub(super) fn remaining_links(left: &UnlinkOutcome) -> Response {
    let list = |checkouts: &[OpenCheckout]| {
        let reasons: Vec<_> = checkouts
            .iter()
            .map(|open| format!("{} ({})", open.reference, open.error))
            .collect();
        reasons.join(", ")
    };
    let mut text = "The customer is saved.".to_owned();
    if !left.still_payable.is_empty() {
        text += " These payment links of another connection could not be cancelled and can still be paid: ";
        text += &list(&left.still_payable);
        text += ". Payments on them are still recorded.";
    }
    if !left.unreconciled.is_empty() {
        text += " Money that the gateway reports could not be recorded yet: ";
        text += &list(&left.unreconciled);
        text += ".";
    }
    text += " Save the customer again to try again.";
    notice(
        StatusCode::OK,
        "Customer saved",
        &text,
        ("/customers", "All customers"),
    )
}
