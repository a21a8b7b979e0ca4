//! Signing in with the API key and signing out.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use url::form_urlencoded;

use super::field::Field;
use super::form::{SubmittedForm, VisitorForm};
use super::layout::{Layout, page};
use super::notice;
use super::session_cookie::{self, set_cookie};
use super::signed_in::NEXT;
use crate::access::{self, Denied, Source};
use crate::session::Session;
use crate::session_table;
use crate::state::App;

const API_KEY: &str = "api_key";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    layout: Layout,
    fields: Vec<Field>,
    next: String,
}

/// `GET /sign-in`
pub(super) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let next = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == NEXT)
        .map(|(_, value)| own_path(&value))
        .unwrap_or_default();
    match session_cookie::from_headers(&headers, &app).await {
        Err(error) => notice::failed(error),
        Ok(Some(session)) if session.signed_in => Redirect::to(or_home(&next)).into_response(),
        // Keeps the session, since the form may be open in another tab.
        Ok(Some(session)) => sign_in_form(&app, &session, StatusCode::OK, next, None),
        Ok(None) => sign_in_form(&app, &Session::new(false), StatusCode::OK, next, None),
    }
}

fn sign_in_form(
    app: &App,
    session: &Session,
    status: StatusCode,
    next: String,
    problem: Option<&str>,
) -> Response {
    let help = "The application prints it at startup, unless BILLING_HOST_API_KEY sets it.";
    let key = Field::secret(API_KEY, "API key").required().with_help(help);
    let sign_in = SignInPage {
        layout: Layout::for_visitor("Sign in", session, app),
        fields: vec![key.with_error(problem)],
        next,
    };
    (set_cookie(app, session), page(status, &sign_in)).into_response()
}

/// `POST /sign-in`
pub(super) async fn sign_in(State(app): State<App>, source: Source, form: VisitorForm) -> Response {
    let SubmittedForm {
        session, fields, ..
    } = form.0;
    let next = own_path(fields.text(NEXT));
    let key = fields.text(API_KEY).trim().as_bytes();
    match access::authenticate_operator(&app, source, key) {
        Ok(_) => {
            let jar = set_cookie(&app, &Session::new(true));
            (jar, Redirect::to(or_home(&next))).into_response()
        }
        Err(Denied::TooManyFailures { wait }) => {
            let seconds = wait.as_secs().max(1);
            let problem =
                format!("cannot be checked: too many wrong keys. Try again in {seconds} s");
            let status = StatusCode::TOO_MANY_REQUESTS;
            let form = sign_in_form(&app, &session, status, next, Some(&problem));
            ([(header::RETRY_AFTER, seconds.to_string())], form).into_response()
        }
        Err(_) => {
            let problem = Some("is not the API key of this application");
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            sign_in_form(&app, &session, status, next, problem)
        }
    }
}

/// `POST /sign-out`
pub(super) async fn sign_out(State(app): State<App>, form: VisitorForm) -> Response {
    let session = &form.0.session;
    if let Err(error) = session_table::end(&app.host, session).await {
        return notice::failed(error);
    }
    (
        set_cookie(&app, &Session::new(false)),
        Redirect::to("/sign-in"),
    )
        .into_response()
}

/// Returns `text` if it is a path of this application, else an empty text.
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
    fn only_paths_of_this_application_are_redirected_to() {
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
