//! Forms that people send, with the token of their session.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::Response;
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use super::notice;
use super::session::{self, Session, SignedIn};
use crate::state::App;

/// The field of the token.
pub(super) const TOKEN: &str = "csrf_token";

/// What was filled in. Any of it may be a secret.
pub(super) struct FormFields(Vec<(String, SecretString)>);

impl FormFields {
    fn parse(body: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(body)
            .map(|(name, value)| (name.into_owned(), SecretString::from(value.into_owned())));
        Self(pairs.collect())
    }

    /// The text of a field; empty if it is not there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.secret(name).map_or("", ExposeSecret::expose_secret)
    }

    /// The text of a field without blanks around it; `None` if that leaves nothing.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty())
    }

    /// A field that is there, as it came.
    pub(super) fn secret(&self, name: &str) -> Option<&SecretString> {
        let mut named = self.0.iter().filter(|(known, _)| known == name);
        named.next_back().map(|(_, value)| value)
    }
}

/// A form that was sent from a page of its session.
pub(super) struct Filled {
    pub(super) session: Session,
    pub(super) fields: FormFields,
}

/// A form of any visitor.
pub(super) struct CheckedForm(pub(super) Filled);

impl FromRequest<App> for CheckedForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let session = session::of(request.headers(), app).ok_or_else(notice::foreign_form)?;
        read(request, app, session).await.map(Self)
    }
}

/// A form of a visitor who is signed in.
pub(super) struct SignedForm(pub(super) Filled);

impl FromRequest<App> for SignedForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        // It cannot be asked to come again after signing in.
        let session = SignedIn::session_of(request.headers(), app);
        let session = session.ok_or_else(notice::not_signed_in)?;
        read(request, app, session).await.map(Self)
    }
}

async fn read(request: Request, app: &App, session: Session) -> Result<Filled, Response> {
    let body = Bytes::from_request(request, app)
        .await
        .map_err(|refusal| notice::unreadable_form(refusal.status()))?;
    let fields = FormFields::parse(&body);
    if session.accepts(fields.text(TOKEN), app.sessions.key()) {
        Ok(Filled { session, fields })
    } else {
        Err(notice::foreign_form())
    }
}
