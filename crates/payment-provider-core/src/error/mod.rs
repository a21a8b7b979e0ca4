//! The one error of everything a provider does.

mod advice;
mod kind;
mod rate_limit;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

pub use advice::{Effect, RetryAdvice};
pub use kind::{Difference, ErrorKind, Operation};
pub use rate_limit::RateLimit;

use crate::{Pii, ProviderId, Violations};

type Source = Box<dyn StdError + Send + Sync>;

/// Why an operation of a provider did not succeed.
///
/// Three questions a host asks have an answer each: *what happened* ([`kind`](Self::kind)), *did
/// it change anything at the gateway* ([`effect`](Self::effect)), and *may it be tried again*
/// ([`retry`](Self::retry)). A declined payment or an expired checkout is no error but a value.
///
/// `Display` and `Debug` hold neither secrets nor personal data: the gateway's own message, which
/// may repeat what it was sent, is behind [`gateway_message`](Self::gateway_message).
pub struct ProviderError {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    operation: Operation,
    provider: ProviderId,
    effect: Effect,
    retry: RetryAdvice,
    status: Option<u16>,
    gateway_code: Option<String>,
    gateway_message: Option<Pii>,
    request_id: Option<String>,
    rate_limit: Option<RateLimit>,
    violations: Violations,
    differences: Vec<Difference>,
    source: Option<Source>,
}

impl ProviderError {
    /// An error of this kind, with the effect and the retry advice that the kind implies; both can
    /// be overridden by those who know better.
    pub fn new(kind: ErrorKind, operation: Operation, provider: ProviderId) -> Self {
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
            violations: Violations::none(),
            differences: Vec::new(),
            source: None,
        };
        Self {
            inner: Box::new(inner),
        }
    }

    /// An input that was refused before anything was sent.
    pub fn invalid(violations: Violations, operation: Operation, provider: ProviderId) -> Self {
        let mut error = Self::new(ErrorKind::InvalidRequest, operation, provider);
        error.inner.effect = Effect::NotSent;
        error.inner.violations = violations;
        error
    }

    /// States what is known about the effect. A call that only reads cannot have changed anything,
    /// whatever is stated.
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.inner.effect = settled(self.inner.operation, effect);
        self
    }

    /// States whether and when to try again.
    pub fn with_retry(mut self, retry: RetryAdvice) -> Self {
        self.inner.retry = retry;
        self
    }

    /// Adds the HTTP status of the gateway's answer.
    pub fn with_status(mut self, status: u16) -> Self {
        self.inner.status = Some(status);
        self
    }

    /// Adds the gateway's own error code.
    pub fn with_gateway_code(mut self, code: impl Into<String>) -> Self {
        self.inner.gateway_code = Some(code.into());
        self
    }

    /// Adds the gateway's own message.
    pub fn with_gateway_message(mut self, message: impl Into<String>) -> Self {
        self.inner.gateway_message = Some(Pii::new(message.into()));
        self
    }

    /// Adds the id under which the gateway's support finds the request.
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.inner.request_id = Some(id.into());
        self
    }

    /// Adds what the gateway's answer told about how many calls it allows.
    pub fn with_rate_limit(mut self, limit: RateLimit) -> Self {
        self.inner.rate_limit = limit.is_known().then_some(limit);
        self
    }

    /// Adds in what the gateway's object differs from what was asked for.
    pub fn with_differences(mut self, differences: Vec<Difference>) -> Self {
        self.inner.differences = differences;
        self
    }

    /// Adds the cause. Strip URLs, bodies and header values from it first.
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// What happened.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// During which operation.
    pub fn operation(&self) -> Operation {
        self.inner.operation
    }

    /// At which provider.
    pub fn provider(&self) -> &ProviderId {
        &self.inner.provider
    }

    /// Whether the gateway may have acted on the request.
    pub fn effect(&self) -> Effect {
        self.inner.effect
    }

    /// Whether and when the same call may be made again.
    pub fn retry(&self) -> RetryAdvice {
        self.inner.retry
    }

    /// HTTP status of the gateway's answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// The gateway's own error code.
    pub fn gateway_code(&self) -> Option<&str> {
        self.inner.gateway_code.as_deref()
    }

    /// The gateway's own message. It may repeat personal data of the request: show it to the
    /// merchant, keep it out of logs.
    pub fn gateway_message(&self) -> Option<&str> {
        self.inner.gateway_message.as_ref().map(Pii::expose)
    }

    /// The id under which the gateway's support finds the request.
    pub fn request_id(&self) -> Option<&str> {
        self.inner.request_id.as_deref()
    }

    /// How many calls the gateway allows, if its answer told. How long to wait is in
    /// [`retry`](Self::retry) as well.
    pub fn rate_limit(&self) -> Option<&RateLimit> {
        self.inner.rate_limit.as_ref()
    }

    /// The fields at fault, for [`ErrorKind::InvalidRequest`].
    pub fn violations(&self) -> &Violations {
        &self.inner.violations
    }

    /// In what the gateway's object differs, for [`ErrorKind::Conflict`].
    pub fn differences(&self) -> &[Difference] {
        &self.inner.differences
    }

    /// How long to wait before the call may be repeated: `None` if it may not.
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
