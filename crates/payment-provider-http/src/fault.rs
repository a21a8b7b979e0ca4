use std::error::Error as StdError;
use std::time::Duration;

use http::StatusCode;
use payment_provider_core::{
    Difference, Effect, ErrorKind, Operation, ProviderError, ProviderId, RetryAdvice, Violations,
};

use crate::answer::Facts;
use crate::json::Unreadable;
use crate::refusal::Refusal;

/// Why one request, or what followed from its answer, did not lead to a result.
///
/// It becomes the error of an operation by [`into_error`](Self::into_error); until then whoever
/// carries out the operation may know better, and changes kind and effect.
#[derive(Debug)]
#[non_exhaustive]
pub struct Fault {
    /// What happened.
    pub kind: ErrorKind,
    /// Whether the gateway may have acted on the request.
    pub effect: Effect,
    /// Whether the same request may well succeed if it is sent again.
    pub repeatable: bool,
    /// Whether the answer is larger than what is read of one.
    pub too_large: bool,
    /// What status line and headers said, if an answer came.
    pub facts: Option<Box<Facts>>,
    /// What the gateway itself said.
    pub refusal: Option<Box<Refusal>>,
    pub(crate) untold_wait: Duration,
    retry: Option<RetryAdvice>,
    request_id: Option<Box<str>>,
    differences: Vec<Difference>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Fault {
    /// A fault of which no more is known; nothing to be sent again.
    pub fn new(kind: ErrorKind, effect: Effect) -> Self {
        Self {
            kind,
            effect,
            repeatable: false,
            too_large: false,
            facts: None,
            refusal: None,
            untold_wait: Duration::from_mins(1),
            retry: None,
            request_id: None,
            differences: Vec::new(),
            source: None,
        }
    }

    /// What a status means that is no success, whatever gateway it comes from.
    ///
    /// | status | kind | effect |
    /// |---|---|---|
    /// | 429 | `RateLimited` | none |
    /// | 408 | `Timeout` | maybe |
    /// | 500 and above | `Unavailable` | maybe |
    /// | 401 | `Authentication` | none |
    /// | any other | `UnreadableAnswer` | maybe |
    ///
    /// All but 401 may be sent again. The last row is for redirects, and for refusals that are not
    /// in the API's own words: a page of something between here and the gateway.
    pub fn by_status(status: StatusCode) -> Self {
        use Effect::{MaybeApplied, Rejected};
        match status {
            StatusCode::TOO_MANY_REQUESTS => {
                Self::new(ErrorKind::RateLimited, Rejected).repeatable()
            }
            StatusCode::REQUEST_TIMEOUT => Self::new(ErrorKind::Timeout, MaybeApplied).repeatable(),
            StatusCode::UNAUTHORIZED => Self::new(ErrorKind::Authentication, Rejected),
            _ if status.as_u16() >= 500 => {
                Self::new(ErrorKind::Unavailable, MaybeApplied).repeatable()
            }
            _ => Self::unreadable(Unreadable("body"), None).repeatable(),
        }
    }

    /// An answer of which something that is needed cannot be read.
    pub fn unreadable(what: Unreadable, facts: Option<Facts>) -> Self {
        let fault = Self::new(ErrorKind::UnreadableAnswer, Effect::MaybeApplied);
        fault.with_source(what).with_facts(facts)
    }

    /// What is at the gateway differs from what was asked for.
    pub fn conflict(differences: Vec<Difference>, effect: Effect) -> Self {
        let mut fault = Self::new(ErrorKind::Conflict, effect);
        fault.differences = differences;
        fault
    }

    /// Says that sending the same again may help.
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Adds what status line and headers said.
    pub fn with_facts(mut self, facts: Option<Facts>) -> Self {
        self.facts = facts.map(Box::new);
        self
    }

    /// Adds what the gateway itself said.
    pub fn with_refusal(mut self, refusal: Refusal) -> Self {
        self.refusal = Some(Box::new(refusal));
        self
    }

    /// States what is known about the effect.
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// States when the whole operation may be tried again, in place of what follows from the kind.
    pub fn with_retry(mut self, retry: RetryAdvice) -> Self {
        self.retry = Some(retry);
        self
    }

    /// The id that was sent; the gateway's own, if it gave one, comes first.
    pub fn with_request_id(mut self, id: String) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Adds the cause. Strip addresses, bodies and header values from it first.
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// How long the gateway wants to be left alone: after "too many requests", for as long as it
    /// told, or else [as its dialect knows](crate::Dialect::untold_wait).
    pub fn wait(&self) -> Option<Duration> {
        let told = self.facts.as_ref().and_then(|facts| facts.rate_limit.wait);
        (self.kind == ErrorKind::RateLimited).then(|| told.unwrap_or(self.untold_wait))
    }

    /// Whether this is a failure that the gateway stored and will give again for the same key,
    /// whatever has changed since.
    pub fn is_stored_failure(&self) -> bool {
        let stored = |facts: &Facts| facts.replayed && !facts.status.is_success();
        self.facts.as_deref().is_some_and(stored)
    }

    /// The error of an operation that ends with this fault.
    pub fn into_error(mut self, operation: Operation, provider: ProviderId) -> ProviderError {
        let wait = self.wait();
        let mut error = if self.kind == ErrorKind::InvalidRequest {
            ProviderError::invalid(self.take_violations(), operation, provider)
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

    fn take_violations(&mut self) -> Violations {
        self.refusal
            .as_mut()
            .map(|refusal| std::mem::take(&mut refusal.violations))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use payment_provider_core::ViolationCode;

    use super::*;

    fn error(fault: Fault) -> ProviderError {
        let provider = ProviderId::new("acme").unwrap();
        fault.into_error(Operation::CreateCheckout, provider)
    }

    #[test]
    fn a_status_alone_proves_little() {
        use ErrorKind as K;
        for (status, kind, effect, repeatable) in [
            (429, K::RateLimited, Effect::Rejected, true),
            (408, K::Timeout, Effect::MaybeApplied, true),
            (401, K::Authentication, Effect::Rejected, false),
            (500, K::Unavailable, Effect::MaybeApplied, true),
            (599, K::Unavailable, Effect::MaybeApplied, true),
            (302, K::UnreadableAnswer, Effect::MaybeApplied, true),
            (400, K::UnreadableAnswer, Effect::MaybeApplied, true),
            (403, K::UnreadableAnswer, Effect::MaybeApplied, true),
            (404, K::UnreadableAnswer, Effect::MaybeApplied, true),
            (422, K::UnreadableAnswer, Effect::MaybeApplied, true),
        ] {
            let fault = Fault::by_status(StatusCode::from_u16(status).unwrap());
            assert_eq!(fault.kind, kind, "{status}");
            assert_eq!(fault.effect, effect, "{status}");
            assert_eq!(fault.repeatable, repeatable, "{status}");
        }
    }

    #[test]
    fn an_error_has_what_the_fault_had() {
        let mut facts = Facts::new(StatusCode::UNPROCESSABLE_ENTITY);
        facts.request_id = Some("theirs".to_owned());
        facts.rate_limit.remaining = Some(7);
        let mut violations = Violations::none();
        violations.push("amount", ViolationCode::Invalid, "is not accepted");
        let mut refusal = Refusal::default().with_violations(violations);
        refusal.code = Some("amount_invalid".to_owned());
        refusal.message = Some("canary".to_owned());
        let fault = Fault::new(ErrorKind::InvalidRequest, Effect::Rejected)
            .with_request_id("ours".to_owned())
            .with_facts(Some(facts))
            .with_refusal(refusal)
            .with_source(Unreadable("body"));
        assert!(!format!("{fault:?}").contains("canary"));
        let error = error(fault);
        assert_eq!(error.status(), Some(422));
        assert_eq!(error.effect(), Effect::Rejected);
        assert_eq!(error.request_id(), Some("theirs"));
        assert_eq!(error.rate_limit().unwrap().remaining, Some(7));
        assert_eq!(error.gateway_code(), Some("amount_invalid"));
        assert_eq!(error.gateway_message(), Some("canary"));
        assert!(error.violations().names("amount"));
        assert!(std::error::Error::source(&error).is_some());
    }

    #[test]
    fn the_id_that_was_sent_stands_in_for_one_the_answer_lacks() {
        let fault = Fault::new(ErrorKind::Timeout, Effect::MaybeApplied);
        let error = error(fault.with_request_id("ours".to_owned()));
        assert_eq!(error.request_id(), Some("ours"));
    }

    #[test]
    fn only_too_many_requests_have_to_wait_and_a_stated_advice_comes_first() {
        let mut fault = Fault::by_status(StatusCode::TOO_MANY_REQUESTS);
        fault.untold_wait = Duration::from_secs(40);
        assert_eq!(fault.wait(), Some(Duration::from_secs(40)));
        let mut facts = Facts::new(StatusCode::TOO_MANY_REQUESTS);
        facts.rate_limit.wait = Some(Duration::from_secs(3));
        let told = fault.with_facts(Some(facts));
        assert_eq!(told.wait(), Some(Duration::from_secs(3)));
        let never = told.with_retry(RetryAdvice::Never);
        assert_eq!(error(never).retry(), RetryAdvice::Never);
        let other = Fault::by_status(StatusCode::BAD_GATEWAY);
        assert_eq!(other.wait(), None);
    }

    #[test]
    fn a_stored_failure_is_a_replay_of_no_success() {
        for (status, replayed, expected) in [
            (200, true, false),
            (200, false, false),
            (400, true, true),
            (500, true, true),
            (500, false, false),
        ] {
            let mut facts = Facts::new(StatusCode::from_u16(status).unwrap());
            facts.replayed = replayed;
            let fault = Fault::new(ErrorKind::Refused, Effect::Rejected);
            assert!(!fault.is_stored_failure());
            let fault = fault.with_facts(Some(facts));
            assert_eq!(fault.is_stored_failure(), expected, "{status} {replayed}");
        }
    }
}
