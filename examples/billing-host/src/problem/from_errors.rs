//! How the errors of the runtime are answered.

use std::error::Error;
use std::time::Duration;

use axum::http::StatusCode;
use payment_provider_core::{
    Effect, ErrorKind, ProviderError, ProviderId, ViolationCode, Violations,
};
use payment_provider_host::{
    CheckoutError, ConnectionError, CustomerError, DeletionError, Refusal, StoreError,
};

use super::{Problem, ProviderFailure};
use crate::tables::TableError;

/// How long to wait where the gateway does not say.
const DEFAULT_WAIT: Duration = Duration::from_secs(5);

fn internal(error: &(dyn Error + 'static)) -> Problem {
    tracing::error!(error, "a request could not be served");
    Problem::unavailable()
}

/// What happened, and why as far as that is known: `connection failed: tcp connect error: …`.
fn with_causes(error: &ProviderError) -> String {
    let mut text = error.kind().to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
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
                let known: Vec<_> = error.known.iter().map(ProviderId::as_str).collect();
                let message = format!("must be one of: {}", known.join(", "));
                let mut violations = Violations::none();
                violations.push("provider", ViolationCode::Unsupported, message);
                Self::invalid(violations)
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
                let detail = "whether an earlier payment page exists is still being found out; \
                              ask again";
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
            format!("no payment can be asked for: {refusal}"),
        )
    }
}

impl From<ProviderError> for Problem {
    /// The gateway's own message goes to the merchant, as it is meant to, and to no log.
    fn from(error: ProviderError) -> Self {
        let reason = with_causes(&error);
        tracing::warn!(%error, reason, "the gateway did not do what was asked");
        if error.effect() == Effect::NotSent && !error.violations().is_empty() {
            return Self::invalid(error.violations().clone());
        }
        let failure = ProviderFailure {
            message: error
                .gateway_message()
                .map_or_else(|| error.kind().to_string(), str::to_owned),
            error_code: error
                .gateway_code()
                .unwrap_or_else(|| error.kind().as_str())
                .to_owned(),
        };
        let passes = matches!(
            error.kind(),
            ErrorKind::RateLimited
                | ErrorKind::Unavailable
                | ErrorKind::Timeout
                | ErrorKind::Connection
        );
        let wait = error
            .retry_after()
            .filter(|wait| !wait.is_zero())
            .unwrap_or(DEFAULT_WAIT);
        let problem = if error.effect() == Effect::MaybeApplied {
            let detail = "the gateway may have done what was asked, but its answer did not arrive; \
                          ask again: what it did will be found, and nothing is done twice";
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "outcome_unknown", detail)
                .with_retry_after(wait)
        } else if passes {
            let detail = format!("the gateway cannot be used just now: {reason}");
            Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "provider_unavailable",
                detail,
            )
            .with_retry_after(wait)
        } else {
            let detail = format!("the gateway did not do what was asked: {reason}");
            Self::new(StatusCode::BAD_GATEWAY, "provider_error", detail)
        };
        problem.with_provider_error(failure)
    }
}
