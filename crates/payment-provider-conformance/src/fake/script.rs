use std::collections::{HashMap, VecDeque};

use payment_provider_core::{CheckoutReference, Operation};

use super::call::FakeCall;
use super::gateway::FakeGateway;
use super::hold::Hold;
use super::scripted_response::ScriptedResponse;
use super::settings::AccountKey;

/// The answers that a test asked for.
#[derive(Debug, Default)]
pub(super) struct Script {
    next: HashMap<Operation, VecDeque<ScriptedResponse>>,
    standing: HashMap<Operation, ScriptedResponse>,
}

impl Script {
    pub(super) fn push(&mut self, operation: Operation, answer: ScriptedResponse) {
        self.next.entry(operation).or_default().push_back(answer);
    }

    pub(super) fn stand(&mut self, operation: Operation, answer: ScriptedResponse) {
        self.standing.insert(operation, answer);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// What to answer now: what is queued, else what stands, else the truth.
    pub(super) fn take(&mut self, operation: Operation) -> ScriptedResponse {
        let queued = self.next.get_mut(&operation).and_then(VecDeque::pop_front);
        queued
            .or_else(|| self.standing.get(&operation).cloned())
            .unwrap_or_else(ScriptedResponse::succeed)
    }

    pub(super) fn unplayed(&self) -> usize {
        self.next.values().map(VecDeque::len).sum()
    }
}

/// # Answers other than honest ones
impl FakeGateway {
    /// Answers the next call of this operation so, after those that are queued already.
    ///
    /// # Panics
    /// The answer can never be given: it is for another operation, or the operation is not
    /// declared.
    #[track_caller]
    pub fn respond_next(&self, operation: Operation, answer: ScriptedResponse) -> &Self {
        self.expect_playable(operation, &answer);
        self.state().script.push(operation, answer);
        self
    }

    /// Answers this many calls of this operation so, after those that are queued already.
    ///
    /// # Panics
    /// Like [`respond_next`](Self::respond_next).
    #[track_caller]
    pub fn respond_next_times(
        &self,
        operation: Operation,
        times: usize,
        answer: ScriptedResponse,
    ) -> &Self {
        self.expect_playable(operation, &answer);
        let mut state = self.state();
        for answer in std::iter::repeat_n(answer, times) {
            state.script.push(operation, answer);
        }
        drop(state);
        self
    }

    /// Answers every call of this operation so for which nothing is queued.
    ///
    /// # Panics
    /// Like [`respond_next`](Self::respond_next).
    #[track_caller]
    pub fn respond_always(&self, operation: Operation, answer: ScriptedResponse) -> &Self {
        self.expect_playable(operation, &answer);
        self.state().script.stand(operation, answer);
        self
    }

    /// Answers everything honestly again; forgets what was queued.
    pub fn respond_normally(&self) -> &Self {
        self.state().script.clear();
        self
    }

    /// How many queued answers nobody has asked for yet.
    pub fn unused_responses(&self) -> usize {
        self.state().script.unplayed()
    }

    /// Holds the next call of this operation before anything is done.
    ///
    /// # Panics
    /// Like [`respond_next`](Self::respond_next).
    #[track_caller]
    pub fn hold_next(&self, operation: Operation) -> Hold {
        let (answer, hold) = ScriptedResponse::succeed().held_before();
        self.respond_next(operation, answer);
        hold
    }

    /// Holds the answer to the next call of this operation, after everything was done.
    ///
    /// # Panics
    /// Like [`respond_next`](Self::respond_next).
    #[track_caller]
    pub fn hold_next_response(&self, operation: Operation) -> Hold {
        let (answer, hold) = ScriptedResponse::succeed().held_after();
        self.respond_next(operation, answer);
        hold
    }

    /// Notes a call that has come, and how it will be answered.
    pub(super) fn arrive(
        &self,
        operation: Operation,
        account: &AccountKey,
        reference: Option<&CheckoutReference>,
    ) -> (ScriptedResponse, String) {
        let mut state = self.state();
        state.calls.push(FakeCall {
            operation,
            reference: reference.cloned(),
            account: account.name.clone(),
            environment: account.environment,
        });
        let request_id = format!("req_{}", state.calls.len());
        (state.script.take(operation), request_id)
    }

    /// How an operation that asks the gateway nothing shall be answered.
    pub(super) fn scripted(&self, operation: Operation) -> ScriptedResponse {
        self.state().script.take(operation)
    }

    #[track_caller]
    fn expect_playable(&self, operation: Operation, answer: &ScriptedResponse) {
        let declared = self.config().descriptor.capabilities;
        if let Some(reason) = answer.misfit(operation, declared) {
            panic!("{operation} cannot be answered so: {reason}");
        }
    }
}
