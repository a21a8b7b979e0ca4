//! Submitted forms and their CSRF token.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::Response;
use payment_provider_core::{InvalidIdentifier, OrganizationId, Violations};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use super::notice;
use super::session_cookie;
use crate::idempotency::{self, FORM_KEY, KeyedRequest};
use crate::session::Session;
use crate::state::App;
use crate::validation;

/// Name of the field with the CSRF token.
pub(super) const TOKEN: &str = "csrf_token";

/// Values of a submitted form. Any of them may be a secret.
pub(super) struct FormFields(Vec<(String, SecretString)>);

impl FormFields {
    fn parse(body: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(body)
            .map(|(name, value)| (name.into_owned(), SecretString::from(value.into_owned())));
        Self(pairs.collect())
    }

    /// Returns the value of a field, or an empty text if it is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        self.secret(name).map_or("", ExposeSecret::expose_secret)
    }

    /// Returns the value of a field without surrounding whitespace, or `None` if it is blank or missing.
    pub(super) fn non_blank(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty())
    }

    /// Parses the trimmed value of a field as an identifier. Records a violation if it is invalid.
    pub(super) fn identifier<T>(
        &self,
        name: &'static str,
        parse: fn(String) -> Result<T, InvalidIdentifier>,
        violations: &mut Violations,
    ) -> Option<T> {
        validation::identifier(name, self.text(name).trim(), parse, violations)
    }

    /// Returns the value of a field unchanged, or `None` if it is missing. The last of several wins.
    pub(super) fn secret(&self, name: &str) -> Option<&SecretString> {
        let mut named = self.0.iter().filter(|(known, _)| known == name);
        named.next_back().map(|(_, value)| value)
    }
}

/// A form with a valid CSRF token, and its session.
pub(super) struct SubmittedForm {
    pub(super) session: Session,
    pub(super) fields: FormFields,
    /// The fields as they were sent.
    body: Bytes,
}

impl SubmittedForm {
    /// Returns the form as a request that creates once: a form that is sent again, by a double click or a reload,
    /// leads to the first result.
    pub(super) fn keyed(&self, organization: &OrganizationId, form: &'static str) -> KeyedRequest {
        let key = self.fields.text(FORM_KEY);
        idempotency::of_form(key, organization, form, self.body.clone())
    }
}

/// A form of any visitor, signed in or not.
pub(super) struct VisitorForm(pub(super) SubmittedForm);

impl FromRequest<App> for VisitorForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let session = session_cookie::from_headers(request.headers(), app).await;
        let session = session
            .map_err(notice::failed)?
            .ok_or_else(notice::invalid_token)?;
        read(request, app, session).await.map(Self)
    }
}

/// A form of a signed-in visitor.
pub(super) struct SignedInForm(pub(super) SubmittedForm);

impl FromRequest<App> for SignedInForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        // No redirect to the sign-in page: the form would be lost.
        let session = session_cookie::signed_in(request.headers(), app).await;
        let session = session
            .map_err(notice::failed)?
            .ok_or_else(notice::not_signed_in)?;
        read(request, app, session).await.map(Self)
    }
}

async fn read(request: Request, app: &App, session: Session) -> Result<SubmittedForm, Response> {
    let body = Bytes::from_request(request, app)
        .await
        .map_err(|rejection| notice::unreadable_form(rejection.status()))?;
    let fields = FormFields::parse(&body);
    if session.accepts(fields.text(TOKEN), app.sessions.key()) {
        Ok(SubmittedForm {
            session,
            fields,
            body,
        })
    } else {
        Err(notice::invalid_token())
    }
}
