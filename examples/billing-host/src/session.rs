//! Sessions of browsers: signed cookies that are valid for one API key only.

use std::fmt;

use axum_extra::extract::cookie::Key;
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use payment_provider_core::reexport::jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Lifetime of a session.
pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// The key that signs the cookies of sessions.
#[derive(Clone)]
pub(crate) struct Sessions {
    key: Key,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Sessions {
    pub(crate) const fn new(key: Key) -> Self {
        Self { key }
    }

    pub(crate) const fn key(&self) -> &Key {
        &self.key
    }
}

/// The session of a browser. A visitor who is not signed in has one too, which protects the sign-in form
/// against CSRF.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) signed_in: bool,
    /// Expiry in seconds since the Unix epoch.
    expires_at: i64,
    value: String,
}

impl fmt::Debug for Session {
    /// Omits the value, which is the credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("signed_in", &self.signed_in)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(signed_in: bool) -> Self {
        let kind = if signed_in { "in" } else { "out" };
        let expires_at = (Timestamp::now() + LIFETIME).as_second();
        let nonce = Uuid::new_v4().simple();
        Self {
            signed_in,
            expires_at,
            value: format!("{kind}.{expires_at}.{nonce}"),
        }
    }

    /// Parses the value of a cookie whose signature is valid. Returns `None` if it has another form.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let mut parts = value.splitn(3, '.');
        let (kind, expires_at) = (parts.next()?, parts.next()?);
        Some(Self {
            signed_in: kind == "in",
            expires_at: expires_at.parse().ok()?,
            value: value.to_owned(),
        })
    }

    /// Returns the CSRF token for the forms of this session.
    pub(crate) fn token(&self, key: &Key) -> String {
        BASE64URL_NOPAD.encode(&self.mac(key).finalize().into_bytes())
    }

    /// Returns true if `token` is the CSRF token of this session. Compares in constant time.
    pub(crate) fn accepts(&self, token: &str, key: &Key) -> bool {
        let token = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap_or_default();
        self.mac(key).verify_slice(&token).is_ok()
    }

    fn mac(&self, key: &Key) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.signing())
            .unwrap_or_else(|_| unreachable!("HMAC accepts keys of any length"));
        mac.update(b"form of ");
        mac.update(self.value.as_bytes());
        mac
    }

    /// Returns a hash that identifies the session without revealing the cookie.
    pub(crate) fn hash(&self) -> String {
        BASE64URL_NOPAD.encode(&Sha256::digest(&self.value))
    }

    pub(crate) fn is_expired(&self) -> bool {
        self.expires_at <= Timestamp::now().as_second()
    }

    /// Returns the expiry in seconds since the Unix epoch.
    pub(crate) const fn expires_at(&self) -> i64 {
        self.expires_at
    }

    /// Returns the value of the cookie, which is the credential.
    pub(crate) fn value(&self) -> &str {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_csrf_token_is_valid_for_one_session_and_one_key() {
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
