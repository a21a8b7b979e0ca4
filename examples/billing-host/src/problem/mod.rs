//! Answers that say why a request was refused, as problem details (RFC 9457).

mod from_errors;

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use payment_provider_core::Violations;
use problem_details::ProblemDetails;
use serde::Serialize;

/// An answer that says why not, as problem details (RFC 9457).
#[derive(Debug)]
pub(crate) struct Problem(Box<Content>);

#[derive(Debug)]
struct Content {
    status: StatusCode,
    detail: String,
    members: Members,
    retry_after: Option<Duration>,
}

/// What is in the answer beside the standard members.
#[derive(Debug, Default, Serialize)]
struct Members {
    /// A stable word for the reason.
    code: &'static str,
    #[serde(skip_serializing_if = "Violations::is_empty")]
    errors: Violations,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_error: Option<ProviderFailure>,
}

/// What the gateway said.
#[derive(Debug, Serialize)]
pub(crate) struct ProviderFailure {
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

    /// Fields that are not accepted, all of them.
    pub(crate) fn invalid(errors: Violations) -> Self {
        let mut fields: Vec<&str> = Vec::new();
        for violation in &errors {
            if !fields.contains(&&*violation.field) {
                fields.push(&violation.field);
            }
        }
        let detail = format!("not acceptable: {}", fields.join(", "));
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let mut problem = Self::new(status, "validation_errors", detail);
        problem.0.members.errors = errors;
        problem
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("there is no such {what}"),
        )
    }

    /// Something of our own does not work just now.
    pub(crate) fn unavailable() -> Self {
        let detail = "this cannot be done just now; ask again";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, "temporarily_unavailable", detail)
            .with_retry_after(Duration::from_secs(5))
    }

    pub(crate) fn with_provider_error(mut self, failure: ProviderFailure) -> Self {
        self.0.members.provider_error = Some(failure);
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }
}

impl Problem {
    pub(crate) const fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The whole of it as sentences.
    pub(crate) fn for_people(&self) -> String {
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
        if let Some(failure) = &members.provider_error {
            let ProviderFailure {
                message,
                error_code,
            } = failure;
            sentences.push(format!("The gateway says: {message} ({error_code})."));
        }
        if let Some(wait) = retry_after {
            let seconds = wait.as_secs().max(1);
            sentences.push(format!("Try again in {seconds} s."));
        }
        sentences.join(" ")
    }
}

/// With a capital letter and a full stop.
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
