use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::{
    Capabilities, Effect, ErrorKind, Money, Operation, Pii, ProviderError, RateLimit, RetryAdvice,
};

use super::hold::{Gate, Hold};

/// How the gateway answers one call, other than honestly.
///
/// Queued with [`FakeGateway::respond_next`](super::FakeGateway::respond_next).
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
    /// Honest.
    Succeed,
    /// Nothing is done.
    Fail(ErrorKind),
    /// It is done, and nobody hears of it.
    ApplyThenFail(ErrorKind),
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

    /// The honest answer, to let a call pass before one that fails.
    pub const fn succeed() -> Self {
        Self::of(ResponsePlan::Succeed)
    }

    /// This error, and nothing is done at the gateway. Of some kinds a provider cannot know that:
    /// the effect of a timeout is `MaybeApplied` here too.
    pub const fn fail(kind: ErrorKind) -> Self {
        Self::of(ResponsePlan::Fail(kind))
    }

    /// This error, after everything asked for was done: the effect is `MaybeApplied`, unless the
    /// call only reads.
    pub const fn apply_then_fail(kind: ErrorKind) -> Self {
        Self::of(ResponsePlan::ApplyThenFail(kind))
    }

    /// Time runs out after everything asked for was done.
    pub const fn apply_then_time_out() -> Self {
        Self::apply_then_fail(ErrorKind::Timeout)
    }

    /// It is done, and an answer comes that cannot be understood.
    pub const fn unreadable() -> Self {
        Self::apply_then_fail(ErrorKind::UnreadableAnswer)
    }

    /// Too many calls: nothing is done before this much time has passed.
    pub const fn rate_limited(wait: Duration) -> Self {
        Self::of(ResponsePlan::RateLimit(wait))
    }

    /// What is there is not seen yet: a fetched or cancelled checkout is not found, and of the
    /// payments the latest one is missing.
    pub const fn stale_read() -> Self {
        Self::of(ResponsePlan::StaleRead)
    }

    /// A cancellation is refused: `StillPayable`, if it can be paid at all.
    pub const fn refuse_cancellation() -> Self {
        Self::of(ResponsePlan::RefuseCancellation)
    }

    /// A creation makes a checkout that asks for this much instead. The provider sees it and says
    /// `Conflict`; what was made is there and can be paid.
    pub const fn create_with_amount(amount: Money) -> Self {
        Self::of(ResponsePlan::CreateWithAmount(amount))
    }

    /// Sets the effect of an error to something other than what its kind implies.
    pub const fn with_effect(mut self, effect: Effect) -> Self {
        self.effect = Some(effect);
        self
    }

    /// Sets the retry advice of an error to something other than what its kind implies.
    pub const fn with_retry(mut self, retry: RetryAdvice) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sets the gateway's code of an error.
    pub fn with_gateway_code(mut self, code: impl Into<String>) -> Self {
        self.gateway_code = Some(code.into());
        self
    }

    /// Sets the gateway's message of an error, for example one that repeats personal data, which a
    /// host must not log.
    pub fn with_gateway_message(mut self, message: impl Into<Pii>) -> Self {
        self.gateway_message = Some(message.into());
        self
    }

    /// Holds the call before anything is done.
    pub fn held_before(mut self) -> (Self, Hold) {
        let (hold, gate) = Hold::new();
        self.held_before = Some(gate);
        (self, hold)
    }

    /// Holds the answer back after everything was done.
    pub fn held_after(mut self) -> (Self, Hold) {
        let (hold, gate) = Hold::new();
        self.held_after = Some(gate);
        (self, hold)
    }

    /// What there would be wrong with answering this operation so.
    pub(super) fn misfit(
        &self,
        operation: Operation,
        declared: Capabilities,
    ) -> Option<&'static str> {
        let undeclared = Some("the gateway does not declare it, so it is never asked");
        match operation {
            Operation::FetchCheckout | Operation::ListPayments if !declared.status_inquiry => {
                undeclared
            }
            Operation::CancelCheckout if !declared.cancellation => undeclared,
            Operation::LinkCustomer if !declared.remote_customers => undeclared,
            Operation::VerifyReturn => Some("it asks the gateway nothing"),
            _ if self.suits(operation) => None,
            _ => Some("this answer is for another operation"),
        }
    }

    const fn suits(&self, operation: Operation) -> bool {
        match self.plan {
            ResponsePlan::Succeed | ResponsePlan::Fail(_) | ResponsePlan::RateLimit(_) => true,
            ResponsePlan::ApplyThenFail(_) => !matches!(operation, Operation::HandleWebhook),
            ResponsePlan::StaleRead => matches!(
                operation,
                Operation::FetchCheckout | Operation::ListPayments | Operation::CancelCheckout
            ),
            ResponsePlan::RefuseCancellation => matches!(operation, Operation::CancelCheckout),
            ResponsePlan::CreateWithAmount(_) => matches!(operation, Operation::CreateCheckout),
        }
    }

    /// The error of a call of which nothing is done.
    pub(super) fn failure(
        &self,
        error: impl Fn(ErrorKind) -> ProviderError,
    ) -> Option<ProviderError> {
        match self.plan {
            ResponsePlan::Fail(kind) => Some(self.adorn(error(kind))),
            ResponsePlan::RateLimit(wait) => {
                let mut limit = RateLimit::unknown();
                limit.remaining = Some(0);
                limit.wait = Some(wait);
                let error = error(ErrorKind::RateLimited)
                    .with_retry(RetryAdvice::After(wait))
                    .with_rate_limit(limit);
                Some(self.adorn(error))
            }
            _ => None,
        }
    }

    /// The error in place of the answer to a call that was carried out.
    pub(super) fn loss(&self, error: impl Fn(ErrorKind) -> ProviderError) -> Option<ProviderError> {
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
