//! What has come in, and what is planned.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use super::fault_plan::FaultPlan;
use super::listener::Listener;
use super::request::RecordedRequest;

/// Bytes from a client that are no HTTP request. They were answered with 400 and the end of the connection.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UnreadableRequest {
    /// Which connection they came by.
    pub connection: u64,
    /// The bytes, from where the request should have begun.
    pub bytes: Bytes,
    /// What is wrong with them.
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
    /// Records a request, with the fault that it gets from now on.
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

    /// Changes what is planned, and opens or closes the listener if that is the plan.
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

    /// Returns once so many requests have been recorded.
    pub(super) async fn arrivals(&self, count: usize) {
        let mut arrived = self.arrived.subscribe();
        // The sender lives as long as `self`.
        let _ = arrived.wait_for(|&arrived| arrived >= count).await;
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
