//! The common error type of all provider operations.

mod advice;
mod kind;
mod rate_limit;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

pub use advice::{Effect, RetryAdvice};
pub use kind::{Difference, Operation, ProviderErrorKind};
pub use rate_limit::RateLimit;

use crate::{Pii, ProviderId, Violations};

type Source = Box<dyn StdError + Send + Sync>;

/// An error that an operation of a provider returns.
///
/// It answers three questions of a host: *what happened* ([`kind`](Self::kind)), *did it change
/// anything at the gateway* ([`effect`](Self::effect)), and *may it be retried*
/// ([`retry`](Self::retry)). A declined payment or an expired checkout is a value, not an error.
///
/// `Display` and `Debug` contain neither secrets nor personal data: the gateway's own message,
/// which may repeat request data, is available through [`gateway_message`](Self::gateway_message).
///
/// # Examples
/// ```
/// use payment_provider_core::{Effect, ProviderErrorKind, Operation, ProviderError, ProviderId};
///
/// let provider = ProviderId::new("examplepay")?;
/// let error = ProviderError::new(ProviderErrorKind::Unavailable, Operation::CreateCheckout, provider)
///     .with_status(503);
/// // The checkout may exist: the same call is repeated, under the same reference.
/// assert_eq!(error.effect(), Effect::MaybeApplied);
/// assert!(error.retry_after().is_some());
/// # Ok::<(), payment_provider_core::InvalidIdentifier>(())
/// ```
pub struct ProviderError {
    inner: Box<Inner>,
}

struct Inner {
    kind: ProviderErrorKind,
    operation: Operation,
    provider: ProviderId,
    effect: Effect,
    retry: RetryAdvice,
    status: Option<u16>,
    gateway_code: Option<String>,
    gateway_message: Option<Pii>,
    request_id: Option<String>,
    rate_limit: Option<RateLimit>,
    unsigned: bool,
    violations: Violations,
    differences: Vec<Difference>,
    source: Option<Source>,
}

impl ProviderError {
    /// Creates an error of this kind, with the effect and the retry advice that the kind implies; a
    /// caller with more precise knowledge can override both.
    pub fn new(kind: ProviderErrorKind, operation: Operation, provider: ProviderId) -> Self {
        let inner = Inner {
            kind,
            operation,
            provider,
            effect: settled(operation, kind.default_effect()),
            retry: kind.default_retry(),
            status: None,
            gateway_code: None,
            gateway_message: None,
            request_id: None,
            rate_limit: None,
            unsigned: false,
            violations: Violations::none(),
            differences: Vec::new(),
            source: None,
        };
        Self {
            inner: Box::new(inner),
        }
    }

    /// Creates the error for an input that was refused before anything was sent.
    pub fn invalid(violations: Violations, operation: Operation, provider: ProviderId) -> Self {
        let mut error = Self::new(ProviderErrorKind::InvalidRequest, operation, provider);
        error.inner.effect = Effect::NotSent;
        error.inner.violations = violations;
        error
    }

