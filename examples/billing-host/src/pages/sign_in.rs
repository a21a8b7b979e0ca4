//! Signing in with the API key, and out again.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use url::form_urlencoded;

use super::field::Field;
use super::form::{CheckedForm, Filled};
use super::layout::{Layout, page};
use super::session::{self, Session, jar_with};
use crate::state::App;
use crate::tables;

const API_KEY: &str = "api_key";
/// The field of the page that was wanted.
pub(super) const NEXT: &str = "next";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    layout: Layout,
    fields: Vec<Field>,
    next: String,
}

/// `GET /sign-in`
pub(super) async fn ask(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let next = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == NEXT)
        .map(|(_, value)| own_path(&value))
        .unwrap_or_default();
    match session::of(&headers, &app) {
        Some(session) if session.signed_in => Redirect::to(or_home(&next)).into_response(),
        // The form may be open in another tab.
        Some(session) => form(&app, &session, StatusCode::OK, next, None),
        None => form(&app, &Session::new(false), StatusCode::OK, next, None),
    }
}

fn form(
    app: &App,
    session: &Session,
    status: StatusCode,
    next: String,
    problem: Option<&str>,
) -> Response {
    let help = "The application printed it when it started, unless it was given one in \
                BILLING_HOST_API_KEY.";
    let key = Field::secret(API_KEY, "API key").required().with_help(help);
    let sign_in = SignInPage {
        layout: Layout::of_visitor("Sign in", session, app),
        fields: vec![key.with_error(problem)],
        next,
    };
    (jar_with(app, session), page(status, &sign_in)).into_response()
}

/// `POST /sign-in`
pub(super) async fn sign_in(State(app): State<App>, form_sent: CheckedForm) -> Response {
    let Filled { session, fields } = form_sent.0;
    let next = own_path(fields.text(NEXT));
    if app.api_key.accepts(fields.text(API_KEY).trim().as_bytes()) {
        let jar = jar_with(&app, &Session::new(true));
        (jar, Redirect::to(or_home(&next))).into_response()
    } else {
        let problem = Some("is not the API key of this application");
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        form(&app, &session, status, next, problem)
    }
}

/// `POST /sign-out`
pub(super) async fn sign_out(State(app): State<App>, form_sent: CheckedForm) -> Response {
    let session = &form_sent.0.session;
    app.sessions.end(session);
    // Here it has ended either way; elsewhere it may last until its time.
    let told = tables::end_session(app.host.store(), &session.hash(), session.ends()).await;
    if let Err(error) = told {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "other processes do not know who signed out"
        );
    }
    (
        jar_with(&app, &Session::new(false)),
        Redirect::to("/sign-in"),
    )
        .into_response()
}

/// A path of this application; nothing else is gone to.
fn own_path(text: &str) -> String {
    let plain = text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains('\\')
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if plain {
        text.to_owned()
    } else {
        String::new()
    }
}

fn or_home(next: &str) -> &str {
    if next.is_empty() { "/" } else { next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        assert_eq!(own_path("/invoices/1?a=b"), "/invoices/1?a=b");
        for elsewhere in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "/a\n",
        ] {
            assert_eq!(own_path(elsewhere), "", "{elsewhere:?}");
        }
    }
}
