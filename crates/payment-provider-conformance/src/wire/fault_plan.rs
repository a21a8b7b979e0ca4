//! The faults planned for the next requests.

use std::collections::{BTreeMap, VecDeque};

use super::fault::WireFault;
use super::request::RecordedRequest;

type Predicate = dyn Fn(&RecordedRequest) -> bool + Send + Sync;

/// Planned faults. A numbered fault takes precedence over the queue, and the queue over the rules.
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

    /// Returns the fault of the request with this number, counted from 1.
    pub(super) fn take(&mut self, number: usize, request: &RecordedRequest) -> Option<WireFault> {
        // `RefuseConnection` affects connections only. It stays planned when a request that was
        // already under way arrives.
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

    /// Returns true if connections are refused once `arrived` requests have been received.
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
