//! Responses for the errors of the payment runtime and of the application's tables.

use std::error::Error;
use std::time::Duration;

use axum::http::StatusCode;
use payment_provider_core::{Effect, ErrorKind, ProviderError, ProviderId, ViolationCode};
use payment_provider_host::{
    CheckoutError, ConnectionError, CustomerError, DeletionError, Refusal, StoreError,
};

use super::{GatewayError, Problem};
use crate::tables::TableError;

/// `Retry-After` if the gateway reports none.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(5);

/// Logs an error that the client did not cause and returns a 503 problem without its details.
fn internal(error: &(dyn Error + 'static)) -> Problem {
    tracing::error!(error, "a request failed");
    Problem::unavailable()
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

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        internal(&error)
    }
}

impl From<ConnectionError> for Problem {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::UnknownProvider(error) => {
                let message = one_of(&error.known);
                Self::invalid_field("provider", ViolationCode::Unsupported, message)
            }
            ConnectionError::Invalid(violations) => Self::invalid(violations),
            ConnectionError::CodeTaken => {
                let detail = "the organization already has a connection with this code";
                Self::new(StatusCode::CONFLICT, "code_taken", detail)
            }
            ConnectionError::NotFound => Self::not_found("connection"),
            ConnectionError::Provider(error) => error.into(),
            error => internal(&error),
        }
    }
}

impl From<DeletionError> for Problem {
    fn from(error: DeletionError) -> Self {
        match error {
            DeletionError::NotFound => Self::not_found("connection"),
            DeletionError::InUse(_) => {
                let detail = error.to_string();
                Self::new(StatusCode::CONFLICT, "connection_in_use", detail)
            }
            error => internal(&error),
        }
    }
}

impl From<CustomerError> for Problem {
    fn from(error: CustomerError) -> Self {
        match error {
            CustomerError::Connection(error) => error.into(),
            error => internal(&error),
        }
    }
}

impl From<CheckoutError> for Problem {
    fn from(error: CheckoutError) -> Self {
        match error {
            CheckoutError::Refused(refusal) => refusal.into(),
            CheckoutError::Invalid(violations) => Self::invalid(violations),
            CheckoutError::Provider(error) => error.into(),
            CheckoutError::Busy { retry_after } => {
                let detail = "an earlier payment page is still being reconciled with the gateway; \
                              try again";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
                    .with_retry_after(retry_after)
            }
            CheckoutError::Connection(error) => error.into(),
            error => internal(&error),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = match refusal {
            Refusal::Paid | Refusal::Closed | Refusal::NothingOwed => (
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

impl From<ProviderError> for Problem {
    /// Passes the gateway's message to the client, but does not log it.
    fn from(error: ProviderError) -> Self {
        let reason = with_causes(&error);
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
            ErrorKind::RateLimited
                | ErrorKind::Unavailable
                | ErrorKind::Timeout
                | ErrorKind::Connection
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
            Self::new(StatusCode::BAD_GATEWAY, "provider_error", detail)
        };
        problem.with_gateway_error(gateway_error)
    }
}
