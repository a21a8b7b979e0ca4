//! Responses for the errors of the payment runtime and of the application's tables.

use std::error::Error as StdError;
use std::time::Duration;

use axum::http::StatusCode;
use payment_provider_core::{
    Effect, ProviderError, ProviderErrorKind, ProviderId, UnknownProvider, ViolationCode,
};
use payment_provider_host::error::{Conflict, Refusal};
use payment_provider_host::{Error, ErrorKind};

use super::{GatewayError, Problem};
use crate::tables::TableError;

/// `Retry-After` if the gateway reports none.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(5);

/// Logs an error that the client did not cause and returns a 503 problem without its details.
fn internal(error: &(dyn StdError + 'static)) -> Problem {
    tracing::error!(error, "a request failed");
    Problem::unavailable()
}

/// Logs that stored secrets cannot be used and returns a problem with the reason, which names settings and
/// no values. Repeating the request does not help.
fn undecryptable(error: &Error) -> Problem {
    tracing::error!(
        error = error as &dyn StdError,
        "stored secrets cannot be used"
    );
    let mut detail = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        detail = format!("{detail}: {error}");
        cause = error.source();
    }
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Problem::new(status, "secrets_unusable", detail)
}

/// Returns the kind of an error with its causes, such as `connection failed: tcp connect error: …`.
fn with_causes(error: &ProviderError) -> String {
    let mut text = error.kind().to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Returns the violation message for an unknown provider: `must be one of: …`.
pub(crate) fn one_of(known: &[ProviderId]) -> String {
    let known: Vec<_> = known.iter().map(ProviderId::as_str).collect();
    format!("must be one of: {}", known.join(", "))
}

impl From<TableError> for Problem {
    fn from(error: TableError) -> Self {
        internal(&error)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound(entity) => match error.unknown_provider() {
                Some(error) => error.into(),
                None => Self::not_found(&entity.to_string()),
            },
            ErrorKind::Invalid(violations) => Self::invalid(violations.clone()),
            ErrorKind::Conflict(Conflict::CodeTaken) => {
                Self::new(StatusCode::CONFLICT, "code_taken", error.to_string())
            }
            ErrorKind::Refused(refusal) => refusal.into(),
            ErrorKind::Pending { retry_after } => {
                let detail = "an earlier payment page is still being reconciled with the gateway; \
                              try again";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
                    .with_retry_after(*retry_after)
            }
            ErrorKind::Provider(error) => error.into(),
            ErrorKind::Encryption => undecryptable(&error),
            _ => internal(&error),
        }
    }
}

impl From<&UnknownProvider> for Problem {
    fn from(error: &UnknownProvider) -> Self {
        let message = one_of(&error.known);
        Self::invalid_field("provider", ViolationCode::Unsupported, message)
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        let (status, code) = match refusal {
            Refusal::ConnectionInUse(_) => {
                let detail = refusal.to_string();
                return Self::new(StatusCode::CONFLICT, "connection_in_use", detail);
            }
            Refusal::DeliveryDropped(_) => {
                let detail = refusal.to_string();
                return Self::new(StatusCode::CONFLICT, "webhook_dropped", detail);
            }
            Refusal::Closed => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_invoice_status_or_payment_status",
            ),
            Refusal::CustomerNotLinked => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "missing_payment_provider_customer",
            ),
            Refusal::AmountChanged => (StatusCode::CONFLICT, "amount_changed"),
            Refusal::ConnectionDisabled => (StatusCode::CONFLICT, "connection_disabled"),
            Refusal::EarlierStillPayable => (StatusCode::CONFLICT, "earlier_page_still_payable"),
            _ => (StatusCode::CONFLICT, "not_payable"),
        };
        Self::new(
            status,
            code,
            format!("the invoice cannot be paid: {refusal}"),
        )
    }
}

/// Returns true if the gateway or its provider refused this request for good: the client has to change it. Refused
/// credentials are those of the connection, not of the request. After a conflict the next request may succeed, under another
/// reference. A gateway that does not know an object of its own and a
/// response that cannot be read say nothing about the request.
fn is_refusal(error: &ProviderError) -> bool {
    matches!(
        error.kind(),
        ProviderErrorKind::InvalidRequest
            | ProviderErrorKind::Refused
            | ProviderErrorKind::Unsupported
    )
}

impl From<&ProviderError> for Problem {
    /// Passes the gateway's message to the client, but does not log it.
    fn from(error: &ProviderError) -> Self {
        let reason = with_causes(error);
        tracing::warn!(%error, reason, "the gateway refused or failed a request");
        if error.effect() == Effect::NotSent && !error.violations().is_empty() {
            return Self::invalid(error.violations().clone());
        }
        let gateway_error = GatewayError {
            message: error
                .gateway_message()
                .map_or_else(|| error.kind().to_string(), str::to_owned),
            error_code: error
                .gateway_code()
                .unwrap_or_else(|| error.kind().as_str())
                .to_owned(),
        };
        let is_transient = matches!(
            error.kind(),
            ProviderErrorKind::RateLimited
                | ProviderErrorKind::Unavailable
                | ProviderErrorKind::Timeout
                | ProviderErrorKind::Connection
        );
        let wait = error
            .retry_after()
            .filter(|wait| !wait.is_zero())
            .unwrap_or(DEFAULT_RETRY_AFTER);
        let problem = if error.effect() == Effect::MaybeApplied {
            let detail = "the gateway may have applied the request, but its response did not arrive; \
                          try again: the result will be found and nothing is done twice";
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "outcome_unknown", detail)
                .with_retry_after(wait)
        } else if is_transient {
            let detail = format!("the gateway is unavailable: {reason}");
            Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "provider_unavailable",
                detail,
            )
            .with_retry_after(wait)
        } else {
            let detail = format!("the gateway refused or failed the request: {reason}");
            let status = if is_refusal(error) {
                StatusCode::UNPROCESSABLE_ENTITY
            } else {
                StatusCode::BAD_GATEWAY
            };
            Self::new(status, "provider_error", detail).with_errors(error.violations().clone())
        };
        problem.with_gateway_error(gateway_error)
    }
}
