use std::error::Error as StdError;
use std::time::Duration;

use payment_provider_core::{
    Difference, Effect, ErrorKind, Operation, ProviderError, ProviderId, RetryAdvice, Violations,
};

use super::answer::Facts;
use super::refusal::Refusal;
use crate::wire::Unreadable;

/// Why one request, or what followed from its answer, did not lead to a result.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) kind: ErrorKind,
    pub(crate) effect: Effect,
    /// Whether the same request may well succeed if it is sent again.
    pub(crate) repeatable: bool,
    /// Whether the answer is larger than what is read of one.
    pub(crate) too_large: bool,
    pub(crate) facts: Option<Box<Facts>>,
    pub(crate) refusal: Option<Box<Refusal>>,
    retry: Option<RetryAdvice>,
    request_id: Option<Box<str>>,
    violations: Violations,
    differences: Vec<Difference>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Fault {
    pub(crate) fn new(kind: ErrorKind, effect: Effect) -> Self {
        Self {
            kind,
            effect,
            repeatable: false,
            too_large: false,
            facts: None,
            refusal: None,
            retry: None,
            request_id: None,
            violations: Violations::none(),
            differences: Vec::new(),
            source: None,
        }
    }

    /// An answer of which something that is needed cannot be read.
    pub(crate) fn unreadable(what: Unreadable, facts: Option<Facts>) -> Self {
        let fault = Self::new(ErrorKind::UnreadableAnswer, Effect::MaybeApplied);
        fault.with_source(what).with_facts(facts)
    }

    /// What is at the gateway differs from what was asked for.
    pub(crate) fn conflict(differences: Vec<Difference>, effect: Effect) -> Self {
        let mut fault = Self::new(ErrorKind::Conflict, effect);
        fault.differences = differences;
        fault
    }

    /// Says that sending the same again may help.
    pub(crate) fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    pub(crate) fn with_facts(mut self, facts: Option<Facts>) -> Self {
        self.facts = facts.map(Box::new);
        self
    }

    pub(crate) fn with_refusal(mut self, refusal: Refusal) -> Self {
        self.violations = refusal.violations();
        self.refusal = Some(Box::new(refusal));
        self
    }

    pub(crate) fn with_effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    pub(crate) fn with_retry(mut self, retry: RetryAdvice) -> Self {
        self.retry = Some(retry);
        self
    }

    /// The id that was sent; the gateway's own, if it gave one, comes first.
    pub(crate) fn with_request_id(mut self, id: String) -> Self {
        self.request_id = Some(id.into());
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// How long the gateway wants to be left alone.
    pub(crate) fn wait(&self) -> Option<Duration> {
        /// Cashfree's advice where the header says nothing:
        /// <https://www.cashfree.com/docs/api-reference/payments/api-best-practices>.
        const UNTOLD: Duration = Duration::from_mins(1);
        let told = self.facts.as_ref().and_then(|facts| facts.rate_limit.wait);
        (self.kind == ErrorKind::RateLimited).then(|| told.unwrap_or(UNTOLD))
    }

    /// Whether this is a failure that the gateway stored and will give again for the same key,
    /// whatever has changed since.
    pub(crate) fn is_stored_failure(&self) -> bool {
        let stored = |facts: &Facts| facts.replayed && !facts.status.is_success();
        self.facts.as_deref().is_some_and(stored)
    }

    /// Whether what answered may not be the part of the API that was meant.
    pub(crate) fn may_be_a_wrong_address(&self) -> bool {
        let unspecific =
            |refusal: &Refusal| matches!(refusal.code.as_deref(), None | Some("request_failed"));
        match self.kind {
            ErrorKind::UnreadableAnswer => true,
            ErrorKind::Refused => self.refusal.as_deref().is_none_or(unspecific),
            _ => false,
        }
    }

    /// Whether the gateway says that the object, or the idempotency key, is taken.
    pub(crate) fn says_taken(&self) -> bool {
        self.kind == ErrorKind::Conflict
            || self
                .refusal
                .as_ref()
                .is_some_and(|refusal| refusal.says_taken())
    }

    pub(crate) fn into_error(self, operation: Operation, provider: ProviderId) -> ProviderError {
        let wait = self.wait();
        let mut error = if self.kind == ErrorKind::InvalidRequest {
            ProviderError::invalid(self.violations, operation, provider)
        } else {
            ProviderError::new(self.kind, operation, provider)
        };
        error = error.with_effect(self.effect);
        if let Some(advice) = self.retry.or_else(|| wait.map(RetryAdvice::After)) {
            error = error.with_retry(advice);
        }
        if !self.differences.is_empty() {
            error = error.with_differences(self.differences);
        }
        let mut request_id = self.request_id.map(String::from);
        if let Some(facts) = self.facts {
            error = error.with_status(facts.status.as_u16());
            error = error.with_rate_limit(facts.rate_limit);
            request_id = facts.request_id.or(request_id);
        }
        if let Some(id) = request_id {
            error = error.with_request_id(id);
        }
        if let Some(refusal) = self.refusal {
            if let Some(code) = refusal.code {
                error = error.with_gateway_code(code);
            }
            if let Some(message) = refusal.message {
                error = error.with_gateway_message(message);
            }
        }
        if let Some(source) = self.source {
            error = error.with_source(source);
        }
        error
    }
}
