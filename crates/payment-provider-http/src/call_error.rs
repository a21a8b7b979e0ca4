use std::error::Error as StdError;
use std::time::Duration;

use http::StatusCode;
use payment_provider_core::{
    Difference, Effect, Operation, ProviderError, ProviderErrorKind, ProviderId, RetryAdvice,
    Violations,
};

use crate::gateway_error::GatewayErrorBody;
use crate::json::Unreadable;
use crate::response_meta::ResponseMeta;

/// The reason a request, or the processing of its response, gave no result.
///
/// [`into_provider_error`](Self::into_provider_error) turns it into the error of an operation. Before
/// that, the code that carries out the operation may correct kind and effect.
#[derive(Debug)]
#[non_exhaustive]
pub struct CallError {
    /// The class of the failure.
    pub kind: ProviderErrorKind,
    /// States if the gateway may have acted on the request.
    pub effect: Effect,
    /// True if the same request may succeed when it is sent again.
    pub repeatable: bool,
    /// True if the response exceeds [`MAX_RESPONSE_BYTES`](crate::MAX_RESPONSE_BYTES).
    pub too_large: bool,
    /// Status and headers of the response, if one arrived.
    pub meta: Option<Box<ResponseMeta>>,
    /// The error that the gateway reported in the body.
    pub gateway_error: Option<Box<GatewayErrorBody>>,
    pub(crate) default_retry_after: Duration,
    retry: Option<RetryAdvice>,
    request_id: Option<Box<str>>,
    unsigned: bool,
    differences: Vec<Difference>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl CallError {
    /// Creates an error with this kind and effect that is not repeatable.
    pub fn new(kind: ProviderErrorKind, effect: Effect) -> Self {
        Self {
            kind,
            effect,
            repeatable: false,
            too_large: false,
            meta: None,
            gateway_error: None,
            default_retry_after: Duration::from_mins(1),
            retry: None,
            request_id: None,
            unsigned: false,
            differences: Vec::new(),
            source: None,
        }
    }

    /// Classifies a status outside 200 to 299 by the status alone, for any gateway.
    ///
    /// | status | kind | effect |
    /// |---|---|---|
    /// | 429 | `RateLimited` | none |
    /// | 408 | `Timeout` | maybe |
    /// | 500 and above | `Unavailable` | maybe |
    /// | 401 | `Authentication` | none |
    /// | any other | `UnreadableAnswer` | maybe |
    ///
    /// All except 401 are repeatable. The last row covers redirects, and error pages that come from
    /// something between this process and the gateway rather than from the API.
    pub fn by_status(status: StatusCode) -> Self {
        use Effect::{MaybeApplied, Rejected};
        match status {
            StatusCode::TOO_MANY_REQUESTS => {
                Self::new(ProviderErrorKind::RateLimited, Rejected).repeatable()
            }
            StatusCode::REQUEST_TIMEOUT => {
                Self::new(ProviderErrorKind::Timeout, MaybeApplied).repeatable()
            }
            StatusCode::UNAUTHORIZED => Self::new(ProviderErrorKind::Authentication, Rejected),
            _ if status.as_u16() >= 500 => {
                Self::new(ProviderErrorKind::Unavailable, MaybeApplied).repeatable()
            }
            _ => Self::unreadable(Unreadable("body"), None).repeatable(),
        }
    }

    /// The error for a webhook that its signature does not verify, or that carries none.
    pub fn invalid_signature(is_signed: bool) -> Self {
        let mut error = Self::new(ProviderErrorKind::InvalidSignature, Effect::Rejected);
        error.unsigned = !is_signed;
        error
    }

    /// A response of which something that is needed cannot be read.
    pub fn unreadable(what: Unreadable, meta: Option<ResponseMeta>) -> Self {
        let error = Self::new(ProviderErrorKind::UnreadableAnswer, Effect::MaybeApplied);
        error.with_source(what).with_meta(meta)
    }

    /// Creates a conflict: the gateway holds something that differs from the request.
    pub fn conflict(differences: Vec<Difference>, effect: Effect) -> Self {
        let mut error = Self::new(ProviderErrorKind::Conflict, effect);
        error.differences = differences;
        error
    }

    /// Marks the request as worth sending again.
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Adds status and headers of the response.
    pub fn with_meta(mut self, meta: Option<ResponseMeta>) -> Self {
        self.meta = meta.map(Box::new);
        self
    }

    /// Adds the error that the gateway reported in the body.
    pub fn with_gateway_error(mut self, gateway_error: GatewayErrorBody) -> Self {
        self.gateway_error = Some(Box::new(gateway_error));
        self
    }

    /// Sets the effect.
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// Sets when the whole operation may be tried again, in place of the default of the kind.
    pub fn with_retry(mut self, retry: RetryAdvice) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Adds the request id that was sent. An id reported by the gateway takes precedence.
    pub fn with_request_id(mut self, id: String) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Adds the cause. Strip addresses, bodies and header values from it first.
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the wait before the next request, if the gateway limits the rate: the wait it stated, or
    /// else [the default of its dialect](crate::Dialect::default_retry_after).
    pub fn retry_after(&self) -> Option<Duration> {
        let stated = self.meta.as_ref().and_then(|meta| meta.rate_limit.wait);
        (self.kind == ProviderErrorKind::RateLimited)
            .then(|| stated.unwrap_or(self.default_retry_after))
    }

    /// Returns true if the gateway replayed a stored failure. It repeats that failure for the same
    /// idempotency key even if its cause is gone.
    pub fn is_stored_failure(&self) -> bool {
        let stored = |meta: &ResponseMeta| meta.replayed && !meta.status.is_success();
        self.meta.as_deref().is_some_and(stored)
    }

    /// Converts this into the error of an operation.
    pub fn into_provider_error(
        mut self,
        operation: Operation,
        provider: ProviderId,
    ) -> ProviderError {
        let wait = self.retry_after();
        let mut error = if self.kind == ProviderErrorKind::InvalidRequest {
            ProviderError::invalid(self.take_violations(), operation, provider)
        } else {
            ProviderError::new(self.kind, operation, provider)
        };
        error = error.with_effect(self.effect);
        if let Some(advice) = self.retry.or_else(|| wait.map(RetryAdvice::After)) {
            error = error.with_retry(advice);
        }
        if self.unsigned {
            error = error.with_unsigned();
        }
        if !self.differences.is_empty() {
            error = error.with_differences(self.differences);
        }
        let mut request_id = self.request_id.map(String::from);
        if let Some(meta) = self.meta {
            error = error.with_status(meta.status.as_u16());
            error = error.with_rate_limit(meta.rate_limit);
            request_id = meta.request_id.or(request_id);
        }
        if let Some(id) = request_id {
            error = error.with_request_id(id);
        }
        if let Some(gateway_error) = self.gateway_error {
            if let Some(code) = gateway_error.code {
                error = error.with_gateway_code(code);
            }
            if let Some(message) = gateway_error.message {
                error = error.with_gateway_message(message);
            }
        }
        if let Some(source) = self.source {
            error = error.with_source(source);
        }
        error
    }

    fn take_violations(&mut self) -> Violations {
        self.gateway_error
            .as_mut()
            .map(|gateway_error| std::mem::take(&mut gateway_error.violations))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use payment_provider_core::ViolationCode;

    use super::*;

    fn provider_error(error: CallError) -> ProviderError {
        let provider = ProviderId::new("acme").unwrap();
        error.into_provider_error(Operation::CreateCheckout, provider)
    }

    #[test]
    fn a_status_alone_proves_little() {
        use ProviderErrorKind as K;
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
            let error = CallError::by_status(StatusCode::from_u16(status).unwrap());
            assert_eq!(error.kind, kind, "{status}");
            assert_eq!(error.effect, effect, "{status}");
            assert_eq!(error.repeatable, repeatable, "{status}");
        }
    }

    #[test]
    fn an_error_has_what_the_fault_had() {
        let mut meta = ResponseMeta::new(StatusCode::UNPROCESSABLE_ENTITY);
        meta.request_id = Some("theirs".to_owned());
        meta.rate_limit.remaining = Some(7);
        let mut violations = Violations::none();
        violations.push("amount", ViolationCode::Invalid, "is not accepted");
        let mut gateway_error = GatewayErrorBody::default().with_violations(violations);
        gateway_error.code = Some("amount_invalid".to_owned());
        gateway_error.message = Some("canary".to_owned());
        let error = CallError::new(ProviderErrorKind::InvalidRequest, Effect::Rejected)
            .with_request_id("ours".to_owned())
            .with_meta(Some(meta))
            .with_gateway_error(gateway_error)
            .with_source(Unreadable("body"));
        assert!(!format!("{error:?}").contains("canary"));
        let error = provider_error(error);
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
        let error = CallError::new(ProviderErrorKind::Timeout, Effect::MaybeApplied);
        let error = provider_error(error.with_request_id("ours".to_owned()));
        assert_eq!(error.request_id(), Some("ours"));
    }

    #[test]
    fn only_too_many_requests_have_to_wait_and_a_stated_advice_comes_first() {
        let mut error = CallError::by_status(StatusCode::TOO_MANY_REQUESTS);
        error.default_retry_after = Duration::from_secs(40);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(40)));
        let mut meta = ResponseMeta::new(StatusCode::TOO_MANY_REQUESTS);
        meta.rate_limit.wait = Some(Duration::from_secs(3));
        let stated = error.with_meta(Some(meta));
        assert_eq!(stated.retry_after(), Some(Duration::from_secs(3)));
        let never = stated.with_retry(RetryAdvice::Never);
        assert_eq!(provider_error(never).retry(), RetryAdvice::Never);
        let other = CallError::by_status(StatusCode::BAD_GATEWAY);
        assert_eq!(other.retry_after(), None);
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
            let mut meta = ResponseMeta::new(StatusCode::from_u16(status).unwrap());
            meta.replayed = replayed;
            let error = CallError::new(ProviderErrorKind::Refused, Effect::Rejected);
            assert!(!error.is_stored_failure());
            let error = error.with_meta(Some(meta));
            assert_eq!(error.is_stored_failure(), expected, "{status} {replayed}");
        }
    }
}
