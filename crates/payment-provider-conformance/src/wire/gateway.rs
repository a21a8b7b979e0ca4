use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use url::Url;

use super::connection::{Connection, Shared};
use super::fault::WireFault;
use super::fault_plan::FaultPlan;
use super::listener::Listener;
use super::paused_clock::PausedClock;
use super::request::RecordedRequest;
use super::request_log::{RequestLog, UnreadableRequest};
use super::responder::Responder;

/// A gateway on 127.0.0.1 whose responses and faults a test controls: see the [module](super).
///
/// Dropping it closes all connections and cancels the responses in progress.
///
/// Requests are numbered from 1, counted from the start or from the last [`clear`](Self::clear).
/// Requests on one connection are handled one after another: a pipelined request is recorded once
/// the response before it has been sent.
pub struct WireGateway {
    shared: Arc<Shared>,
    tasks: [JoinHandle<()>; 2],
}

impl WireGateway {
    /// Starts a gateway on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If the system has no free port or socket.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime with I/O and time enabled.
    #[expect(clippy::unused_async, reason = "it requires a runtime")]
    pub async fn start(responder: impl Responder) -> io::Result<Self> {
        let runtime = Handle::current();
        let shared = Arc::new(Shared {
            responder: Box::new(responder),
            request_log: RequestLog::default(),
            listener: Listener::new(runtime.clone())?,
            paused_clock: PausedClock::new(runtime),
            connections: AtomicU64::new(0),
            idle: Arc::new(watch::Sender::new(0)),
        });
        let pace = shared.paused_clock.clone().pace();
        let tasks = [
            tokio::spawn(accept(Arc::clone(&shared))),
            tokio::spawn(pace),
        ];
        Ok(Self { shared, tasks })
    }

    /// Returns the base URL, such as `http://127.0.0.1:34567/`.
    ///
    /// # Panics
    ///
    /// Never: the address of a socket is a valid URL.
    pub fn address(&self) -> Url {
        let address = format!("http://{}/", self.shared.listener.address());
        address.parse().expect("host and port of a socket")
    }

    /// Returns all requests so far in order of arrival.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.request_log.requests()
    }

    /// Returns everything received so far that was not an HTTP request.
    pub fn unreadable(&self) -> Vec<UnreadableRequest> {
        self.shared.request_log.unreadable()
    }

    /// Returns the number of connections accepted since the start.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Acquire)
    }

    /// Waits until `count` requests have been received, and returns all requests.
    pub async fn wait_for(&self, count: usize) -> Vec<RecordedRequest> {
        self.shared.request_log.arrivals(count).await;
        self.requests()
    }

    /// Removes the recorded requests and counts from 1 again. Planned faults are kept.
    pub fn clear(&self) {
        self.shared.request_log.clear(&self.shared.listener);
    }

    /// Applies a fault to the next request without one. Each further call affects the request after
    /// it.
    pub fn fault_next(&self, fault: WireFault) {
        self.plan(|plan| plan.add_next(fault));
    }

    /// Applies a fault to the request with this number, counted from 1. It takes precedence over
    /// [`fault_next`](Self::fault_next), which takes precedence over
    /// [`fault_where`](Self::fault_where).
    pub fn fault_at(&self, number: usize, fault: WireFault) {
        self.plan(|plan| plan.add_at(number, fault));
    }

    /// Applies a fault to all matching requests until the faults are cleared. The first rule that
    /// matches wins.
    ///
    /// The predicate must not call the gateway.
    pub fn fault_where(
        &self,
        matches: impl Fn(&RecordedRequest) -> bool + Send + Sync + 'static,
        fault: WireFault,
    ) {
        self.plan(|plan| plan.add_where(Box::new(matches), fault));
    }

    /// Removes all faults that have not taken effect. If connections were refused, they are
    /// accepted again when this returns.
    ///
    /// # Panics
    ///
    /// If another program has taken the port meanwhile.
    pub fn clear_faults(&self) {
        self.plan(|plan| *plan = FaultPlan::default());
    }

    /// Refuses connections from now on, and waits until no idle connection is left: a client has to
    /// connect for its next request, and fails.
    pub async fn refuse_connections(&self) {
        self.fault_where(|_| true, WireFault::RefuseConnection);
        let mut idle = self.shared.idle.subscribe();
        // The sender is a field of `self`, so it is not dropped meanwhile.
        let _ = idle.wait_for(|&idle| idle == 0).await;
    }

    fn plan(&self, change: impl FnOnce(&mut FaultPlan)) {
        self.shared.request_log.plan(&self.shared.listener, change);
    }
}

impl Drop for WireGateway {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.paused_clock.end();
    }
}

impl fmt::Debug for WireGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireGateway")
            .field("address", &self.shared.listener.address())
            .field("requests", &self.requests())
            .finish_non_exhaustive()
    }
}

/// Accepts connections. They are dropped together with this future.
async fn accept(shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        match shared.listener.accept().await {
            Ok(stream) => {
                let number = shared.connections.fetch_add(1, Ordering::AcqRel) + 1;
                connections.spawn(Connection::new(number, stream, Arc::clone(&shared)).serve());
                while connections.try_join_next().is_some() {}
            }
            // The client has disconnected already, or too many files are open.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
