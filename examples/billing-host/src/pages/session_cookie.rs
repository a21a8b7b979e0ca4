//! The cookie with the session of a browser.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, SameSite, SignedCookieJar};

use crate::session::{LIFETIME, Session};
use crate::state::App;

/// Name of the cookie.
const COOKIE: &str = "billing_session";

/// Returns the current session of a request, signed in or not.
pub(super) fn from_headers(headers: &HeaderMap, app: &App) -> Option<Session> {
    let jar = SignedCookieJar::from_headers(headers, app.sessions.key().clone());
    Session::parse(jar.get(COOKIE)?.value()).filter(|session| app.sessions.is_current(session))
}

/// Returns the current session of a request if the visitor is signed in.
pub(super) fn signed_in(headers: &HeaderMap, app: &App) -> Option<Session> {
    from_headers(headers, app).filter(|session| session.signed_in)
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
