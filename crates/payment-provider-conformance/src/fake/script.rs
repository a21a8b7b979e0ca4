use std::collections::{HashMap, VecDeque};

use payment_provider_core::{CheckoutReference, Operation};

use super::answer::Answer;
use super::call::FakeCall;
use super::gateway::FakeGateway;
use super::hold::Hold;
use super::settings::AccountKey;

/// The answers that a test asked for.
#[derive(Debug, Default)]
pub(super) struct Script {
    next: HashMap<Operation, VecDeque<Answer>>,
    standing: HashMap<Operation, Answer>,
}

impl Script {
    pub(super) fn push(&mut self, operation: Operation, answer: Answer) {
        self.next.entry(operation).or_default().push_back(answer);
    }

    pub(super) fn stand(&mut self, operation: Operation, answer: Answer) {
        self.standing.insert(operation, answer);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// What to answer now: what is queued, else what stands, else the truth.
    pub(super) fn take(&mut self, operation: Operation) -> Answer {
        let queued = self.next.get_mut(&operation).and_then(VecDeque::pop_front);
        queued
            .or_else(|| self.standing.get(&operation).cloned())
            .unwrap_or_else(Answer::succeed)
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
    pub fn answer_next(&self, operation: Operation, answer: Answer) -> &Self {
        self.expect_playable(operation, &answer);
        self.world().script.push(operation, answer);
        self
    }

    /// Answers this many calls of this operation so, after those that are queued already.
    ///
    /// # Panics
    /// Like [`answer_next`](Self::answer_next).
    #[track_caller]
    pub fn answer_next_times(&self, operation: Operation, times: usize, answer: Answer) -> &Self {
        self.expect_playable(operation, &answer);
        let mut world = self.world();
        for answer in std::iter::repeat_n(answer, times) {
            world.script.push(operation, answer);
        }
        drop(world);
        self
    }

    /// Answers every call of this operation so for which nothing is queued.
    ///
    /// # Panics
    /// Like [`answer_next`](Self::answer_next).
    #[track_caller]
    pub fn answer_always(&self, operation: Operation, answer: Answer) -> &Self {
        self.expect_playable(operation, &answer);
        self.world().script.stand(operation, answer);
        self
    }

    /// Answers everything honestly again; forgets what was queued.
    pub fn answer_honestly(&self) -> &Self {
        self.world().script.clear();
        self
    }

    /// How many queued answers nobody has asked for yet.
    pub fn unplayed_answers(&self) -> usize {
        self.world().script.unplayed()
    }

    /// Holds the next call of this operation before anything is done.
    ///
    /// # Panics
    /// Like [`answer_next`](Self::answer_next).
    #[track_caller]
    pub fn hold_next(&self, operation: Operation) -> Hold {
        let (answer, hold) = Answer::succeed().held_before();
        self.answer_next(operation, answer);
        hold
    }

    /// Holds the answer to the next call of this operation, after everything was done.
    ///
    /// # Panics
    /// Like [`answer_next`](Self::answer_next).
    #[track_caller]
    pub fn hold_next_answer(&self, operation: Operation) -> Hold {
        let (answer, hold) = Answer::succeed().held_after();
        self.answer_next(operation, answer);
        hold
    }

    /// Notes a call that has come, and how it will be answered.
    pub(super) fn arrive(
        &self,
        operation: Operation,
        account: &AccountKey,
        reference: Option<&CheckoutReference>,
    ) -> (Answer, String) {
        let mut world = self.world();
        world.calls.push(FakeCall {
            operation,
            reference: reference.cloned(),
            account: account.name.clone(),
            environment: account.environment,
        });
        let request_id = format!("req_{}", world.calls.len());
        (world.script.take(operation), request_id)
    }

    /// How an operation that asks the gateway nothing shall be answered.
    pub(super) fn scripted(&self, operation: Operation) -> Answer {
        self.world().script.take(operation)
    }

    #[track_caller]
    fn expect_playable(&self, operation: Operation, answer: &Answer) {
        let declared = self.config().descriptor.capabilities;
        if let Some(reason) = answer.misfit(operation, declared) {
            panic!("{operation} cannot be answered so: {reason}");
        }
    }
}