    /// Sets the known effect. For a call that only reads, [`Effect::MaybeApplied`] becomes
    /// [`Effect::Rejected`], because such a call cannot have changed anything.
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.inner.effect = settled(self.inner.operation, effect);
        self
    }

    /// Sets the retry advice.
    pub fn with_retry(mut self, retry: RetryAdvice) -> Self {
        self.inner.retry = retry;
        self
    }

    /// Sets the HTTP status of the gateway's response.
    pub fn with_status(mut self, status: u16) -> Self {
        self.inner.status = Some(status);
        self
    }

    /// Sets the gateway's own error code.
    pub fn with_gateway_code(mut self, code: impl Into<String>) -> Self {
        self.inner.gateway_code = Some(code.into());
        self
    }

    /// Sets the gateway's own message.
    pub fn with_gateway_message(mut self, message: impl Into<String>) -> Self {
        self.inner.gateway_message = Some(Pii::new(message.into()));
        self
    }

    /// Sets the id by which the gateway's support finds the request.
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.inner.request_id = Some(id.into());
        self
    }

    /// Sets the rate limit that the gateway's response reported.
    pub fn with_rate_limit(mut self, limit: RateLimit) -> Self {
        self.inner.rate_limit = limit.is_known().then_some(limit);
        self
    }

    /// Sets the differences between the gateway's object and the request.
    pub fn with_differences(mut self, differences: Vec<Difference>) -> Self {
        self.inner.differences = differences;
        self
    }

    /// States that a webhook carries no signature at all, for the operator of the host. All other webhooks
    /// of the kind [`ProviderErrorKind::InvalidSignature`] carry one that does not match. The sender
    /// learns no difference: neither `Display` nor `Debug` shows it.
    pub fn with_unsigned(mut self) -> Self {
        self.inner.unsigned = true;
        self
    }

    /// Sets the cause. Remove URLs, bodies and header values from it first.
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Returns the kind of error.
    pub fn kind(&self) -> ProviderErrorKind {
        self.inner.kind
    }

    /// Returns the operation that failed.
    pub fn operation(&self) -> Operation {
        self.inner.operation
    }

    /// Returns the provider.
    pub fn provider(&self) -> &ProviderId {
        &self.inner.provider
    }

    /// Returns the known effect of the request at the gateway.
    pub fn effect(&self) -> Effect {
        self.inner.effect
    }

    /// Returns the advice on retrying the same call.
    pub fn retry(&self) -> RetryAdvice {
        self.inner.retry
    }

    /// Returns the HTTP status of the gateway's response, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// Returns the gateway's own error code.
    pub fn gateway_code(&self) -> Option<&str> {
        self.inner.gateway_code.as_deref()
    }

    /// Returns the gateway's own message. It may repeat personal data of the request: show it to
    /// the merchant, keep it out of logs.
    pub fn gateway_message(&self) -> Option<&str> {
        self.inner.gateway_message.as_ref().map(Pii::expose)
    }

    /// Returns the id by which the gateway's support finds the request.
    pub fn request_id(&self) -> Option<&str> {
        self.inner.request_id.as_deref()
    }

    /// Returns the rate limit, if the gateway's response reported one. The time to wait is also in
    /// [`retry`](Self::retry).
    pub fn rate_limit(&self) -> Option<&RateLimit> {
        self.inner.rate_limit.as_ref()
    }

    /// Returns true if a webhook carries no signature at all.
    pub fn is_unsigned(&self) -> bool {
        self.inner.unsigned
    }

    /// Returns the invalid fields, for [`ProviderErrorKind::InvalidRequest`].
    pub fn violations(&self) -> &Violations {
        &self.inner.violations
    }

    /// Returns the differences between the gateway's object and the request, for
    /// [`ProviderErrorKind::Conflict`].
    pub fn differences(&self) -> &[Difference] {
        &self.inner.differences
    }

    /// Returns the time to wait before a retry, or `None` if the call may not be retried.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.inner.retry {
            RetryAdvice::Never => None,
            RetryAdvice::Now => Some(Duration::ZERO),
            RetryAdvice::After(wait) => Some(wait),
        }
    }
}

fn settled(operation: Operation, effect: Effect) -> Effect {
    match effect {
        Effect::MaybeApplied if operation.only_reads() => Effect::Rejected,
        effect => effect,
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind,
            operation,
            provider,
            ..
        } = &*self.inner;
        write!(f, "{provider} {operation}: {kind}")?;
        if let Some(status) = self.inner.status {
            write!(f, ", status {status}")?;
        }
        if let Some(code) = &self.inner.gateway_code {
            write!(f, ", code {}", code.escape_default())?;
        }
        if !self.inner.violations.is_empty() {
            write!(f, " ({})", self.inner.violations)?;
        }
        for (position, difference) in self.inner.differences.iter().enumerate() {
            f.write_str(if position == 0 { " (" } else { "; " })?;
            difference.fmt(f)?;
        }
        if !self.inner.differences.is_empty() {
            f.write_str(")")?;
        }
        if self.inner.effect == Effect::MaybeApplied {
            f.write_str("; the gateway may have acted on it")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderError")
            .field("kind", &self.inner.kind)
            .field("operation", &self.inner.operation)
            .field("provider", &self.inner.provider)
            .field("effect", &self.inner.effect)
            .field("retry", &self.inner.retry)
            .field("status", &self.inner.status)
            .field("gateway_code", &self.inner.gateway_code)
            .field("gateway_message", &self.inner.gateway_message)
            .field("request_id", &self.inner.request_id)
            .field("rate_limit", &self.inner.rate_limit)
            .field("violations", &self.inner.violations)
            .field("differences", &self.inner.differences)
            .field("source", &self.inner.source)
            .finish()
    }
}

impl StdError for ProviderError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner
            .source
            .as_ref()
            .map(|source| &**source as &(dyn StdError + 'static))
    }
}
