//! Access to pages for signed-in visitors only.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use url::form_urlencoded;

use super::notice;
use super::session_cookie;
use crate::session::Session;
use crate::state::App;

/// Field of the sign-in page with the path to return to after signing in.
pub(super) const NEXT: &str = "next";

/// Extracts the session of a signed-in visitor. Redirects other visitors to the sign-in page.
pub(super) struct SignedIn(pub(super) Session);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let session = session_cookie::signed_in(&parts.headers, app).await;
        let session = session.map_err(notice::failed)?;
        session.map(Self).ok_or_else(|| sign_in_redirect(parts))
    }
}

fn sign_in_redirect(parts: &Parts) -> Response {
    let accepts = parts.headers.get(header::ACCEPT);
    if accepts.is_some_and(|accepts| accepts == "text/event-stream") {
        // An event stream cannot follow a redirect to a form.
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let wanted = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair(NEXT, wanted)
        .finish();
    Redirect::to(&format!("/sign-in?{query}")).into_response()
}
