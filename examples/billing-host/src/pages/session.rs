//! Who is signed in: a signed cookie, worthless under any other API key.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, Key, SameSite, SignedCookieJar};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_core::reexport::jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use url::form_urlencoded;
use uuid::Uuid;

use super::sign_in::NEXT;
use crate::state::App;

const COOKIE: &str = "billing_session";
const LIFE: SignedDuration = SignedDuration::from_hours(12);

/// The sessions of this application.
#[derive(Clone)]
pub(crate) struct Sessions {
    key: Key,
    /// Those that were ended before their time, by their hashes, and when that would have been. What
    /// other processes end is learnt from the database.
    ended: Arc<Mutex<HashMap<String, i64>>>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Sessions {
    pub(crate) fn new(key: Key) -> Self {
        Self {
            key,
            ended: Arc::default(),
        }
    }

    pub(super) const fn key(&self) -> &Key {
        &self.key
    }

    /// Whether a session has not ended, by its time or otherwise.
    pub(super) fn is_current(&self, session: &Session) -> bool {
        session.ends > Timestamp::now().as_second() && !self.ended().contains_key(&session.hash())
    }

    pub(super) fn end(&self, session: &Session) {
        self.record_ended([(session.hash(), session.ends)]);
    }

    /// Takes note of sessions that were ended, here or elsewhere.
    pub(crate) fn record_ended(&self, sessions: impl IntoIterator<Item = (String, i64)>) {
        let now = Timestamp::now().as_second();
        let mut ended = self.ended();
        ended.retain(|_, ends| *ends > now);
        ended.extend(sessions.into_iter().filter(|(_, ends)| *ends > now));
    }

    fn ended(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One browser. Before it is signed in it has a session as well, so that the form to sign in can be
/// told from one that another site sends.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) signed_in: bool,
    /// In seconds since 1970.
    ends: i64,
    value: String,
}

impl fmt::Debug for Session {
    /// Leaves out the value: whoever has it is signed in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("signed_in", &self.signed_in)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn new(signed_in: bool) -> Self {
        let kind = if signed_in { "in" } else { "out" };
        let ends = (Timestamp::now() + LIFE).as_second();
        let nonce = Uuid::new_v4().simple();
        Self {
            signed_in,
            ends,
            value: format!("{kind}.{ends}.{nonce}"),
        }
    }

    /// The session of a request, if it was begun under this key.
    fn of(headers: &HeaderMap, key: &Key) -> Option<Self> {
        let jar = SignedCookieJar::from_headers(headers, key.clone());
        let value = jar.get(COOKIE)?.value().to_owned();
        let mut parts = value.splitn(3, '.');
        let (kind, ends) = (parts.next()?, parts.next()?);
        Some(Self {
            signed_in: kind == "in",
            ends: ends.parse().ok()?,
            value: value.clone(),
        })
    }

    /// What a form of this session has to bring along.
    pub(super) fn token(&self, key: &Key) -> String {
        BASE64URL_NOPAD.encode(&self.mac(key).finalize().into_bytes())
    }

    /// Whether a form brings what one of this session has to; takes the same time for every wrong one.
    pub(super) fn accepts(&self, token: &str, key: &Key) -> bool {
        let token = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap_or_default();
        self.mac(key).verify_slice(&token).is_ok()
    }

    fn mac(&self, key: &Key) -> Hmac<Sha256> {
        // HMAC takes keys of every length.
        let mut mac = Hmac::<Sha256>::new_from_slice(key.signing())
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of every length"));
        mac.update(b"form of ");
        mac.update(self.value.as_bytes());
        mac
    }

    /// Names the session to those who may not take it over.
    pub(super) fn hash(&self) -> String {
        BASE64URL_NOPAD.encode(&Sha256::digest(&self.value))
    }

    /// When it ends, in seconds since 1970.
    pub(super) const fn ends(&self) -> i64 {
        self.ends
    }

    /// Binds what is sealed for this session to it.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.value.as_bytes()
    }
}

/// The session of a visitor, signed in or not, if there is one.
pub(super) fn of(headers: &HeaderMap, app: &App) -> Option<Session> {
    Session::of(headers, app.sessions.key()).filter(|session| app.sessions.is_current(session))
}

/// A visitor who is signed in. Others are asked to.
pub(super) struct SignedIn(pub(super) Session);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let session = Self::session_of(&parts.headers, app);
        session.map(Self).ok_or_else(|| ask_first(parts))
    }
}

impl SignedIn {
    /// The session of a request, unless it has to be asked to sign in first.
    pub(super) fn session_of(headers: &HeaderMap, app: &App) -> Option<Session> {
        of(headers, app).filter(|session| session.signed_in)
    }
}

fn ask_first(parts: &Parts) -> Response {
    let accepts = parts.headers.get(header::ACCEPT);
    if accepts.is_some_and(|accepts| accepts == "text/event-stream") {
        // A stream cannot be led to a form.
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let wanted = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair(NEXT, wanted)
        .finish();
    Redirect::to(&format!("/sign-in?{query}")).into_response()
}

/// The cookie of a session.
pub(super) fn jar_with(app: &App, session: &Session) -> SignedCookieJar {
    let over_tls = app
        .host
        .public_url()
        .is_some_and(|url| url.scheme() == "https");
    let cookie = Cookie::build((COOKIE, session.value.clone()))
        .path("/")
        .http_only(true)
        .secure(over_tls)
        .same_site(SameSite::Lax)
        .max_age(time::Duration::seconds(LIFE.as_secs()));
    SignedCookieJar::new(app.sessions.key().clone()).add(cookie)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn session() -> Session {
        Session::new(true)
    }

    #[test]
    fn a_token_is_good_for_one_session_and_one_key() {
        let (key, other_key) = (Key::generate(), Key::generate());
        let (session, other) = (Session::new(true), Session::new(true));
        let token = session.token(&key);
        assert!(session.accepts(&token, &key));
        assert!(!other.accepts(&token, &key));
        assert!(!session.accepts(&token, &other_key));
        assert!(!session.accepts("", &key));
        assert!(!session.accepts(&token[1..], &key));
    }
}
