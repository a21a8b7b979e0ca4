//! The header `Idempotency-Key`.

use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use payment_provider_core::{OrganizationId, ViolationCode};

use super::request::{KeyedRequest, Source};
use crate::problem::Problem;

/// Name of the header.
const HEADER: &str = "Idempotency-Key";
/// Longest key, in characters.
const MAX_CHARS: usize = 255;

/// The idempotency key of a request, if it has one.
#[derive(Debug)]
pub(crate) struct IdempotencyKey(Option<String>);

impl IdempotencyKey {
    /// Returns the request to which the key belongs.
    pub(crate) fn of_request(
        self,
        organization: &OrganizationId,
        route: &'static str,
        body: Bytes,
    ) -> KeyedRequest {
        KeyedRequest {
            key: self.0,
            source: Source::Header,
            organization: organization.clone(),
            route,
            body,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let Some(value) = values.next() else {
            return Ok(Self(None));
        };
        let invalid =
            |code, message| Err(Problem::invalid_field(HEADER, code, String::from(message)));
        if values.next().is_some() {
            return invalid(ViolationCode::Invalid, "must occur once only");
        }
        let value = value.as_bytes();
        if value.len() > MAX_CHARS {
            return invalid(ViolationCode::TooLarge, "must be at most 255 characters");
        }
        let is_visible = !value.is_empty() && value.iter().all(u8::is_ascii_graphic);
        match str::from_utf8(value) {
            Ok(key) if is_visible => Ok(Self(Some(key.to_owned()))),
            _ => invalid(
                ViolationCode::Invalid,
                "must be visible ASCII characters without spaces",
            ),
        }
    }
}
