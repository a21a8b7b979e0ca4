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

/// A gateway on this machine that does as it is told: see the [module](super).
///
/// It ends with the value: all connections and everything being answered is let go of.
///
/// Requests are counted from one since the start, or since it was last [cleared](Self::clear). Requests on one
/// connection are read one after another: a pipelined one arrives when the one before it has been answered.
pub struct WireGateway {
    shared: Arc<Shared>,
    tasks: [JoinHandle<()>; 2],
}

impl WireGateway {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If the system has no port or no socket left.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time.
    #[expect(clippy::unused_async, reason = "it needs a runtime around it")]
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

    /// The address, like `http://127.0.0.1:34567/`.
    ///
    /// # Panics
    ///
    /// Never: the address is one.
    pub fn address(&self) -> Url {
        let address = format!("http://{}/", self.shared.listener.address());
        address.parse().expect("host and port of a socket")
    }

    /// All requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.request_log.requests()
    }

    /// Everything so far that was no HTTP request.
    pub fn unreadable(&self) -> Vec<UnreadableRequest> {
        self.shared.request_log.unreadable()
    }

    /// How many connections have been made, ever.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Acquire)
    }

    /// Waits until so many requests have arrived, and returns all there are.
    pub async fn wait_for(&self, count: usize) -> Vec<RecordedRequest> {
        self.shared.request_log.arrivals(count).await;
        self.requests()
    }

    /// Forgets the requests, and counts from one again. Faults stay planned.
    pub fn clear(&self) {
        self.shared.request_log.clear(&self.shared.listener);
    }

    /// Plays this to the next request that has no fault yet; called again, to the one after it.
    pub fn fault_next(&self, fault: WireFault) {
        self.plan(|plan| plan.add_next(fault));
    }

    /// Plays this to the request with this number, the first being 1. This goes before
    /// [`fault_next`](Self::fault_next), which goes before [`fault_where`](Self::fault_where).
    pub fn fault_at(&self, number: usize, fault: WireFault) {
        self.plan(|plan| plan.add_at(number, fault));
    }

    /// Plays this to all requests that match, until cleared. Of several rules, the first that matches counts.
    ///
    /// The predicate must not use the gateway.
    pub fn fault_where(
        &self,
        matches: impl Fn(&RecordedRequest) -> bool + Send + Sync + 'static,
        fault: WireFault,
    ) {
        self.plan(|plan| plan.add_where(Box::new(matches), fault));
    }

    /// Forgets all faults that have not begun. If nobody could connect, everybody can when this returns.
    ///
    /// # Panics
    ///
    /// If another program has taken the port meanwhile.
    pub fn clear_faults(&self) {
        self.plan(|plan| *plan = FaultPlan::default());
    }

    /// Plays [`WireFault::RefuseConnection`] from now on, and waits until no connection is left that a client could send
    /// its next request on: it has to connect, and cannot.
    pub async fn refuse_connections(&self) {
        self.fault_where(|_| true, WireFault::RefuseConnection);
        let mut idle = self.shared.idle.subscribe();
        // The sender lives as long as `self`.
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

/// Takes in connections, which end with this.
async fn accept(shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        match shared.listener.accept().await {
            Ok(stream) => {
                let number = shared.connections.fetch_add(1, Ordering::AcqRel) + 1;
                connections.spawn(Connection::new(number, stream, Arc::clone(&shared)).serve());
                while connections.try_join_next().is_some() {}
            }
            // The client has gone again, or there are too many files open for now.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
