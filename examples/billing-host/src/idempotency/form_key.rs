//! The hidden field that makes a form create once, however often it is sent.

use axum::body::Bytes;
use payment_provider_core::OrganizationId;
use uuid::Uuid;

use super::request::{KeyedRequest, Source};

/// Name of the hidden field.
pub(crate) const FORM_KEY: &str = "form_key";

/// The random key of one rendered form.
pub(crate) struct FormKey(String);

impl FormKey {
    /// Returns a new key for a form that is rendered now.
    pub(crate) fn random() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns the request of a submitted form. A text that is no key of a form, such as a missing field, protects
/// against nothing and is not stored.
pub(crate) fn of_form(
    key: &str,
    organization: &OrganizationId,
    route: &'static str,
    body: Bytes,
) -> KeyedRequest {
    let key = Uuid::try_parse(key).ok();
    KeyedRequest {
        key: key.map(|key| key.to_string()),
        source: Source::Form,
        organization: organization.clone(),
        route,
        body,
    }
}
