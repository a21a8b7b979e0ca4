use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::{
    Capabilities, Effect, Money, Operation, Pii, ProviderError, ProviderErrorKind, RateLimit,
    RetryAdvice,
};

use super::hold::{Gate, Hold};

/// A response that a test chooses for one call.
///
/// It is queued by [`FakeGateway::respond_next`](super::FakeGateway::respond_next).
///
/// ```
/// use std::time::Duration;
///
/// use payment_provider_conformance::fake::{FakeGateway, ScriptedResponse};
/// use payment_provider_core::Operation;
///
/// let gateway = FakeGateway::new();
/// gateway
///     .respond_next(
///         Operation::CreateCheckout,
///         ScriptedResponse::rate_limited(Duration::from_secs(7)),
///     )
///     .respond_next(Operation::CreateCheckout, ScriptedResponse::apply_then_time_out());
/// assert_eq!(gateway.unused_responses(), 2);
/// ```
#[derive(Debug, Clone)]
pub struct ScriptedResponse {
    pub(super) plan: ResponsePlan,
    pub(super) held_before: Option<Arc<Gate>>,
    pub(super) held_after: Option<Arc<Gate>>,
    effect: Option<Effect>,
    retry: Option<RetryAdvice>,
    gateway_code: Option<String>,
    gateway_message: Option<Pii>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponsePlan {
    /// The normal response.
    Succeed,
    /// An error. The call is not processed.
    Fail(ProviderErrorKind),
    /// An error. The call is processed.
    ApplyThenFail(ProviderErrorKind),
    RateLimit(Duration),
    StaleRead,
    RefuseCancellation,
    CreateWithAmount(Money),
}

impl ScriptedResponse {
    const fn of(plan: ResponsePlan) -> Self {
        Self {
            plan,
            held_before: None,
            held_after: None,
            effect: None,
            retry: None,
            gateway_code: None,
            gateway_message: None,
        }
    }

    /// The normal response. It lets a call succeed before one that fails.
    pub const fn succeed() -> Self {
        Self::of(ResponsePlan::Succeed)
    }

    /// An error of this kind. The gateway does not process the call. A provider cannot know that for
    /// some kinds: the effect of a timeout is `MaybeApplied` all the same.
    pub const fn fail(kind: ProviderErrorKind) -> Self {
        Self::of(ResponsePlan::Fail(kind))
    }

    /// An error of this kind after the gateway has processed the call. The effect is `MaybeApplied`,
    /// unless the call only reads.
    pub const fn apply_then_fail(kind: ProviderErrorKind) -> Self {
        Self::of(ResponsePlan::ApplyThenFail(kind))
    }

    /// A timeout after the gateway has processed the call.
    pub const fn apply_then_time_out() -> Self {
        Self::apply_then_fail(ProviderErrorKind::Timeout)
    }

    /// A response that cannot be parsed, after the gateway has processed the call.
    pub const fn unreadable() -> Self {
        Self::apply_then_fail(ProviderErrorKind::UnreadableAnswer)
    }

    /// A rate limit with this wait. The gateway does not process the call.
    pub const fn rate_limited(wait: Duration) -> Self {
        Self::of(ResponsePlan::RateLimit(wait))
    }

    /// The response of a lagging replica: a fetched or cancelled checkout is not found, and the
    /// latest payment or refund is missing from its list.
    pub const fn stale_read() -> Self {
        Self::of(ResponsePlan::StaleRead)
    }

    /// A refused cancellation. The result is `StillPayable` if the checkout is payable.
    pub const fn refuse_cancellation() -> Self {
        Self::of(ResponsePlan::RefuseCancellation)
    }

    /// The creation of a checkout with a different amount. The provider detects it and returns
    /// `Conflict`, but the checkout exists and can be paid.
    pub const fn create_with_amount(amount: Money) -> Self {
        Self::of(ResponsePlan::CreateWithAmount(amount))
    }

    /// Overrides the effect that the kind of the error implies.
    pub const fn with_effect(mut self, effect: Effect) -> Self {
        self.effect = Some(effect);
        self
    }

