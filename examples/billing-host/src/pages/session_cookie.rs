//! The cookie with the session of a browser.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, SameSite, SignedCookieJar};

use crate::session::{LIFETIME, Session};
use crate::session_table;
use crate::state::App;
use crate::tables::TableError;

/// Name of the cookie.
const COOKIE: &str = "billing_session";

/// Returns the current session of a request, signed in or not.
pub(super) async fn from_headers(
    headers: &HeaderMap,
    app: &App,
) -> Result<Option<Session>, TableError> {
    let jar = SignedCookieJar::from_headers(headers, app.sessions.key().clone());
    let session = jar.get(COOKIE).and_then(|it| Session::parse(it.value()));
    let Some(session) = session else {
        return Ok(None);
    };
    let is_current = session_table::is_current(&app.host, &session).await?;
    Ok(is_current.then_some(session))
}

/// Returns the current session of a request if the visitor is signed in.
pub(super) async fn signed_in(
    headers: &HeaderMap,
    app: &App,
) -> Result<Option<Session>, TableError> {
    let session = from_headers(headers, app).await?;
    Ok(session.filter(|session| session.signed_in))
}

/// Returns a response part that sets the cookie of a session.
pub(super) fn set_cookie(app: &App, session: &Session) -> SignedCookieJar {
    let over_tls = app
        .host
        .public_url()
        .is_some_and(|url| url.scheme() == "https");
    let cookie = Cookie::build((COOKIE, session.value().to_owned()))
        .path("/")
        .http_only(true)
        .secure(over_tls)
        .same_site(SameSite::Lax)
        .max_age(time::Duration::seconds(LIFETIME.as_secs()));
    SignedCookieJar::new(app.sessions.key().clone()).add(cookie)
}
