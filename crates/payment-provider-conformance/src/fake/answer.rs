use std::sync::Arc;
use std::time::Duration;

use payment_provider_core::{
    Capabilities, Effect, ErrorKind, Money, Operation, Pii, ProviderError, RateLimit, RetryAdvice,
};

use super::hold::{Gate, Hold};

/// How the gateway answers one call, other than honestly.
///
/// Queued with [`FakeGateway::answer_next`](super::FakeGateway::answer_next).
#[derive(Debug, Clone)]
pub struct Answer {
    pub(super) plan: Plan,
    pub(super) held_before: Option<Arc<Gate>>,
    pub(super) held_after: Option<Arc<Gate>>,
    effect: Option<Effect>,
    retry: Option<RetryAdvice>,
    gateway_code: Option<String>,
    gateway_message: Option<Pii>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Honest.
    Succeed,
    /// Nothing is done.
    Fail(ErrorKind),
    /// It is done, and nobody hears of it.
    Lose(ErrorKind),
    RateLimit(Duration),
    Lag,
    StayPayable,
    MakeOther(Money),
}

impl Answer {
    const fn of(plan: Plan) -> Self {
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
        Self::of(Plan::Succeed)
    }

    /// This error, and nothing is done at the gateway. Of some kinds a provider cannot know that:
    /// the effect of a timeout is `MaybeApplied` here too.
    pub const fn fail(kind: ErrorKind) -> Self {
        Self::of(Plan::Fail(kind))
    }

    /// This error, after everything asked for was done: the effect is `MaybeApplied`, unless the
    /// call only reads.
    pub const fn lose(kind: ErrorKind) -> Self {
        Self::of(Plan::Lose(kind))
    }

    /// Time runs out after everything asked for was done.
    pub const fn time_out_after_done() -> Self {
        Self::lose(ErrorKind::Timeout)
    }

    /// It is done, and an answer comes that cannot be understood.
    pub const fn unreadable() -> Self {
        Self::lose(ErrorKind::UnreadableAnswer)
    }

    /// Too many calls: nothing is done before this much time has passed.
    pub const fn rate_limited(wait: Duration) -> Self {
        Self::of(Plan::RateLimit(wait))
    }

    /// What is there is not seen yet: a fetched or cancelled checkout is not found, and of the
    /// payments the latest one is missing.
    pub const fn lagging() -> Self {
        Self::of(Plan::Lag)
    }

    /// A cancellation is refused: `StillPayable`, if it can be paid at all.
    pub const fn still_payable() -> Self {
        Self::of(Plan::StayPayable)
    }

    /// A creation makes a checkout that asks for this much instead. The provider sees it and says
    /// `Conflict`; what was made is there and can be paid.
    pub const fn make_other_amount(amount: Money) -> Self {
        Self::of(Plan::MakeOther(amount))
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
            Plan::Succeed | Plan::Fail(_) | Plan::RateLimit(_) => true,
            Plan::Lose(_) => !matches!(operation, Operation::HandleWebhook),
            Plan::Lag => matches!(
                operation,
                Operation::FetchCheckout | Operation::ListPayments | Operation::CancelCheckout
            ),
            Plan::StayPayable => matches!(operation, Operation::CancelCheckout),
            Plan::MakeOther(_) => matches!(operation, Operation::CreateCheckout),
        }
    }

    /// The error of a call of which nothing is done.
    pub(super) fn failure(
        &self,
        error: impl Fn(ErrorKind) -> ProviderError,
    ) -> Option<ProviderError> {
        match self.plan {
            Plan::Fail(kind) => Some(self.adorn(error(kind))),
            Plan::RateLimit(wait) => {
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
            Plan::Lose(kind) => Some(self.adorn(error(kind).with_effect(Effect::MaybeApplied))),
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