    /// Overrides the retry advice that the kind of the error implies.
    pub const fn with_retry(mut self, retry: RetryAdvice) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sets the gateway's error code.
    pub fn with_gateway_code(mut self, code: impl Into<String>) -> Self {
        self.gateway_code = Some(code.into());
        self
    }

    /// Sets the gateway's error message. It may contain personal data, to test that a host does not
    /// log it.
    pub fn with_gateway_message(mut self, message: impl Into<Pii>) -> Self {
        self.gateway_message = Some(message.into());
        self
    }

    /// Suspends the call before it is processed.
    pub fn held_before(mut self) -> (Self, Hold) {
        let (hold, gate) = Hold::new();
        self.held_before = Some(gate);
        (self, hold)
    }

    /// Suspends the response after the call is processed.
    pub fn held_after(mut self) -> (Self, Hold) {
        let (hold, gate) = Hold::new();
        self.held_after = Some(gate);
        (self, hold)
    }

    /// Returns the reason why this response does not fit the operation, if it does not.
    pub(super) fn misfit(
        &self,
        operation: Operation,
        declared: Capabilities,
    ) -> Option<&'static str> {
        let undeclared = Some("the operation is not declared, so it is never called");
        match operation {
            Operation::FetchCheckout | Operation::ListPayments if !declared.status_inquiry => {
                undeclared
            }
            Operation::CancelCheckout if !declared.cancellation => undeclared,
            Operation::ListRefunds if !declared.refund_inquiry => undeclared,
            Operation::LinkCustomer if !declared.remote_customers => undeclared,
            Operation::VerifyReturn => Some("the operation makes no call"),
            _ if self.suits(operation) => None,
            _ => Some("the response is for another operation"),
        }
    }

    const fn suits(&self, operation: Operation) -> bool {
        match self.plan {
            ResponsePlan::Succeed | ResponsePlan::Fail(_) | ResponsePlan::RateLimit(_) => true,
            ResponsePlan::ApplyThenFail(_) => !matches!(operation, Operation::HandleWebhook),
            ResponsePlan::StaleRead => matches!(
                operation,
                Operation::FetchCheckout
                    | Operation::ListPayments
                    | Operation::ListRefunds
                    | Operation::CancelCheckout
            ),
            ResponsePlan::RefuseCancellation => matches!(operation, Operation::CancelCheckout),
            ResponsePlan::CreateWithAmount(_) => matches!(operation, Operation::CreateCheckout),
        }
    }

    /// Returns the error of a call that is not processed.
    pub(super) fn failure(
        &self,
        error: impl Fn(ProviderErrorKind) -> ProviderError,
    ) -> Option<ProviderError> {
        match self.plan {
            ResponsePlan::Fail(kind) => Some(self.adorn(error(kind))),
            ResponsePlan::RateLimit(wait) => {
                let mut limit = RateLimit::unknown();
                limit.remaining = Some(0);
                limit.wait = Some(wait);
                let error = error(ProviderErrorKind::RateLimited)
                    .with_retry(RetryAdvice::After(wait))
                    .with_rate_limit(limit);
                Some(self.adorn(error))
            }
            _ => None,
        }
    }

    /// Returns the error that replaces the response to a processed call.
    pub(super) fn loss(
        &self,
        error: impl Fn(ProviderErrorKind) -> ProviderError,
    ) -> Option<ProviderError> {
        match self.plan {
            ResponsePlan::ApplyThenFail(kind) => {
                Some(self.adorn(error(kind).with_effect(Effect::MaybeApplied)))
            }
            _ => None,
        }
    }

    fn adorn(&self, mut error: ProviderError) -> ProviderError {
        if let Some(effect) = self.effect {
            error = error.with_effect(effect);
        }
        if let Some(retry) = self.retry {
            error = error.with_retry(retry);
        }
        if let Some(code) = &self.gateway_code {
            error = error.with_gateway_code(code);
        }
        if let Some(message) = &self.gateway_message {
            error = error.with_gateway_message(message.expose());
        }
        error
    }
}
