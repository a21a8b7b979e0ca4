//! The error of a call.

use std::error::Error as StdError;
use std::time::Duration;

use payment_provider_core::{
    Difference, Effect, Operation, ProviderError, ProviderErrorKind, ProviderId, RateLimit,
    RetryAdvice, ViolationCode, Violations,
};

pub(super) struct CallError {
    pub(super) kind: ProviderErrorKind,
    pub(super) effect: Effect,
    /// True if the call may succeed when it is repeated.
    pub(super) transient: bool,
    /// The wait that the gateway asks for.
    pub(super) wait: Option<Duration>,
    pub(super) status: Option<u16>,
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) violations: Violations,
    pub(super) differences: Vec<Difference>,
    pub(super) source: Option<Box<dyn StdError + Send + Sync>>,
}

impl CallError {
    pub(super) const fn new(kind: ProviderErrorKind, effect: Effect) -> Self {
        Self {
            kind,
            effect,
            transient: false,
            wait: None,
            status: None,
            code: None,
            message: None,
            request_id: None,
            violations: Violations::none(),
            differences: Vec::new(),
            source: None,
        }
    }

    pub(super) const fn transient(mut self) -> Self {
        self.transient = true;
        self
    }

    pub(super) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The gateway processed the request, but its response cannot be read.
    pub(super) const fn unreadable() -> Self {
        Self::new(ProviderErrorKind::UnreadableAnswer, Effect::MaybeApplied).transient()
    }

    pub(super) fn conflict(differences: Vec<Difference>) -> Self {
        let mut error = Self::new(ProviderErrorKind::Conflict, Effect::Rejected);
        error.differences = differences;
        error
    }

    pub(super) fn invalid(violations: Violations) -> Self {
        let mut error = Self::new(ProviderErrorKind::InvalidRequest, Effect::NotSent);
        error.violations = violations;
        error
    }

    /// Marks the request as possibly applied.
    pub(super) const fn uncertain(mut self) -> Self {
        self.effect = Effect::MaybeApplied;
        self
    }

    /// Records the field that the gateway rejects.
    pub(super) fn add_violation(&mut self, field: Option<&str>) {
        if let Some(field) = field {
            let message = "is not accepted by the gateway";
            self.violations
                .push(field.to_owned(), ViolationCode::Invalid, message);
        }
    }

    pub(super) fn into_error(self, operation: Operation, provider: ProviderId) -> ProviderError {
        let mut error = if self.kind == ProviderErrorKind::InvalidRequest {
            ProviderError::invalid(self.violations, operation, provider)
        } else {
            ProviderError::new(self.kind, operation, provider)
        };
        error = error
            .with_effect(self.effect)
            .with_differences(self.differences);
        if let Some(wait) = self.wait {
            let mut limit = RateLimit::unknown();
            limit.wait = Some(wait);
            error = error
                .with_rate_limit(limit)
                .with_retry(RetryAdvice::After(wait));
        }
        if let Some(status) = self.status {
            error = error.with_status(status);
        }
        if let Some(code) = self.code {
            error = error.with_gateway_code(code);
        }
        if let Some(message) = self.message {
            error = error.with_gateway_message(message);
        }
        if let Some(id) = self.request_id {
            error = error.with_request_id(id);
        }
        if let Some(source) = self.source {
            error = error.with_source(source);
        }
        error
    }
}
