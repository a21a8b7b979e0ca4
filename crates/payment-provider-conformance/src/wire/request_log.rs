//! The log of received requests, and the faults planned for the next ones.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use super::fault_plan::FaultPlan;
use super::listener::Listener;
use super::request::RecordedRequest;

/// Bytes from a client that are not an HTTP request. The gateway answers them with status 400 and
/// closes the connection.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UnreadableRequest {
    /// Number of the connection.
    pub connection: u64,
    /// The bytes, from the position at which the request should have begun.
    pub bytes: Bytes,
    /// Description of the parse error.
    pub reason: String,
}

#[derive(Default)]
pub(super) struct RequestLog {
    entries: Mutex<Entries>,
    arrived: watch::Sender<usize>,
}

#[derive(Default)]
struct Entries {
    requests: Vec<RecordedRequest>,
    unreadable: Vec<UnreadableRequest>,
    plan: FaultPlan,
}

impl RequestLog {
    /// Records a request together with its fault, and returns it.
    pub(super) fn record(
        &self,
        mut request: RecordedRequest,
        listener: &Listener,
    ) -> RecordedRequest {
        let mut entries = self.lock();
        let number = entries.requests.len() + 1;
        request.fault = entries.plan.take(number, &request);
        entries.requests.push(request.clone());
        listener.set_refusing(entries.plan.refuses_after(number));
        self.arrived.send_replace(number);
        request
    }

    pub(super) fn record_unreadable(&self, unreadable: UnreadableRequest) {
        self.lock().unreadable.push(unreadable);
    }

    /// Changes the plan, and closes or opens the listener accordingly.
    pub(super) fn plan(&self, listener: &Listener, change: impl FnOnce(&mut FaultPlan)) {
        let mut entries = self.lock();
        change(&mut entries.plan);
        listener.set_refusing(entries.plan.refuses_after(entries.requests.len()));
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.lock().requests.clone()
    }

    pub(super) fn unreadable(&self) -> Vec<UnreadableRequest> {
        self.lock().unreadable.clone()
    }

    pub(super) fn clear(&self, listener: &Listener) {
        let mut entries = self.lock();
        entries.requests.clear();
        entries.unreadable.clear();
        listener.set_refusing(entries.plan.refuses_after(0));
        self.arrived.send_replace(0);
    }

    /// Waits until `count` requests have been recorded.
    pub(super) async fn arrivals(&self, count: usize) {
        let mut arrived = self.arrived.subscribe();
        // The sender is a field of `self`, so it is not dropped meanwhile.
        let _ = arrived.wait_for(|&arrived| arrived >= count).await;
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
