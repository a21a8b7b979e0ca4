//! A request with its idempotency key.

use axum::body::Bytes;
use axum::http::StatusCode;
use payment_provider_core::OrganizationId;
use std::time::Duration;

use crate::problem::Problem;

/// A request that may carry an idempotency key.
pub(crate) struct KeyedRequest {
    /// `None` for a request that may run any number of times.
    pub(super) key: Option<String>,
    pub(super) source: Source,
    pub(super) organization: OrganizationId,
    /// Method and path, or the name of a form. A key belongs to one route of one organization.
    pub(super) route: &'static str,
    pub(super) body: Bytes,
}

/// Origin of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The header of an API request.
    Header,
    /// The hidden field of a form.
    Form,
}

impl KeyedRequest {
    /// Returns what the hash of the body belongs to.
    pub(super) fn scope<'a>(&'a self, key: &'a str) -> [&'a str; 3] {
        [self.organization.as_str(), self.route, key]
    }
}

impl Source {
    /// Returns the refusal of a key that was used with another body.
    pub(super) fn other_body(self) -> Problem {
        let detail = match self {
            Self::Header => {
                "the key in the header Idempotency-Key was used for a request with another body; \
                 send a new request with a new key"
            }
            Self::Form => {
                "this form was sent before with other entries, and those were saved. Nothing was \
                 saved this time: open the form again to enter more"
            }
        };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Problem::new(status, "idempotency_key_reused", detail)
    }

    /// Returns the refusal of a key whose first request still runs.
    pub(super) fn running(self) -> Problem {
        let detail = match self {
            Self::Header => {
                "a request with the key in the header Idempotency-Key is still running; try again"
            }
            Self::Form => "this form was sent before and is still being saved; send it again",
        };
        Problem::new(StatusCode::CONFLICT, "idempotency_key_in_use", detail)
            .with_retry_after(Duration::from_secs(1))
    }

    /// Returns the answer to a repeated request whose result was deleted.
    pub(super) fn gone(self) -> Problem {
        let detail = match self {
            Self::Header => {
                "what the first request with this Idempotency-Key created was deleted since; send a \
                 new request with a new key to create it again"
            }
            Self::Form => "what this form created was deleted since; open the form again",
        };
        Problem::new(StatusCode::GONE, "idempotency_result_gone", detail)
    }
}
