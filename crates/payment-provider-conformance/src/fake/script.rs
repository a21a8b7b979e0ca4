use std::collections::{HashMap, VecDeque};

use payment_provider_core::Operation;

use super::scripted_response::ScriptedResponse;

/// The responses that a test has scripted.
#[derive(Debug, Default)]
pub(super) struct Script {
    next: HashMap<Operation, VecDeque<ScriptedResponse>>,
    always: HashMap<Operation, ScriptedResponse>,
}

impl Script {
    pub(super) fn push(&mut self, operation: Operation, response: ScriptedResponse) {
        self.next.entry(operation).or_default().push_back(response);
    }

    pub(super) fn set_always(&mut self, operation: Operation, response: ScriptedResponse) {
        self.always.insert(operation, response);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns the next response: a queued one, else the standing one, else the normal one.
    pub(super) fn take(&mut self, operation: Operation) -> ScriptedResponse {
        let queued = self.next.get_mut(&operation).and_then(VecDeque::pop_front);
        queued
            .or_else(|| self.always.get(&operation).cloned())
            .unwrap_or_else(ScriptedResponse::succeed)
    }

    pub(super) fn unused(&self) -> usize {
        self.next.values().map(VecDeque::len).sum()
    }
}
