//! Which request gets which fault.

use std::collections::{BTreeMap, VecDeque};

use super::fault::WireFault;
use super::request::RecordedRequest;

type Predicate = dyn Fn(&RecordedRequest) -> bool + Send + Sync;

/// The faults to come. A number goes before the queue, and the queue before the rules.
#[derive(Default)]
pub(super) struct FaultPlan {
    numbered: BTreeMap<usize, WireFault>,
    queue: VecDeque<WireFault>,
    rules: Vec<(Box<Predicate>, WireFault)>,
}

impl FaultPlan {
    pub(super) fn add_next(&mut self, fault: WireFault) {
        self.queue.push_back(fault);
    }

    pub(super) fn add_at(&mut self, number: usize, fault: WireFault) {
        self.numbered.insert(number, fault);
    }

    pub(super) fn add_where(&mut self, predicate: Box<Predicate>, fault: WireFault) {
        self.rules.push((predicate, fault));
    }

    /// The fault of the request with this number, counted from one.
    pub(super) fn take(&mut self, number: usize, request: &RecordedRequest) -> Option<WireFault> {
        // A request that was already under way when connections began to be refused is no reason to stop refusing.
        if let Some(fault) = self.numbered.get(&number)
            && !refuses(fault)
        {
            return self.numbered.remove(&number);
        }
        if self.queue.front().is_some_and(|fault| !refuses(fault)) {
            return self.queue.pop_front();
        }
        let mut rules = self.rules.iter().filter(|(_, fault)| !refuses(fault));
        let rule = rules.find(|(predicate, _)| predicate(request));
        rule.map(|(_, fault)| fault.clone())
    }

    /// Whether nobody may connect after so many requests.
    pub(super) fn refuses_after(&self, arrived: usize) -> bool {
        let mut due = self.numbered.range(..=arrived.saturating_add(1));
        due.any(|(_, fault)| refuses(fault))
            || self.queue.front().is_some_and(refuses)
            || self.rules.iter().any(|(_, fault)| refuses(fault))
    }
}

fn refuses(fault: &WireFault) -> bool {
    matches!(fault, WireFault::RefuseConnection)
}
