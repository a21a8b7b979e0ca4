//! The response to each outcome of a delivery.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use payment_provider_core::WebhookReply;
use payment_provider_host::error::Entity;
use payment_provider_host::inbox::Receipt;
use payment_provider_host::{Error, ErrorKind};
use problem_details::ProblemDetails;

/// The default wait in `Retry-After`.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);

/// The wait in `Retry-After` after which the bodies under way have arrived, or were given up.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// The outcome of a delivery.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Stored, now or before.
    Stored(Receipt),
    /// Not stored.
    Failed(Error),
    /// The address names no connection that there could be.
    NoAddress(String),
    /// The body is larger than is read.
    TooLarge,
    /// The body broke off.
    Unreadable,
    /// The body did not arrive in time.
    TooSlow,
    /// The bodies under way take all the memory that there is for them.
    Busy,
}

/// The reason for which a delivery is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    UnknownConnection,
    InvalidSignature,
    /// More deliveries than the connection may receive.
    TooMany,
    /// The provider could not verify it now.
    Unverifiable,
    /// The provider is not registered, or the stored settings do not make a connection any more.
    UnusableConnection,
    StoreFailed,
}

impl Failure {
    const fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound(Entity::Connection) => Self::UnknownConnection,
            ErrorKind::InvalidSignature => Self::InvalidSignature,
            ErrorKind::TooManyDeliveries { .. } => Self::TooMany,
            ErrorKind::Provider(_) => Self::Unverifiable,
            ErrorKind::NotFound(_) | ErrorKind::Invalid(_) | ErrorKind::Encryption => {
                Self::UnusableConnection
            }
            _ => Self::StoreFailed,
        }
    }
}

impl Outcome {
    /// A stable word, for logs.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Stored(receipt) if receipt.duplicate => "duplicate",
            Self::Stored(_) => "stored",
            Self::Failed(error) => match Failure::of(error) {
                Failure::UnknownConnection => "unknown_connection",
                Failure::InvalidSignature => "invalid_signature",
                Failure::TooMany => "too_many",
                Failure::Unverifiable => "unverifiable",
                Failure::UnusableConnection => "unusable_connection",
                Failure::StoreFailed => "store_failed",
            },
            Self::NoAddress(_) => "malformed_address",
            Self::TooLarge => "too_large",
            Self::Unreadable => "unreadable_body",
            Self::TooSlow => "slow_body",
            Self::Busy => "busy",
        }
    }

    /// Returns the word under which its log lines are limited. A sender without the secret gets two
    /// outcomes: at first that of its signature, and then that there are too many.
    pub(crate) fn subject(&self) -> &'static str {
        match self.word() {
            "too_many" => "invalid_signature",
            word => word,
        }
    }

    /// Returns true if the address names a connection that exists.
    pub(crate) fn is_of_a_connection(&self) -> bool {
        match self {
            // While the store is down, it is not known which connections exist.
            Self::Failed(error) => !matches!(
                Failure::of(error),
                Failure::UnknownConnection | Failure::StoreFailed
            ),
            // The size is announced before the connection is looked for.
            Self::NoAddress(_) | Self::TooLarge => false,
            Self::Stored(_) | Self::Unreadable | Self::TooSlow | Self::Busy => true,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Stored(_) => StatusCode::OK,
            Self::Failed(error) => match Failure::of(error) {
                Failure::UnknownConnection => StatusCode::NOT_FOUND,
                Failure::InvalidSignature => StatusCode::UNAUTHORIZED,
                Failure::TooMany => StatusCode::TOO_MANY_REQUESTS,
                // All other reasons are on this side: the sender tries again and nothing is lost.
                _ => StatusCode::SERVICE_UNAVAILABLE,
            },
            Self::NoAddress(_) => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn detail(&self) -> &str {
        match self {
            Self::Stored(_) => "the delivery is stored",
            Self::Failed(error) => match Failure::of(error) {
                Failure::UnknownConnection => "there is no such connection",
                Failure::InvalidSignature => "the signature does not match",
                Failure::TooMany => {
                    "the connection receives too many deliveries; send it again later"
                }
                Failure::Unverifiable => "the delivery cannot be verified now; send it again",
                Failure::UnusableConnection => "the connection cannot be used now; send it again",
                Failure::StoreFailed => "the delivery cannot be stored now; send it again",
            },
            Self::NoAddress(problem) => problem,
            Self::TooLarge => "the body is larger than 1 MiB",
            Self::Unreadable => "the body could not be read to its end",
            Self::TooSlow => "the body did not arrive in time",
            Self::Busy => "too many bodies arrive at once; send it again",
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Failed(error)
                if matches!(
                    self.status(),
                    StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
                ) =>
            {
                Some(error.retry_after().unwrap_or(DEFAULT_WAIT))
            }
            Self::Busy => Some(BUSY_WAIT),
            _ => None,
        }
    }
}

impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        if let Self::Stored(receipt) = self {
            return reply(receipt.reply);
        }
        let problem = ProblemDetails::from_status_code(self.status()).with_detail(self.detail());
        let mut response = problem.into_response();
        if let Some(wait) = self.retry_after() {
            let seconds = HeaderValue::from(wait.as_secs().max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// The answer the gateway wants to a delivery it need not repeat.
fn reply(reply: WebhookReply) -> Response {
    match reply.content_type {
        Some(content_type) => ([(header::CONTENT_TYPE, content_type)], reply.body).into_response(),
        None => StatusCode::OK.into_response(),
    }
}

pub(crate) async fn method_not_allowed() -> Response {
    ProblemDetails::from_status_code(StatusCode::METHOD_NOT_ALLOWED)
        .with_detail("webhooks are taken with POST only")
        .into_response()
}
