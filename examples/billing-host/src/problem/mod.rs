//! Error responses as problem details (RFC 9457).

mod from_errors;

pub(crate) use from_errors::one_of;

use std::borrow::Cow;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use payment_provider_core::{ViolationCode, Violations};
use problem_details::ProblemDetails;
use serde::Serialize;

/// An error response, as problem details (RFC 9457) for programs or as sentences for pages.
#[derive(Debug)]
pub(crate) struct Problem(Box<Content>);

#[derive(Debug)]
struct Content {
    status: StatusCode,
    detail: String,
    members: Members,
    retry_after: Option<Duration>,
}

/// Extension members of the problem details.
#[derive(Debug, Default, Serialize)]
struct Members {
    /// Stable code of the reason.
    code: &'static str,
    #[serde(skip_serializing_if = "Violations::is_empty")]
    errors: Violations,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_error: Option<GatewayError>,
}

/// Error that the gateway reported.
#[derive(Debug, Serialize)]
pub(crate) struct GatewayError {
    pub(crate) message: String,
    pub(crate) error_code: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let members = Members {
            code,
            ..Members::default()
        };
        Self(Box::new(Content {
            status,
            detail: detail.into(),
            members,
            retry_after: None,
        }))
    }

    /// Returns a 422 problem that lists all invalid fields.
    pub(crate) fn invalid(errors: Violations) -> Self {
        let mut fields: Vec<&str> = Vec::new();
        for violation in &errors {
            if !fields.contains(&&*violation.field) {
                fields.push(&violation.field);
            }
        }
        let detail = format!("invalid fields: {}", fields.join(", "));
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let mut problem = Self::new(status, "validation_errors", detail);
        problem.0.members.errors = errors;
        problem
    }

    /// Returns a 422 problem for one invalid field.
    pub(crate) fn invalid_field(
        field: &'static str,
        code: ViolationCode,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let mut violations = Violations::none();
        violations.push(field, code, message);
        Self::invalid(violations)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("no such {what}"),
        )
    }

    /// Returns a 503 problem for a failure of the application itself, such as of its database.
    pub(crate) fn unavailable() -> Self {
        let detail = "the request cannot be served now; try again";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, "temporarily_unavailable", detail)
            .with_retry_after(Duration::from_secs(5))
    }

    pub(crate) fn with_gateway_error(mut self, error: GatewayError) -> Self {
        self.0.members.provider_error = Some(error);
        self
    }

    /// Adds the fields that are not acceptable.
    pub(crate) fn with_errors(mut self, errors: Violations) -> Self {
        self.0.members.errors = errors;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }
}

impl Problem {
    /// Returns the HTTP status of the response.
    pub(crate) const fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Returns the problem as sentences for a page.
    pub(crate) fn to_sentences(&self) -> String {
        let Content {
            detail,
            members,
            retry_after,
            ..
        } = &*self.0;
        let mut sentences = vec![sentence(detail)];
        if !members.errors.is_empty() {
            sentences = members
                .errors
                .iter()
                .map(|it| sentence(&it.to_string()))
                .collect();
        }
        if let Some(error) = &members.provider_error {
            let GatewayError {
                message,
                error_code,
            } = error;
            sentences.push(format!("The gateway reported: {message} ({error_code})."));
        }
        if let Some(wait) = retry_after {
            let seconds = wait.as_secs().max(1);
            sentences.push(format!("Try again in {seconds} s."));
        }
        sentences.join(" ")
    }
}

/// Returns `text` with a capital first letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    let mut sentence = first.unwrap_or_default() + letters.as_str();
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Content {
            status,
            detail,
            members,
            retry_after,
        } = *self.0;
        let mut response = ProblemDetails::from_status_code(status)
            .with_detail(detail)
            .with_extensions(members)
            .into_response();
        if let Some(wait) = retry_after {
            let seconds = HeaderValue::from(wait.as_secs().max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
