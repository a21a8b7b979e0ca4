//! Pages that say one thing.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use payment_provider_host::LeftCheckout;

use super::layout::{Layout, page};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage {
    layout: Layout,
    text: String,
    /// Where to go on: address and words.
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
        text: text.to_owned(),
        next,
    };
    page(status, &notice)
}

/// There is no page at an address.
pub(crate) fn not_found() -> Response {
    let text = "There is nothing at this address.";
    let next = ("/", "All invoices");
    notice(StatusCode::NOT_FOUND, "Not found", text, next)
}

/// A page is not what was sent to.
pub(crate) fn method_not_allowed() -> Response {
    let text = "This address is not opened or sent to in this way.";
    let next = ("/", "All invoices");
    notice(StatusCode::METHOD_NOT_ALLOWED, "Not possible", text, next)
}

/// A form came from somebody who is not signed in, any more or at all.
pub(super) fn not_signed_in() -> Response {
    let text = "You are not signed in any more, so nothing was changed. Sign in, then do it again.";
    let next = ("/sign-in", "Sign in");
    notice(StatusCode::FORBIDDEN, "Not signed in", text, next)
}

/// A form did not come from a page of its session.
pub(super) fn foreign_form() -> Response {
    let text = "This form did not come from a page of this session, so nothing was changed. Open \
                the page again, then send the form again.";
    notice(
        StatusCode::FORBIDDEN,
        "Form not accepted",
        text,
        ("/", "Start"),
    )
}

pub(super) fn unreadable_form(status: StatusCode) -> Response {
    let text = "The form could not be read or is too large; nothing was changed.";
    notice(status, "Form not accepted", text, ("/", "Start"))
}

/// A page cannot be shown for a reason.
pub(super) fn of_problem(problem: &Problem) -> Response {
    let title = if problem.status() == StatusCode::NOT_FOUND {
        "Not found"
    } else {
        "This did not work"
    };
    notice(
        problem.status(),
        title,
        &problem.to_sentences(),
        ("/", "All invoices"),
    )
}

/// A customer was saved, and something is left at the connection they paid through before.
pub(super) fn of_departure(still_payable: &[LeftCheckout], unbooked: &[LeftCheckout]) -> Response {
    let list = |left: &[LeftCheckout]| {
        let reasons: Vec<_> = left
            .iter()
            .map(|left| format!("{} ({})", left.reference, left.error))
            .collect();
        reasons.join(", ")
    };
    let mut text = "The customer is saved.".to_owned();
    if !still_payable.is_empty() {
        text +=
            " Payment links of another connection could not be cancelled and may still be paid: ";
        text += &list(still_payable);
        text += ". What comes in on them is booked.";
    }
    if !unbooked.is_empty() {
        text += " Money that the gateway states could not be booked yet: ";
        text += &list(unbooked);
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

/// The last resort, without a template.
pub(super) fn broken() -> Response {
    let text = "<!doctype html><title>Error</title><p>The page could not be shown.";
    (StatusCode::INTERNAL_SERVER_ERROR, Html(text)).into_response()
}
