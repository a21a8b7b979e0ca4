//! Holds a paused clock while bytes are in transit.
//!
//! A current-thread runtime with paused time jumps to its next timer when no task is ready. Bytes
//! between two sockets make no task ready until the operating system has delivered them. The clock
//! does not jump while a blocking task runs, so one runs for as long as the clock has to be held.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};

/// Hold after the last byte of a complete message. It covers the delivery of the message by the
/// operating system.
pub(super) const DELIVERY_GRACE: Duration = Duration::from_millis(10);

/// Hold in the middle of a message, in case the peer does not continue.
pub(super) const STALL_GRACE: Duration = Duration::from_millis(250);

/// Maximum jump of the clock, and the hold after each jump. It lets data arrive that is not known
/// to the gateway yet.
const MAX_STEP: Duration = Duration::from_secs(1);
const STEP_HOLD: Duration = Duration::from_millis(1);

/// The number under which [`PausedClock::pace`] holds the clock. No connection has it.
const PACER: u64 = 0;

#[derive(Clone)]
pub(super) struct PausedClock {
    runtime: Handle,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    holds: Mutex<Holds>,
    changed: Condvar,
}

#[derive(Default)]
struct Holds {
    /// End of the hold of each connection, in real time.
    until: HashMap<u64, Instant>,
    held: bool,
    ended: bool,
}

impl PausedClock {
    pub(super) fn new(runtime: Handle) -> Self {
        Self {
            runtime,
            shared: Arc::default(),
        }
    }

    /// Holds the clock for this duration on behalf of a connection, replacing its previous hold.
    pub(super) fn hold(&self, connection: u64, duration: Duration) {
        // Time can be paused only in a runtime of this kind.
        if self.runtime.runtime_flavor() != RuntimeFlavor::CurrentThread {
            return;
        }
        let until = Instant::now() + duration;
        let mut holds = self.shared.lock();
        let before = holds.until.insert(connection, until);
        if holds.ended {
            return;
        }
        if !holds.held {
            holds.held = true;
            let shared = Arc::clone(&self.shared);
            self.runtime.spawn_blocking(move || shared.block());
        } else if before.is_some_and(|before| until < before) {
            self.shared.changed.notify_one();
        }
    }

    /// Releases the clock for good.
    pub(super) fn end(&self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_one();
    }

    /// Limits how far the clock jumps at once.
    pub(super) async fn pace(self) {
        loop {
            tokio::time::sleep(MAX_STEP).await;
            self.hold(PACER, STEP_HOLD);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Holds> {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks until no connection holds the clock.
    fn block(&self) {
        let mut holds = self.lock();
        loop {
            let now = Instant::now();
            holds.until.retain(|_, until| *until > now);
            let last = holds.until.values().max().copied();
            let Some(last) = last.filter(|_| !holds.ended) else {
                holds.held = false;
                return;
            };
            let waited = self.changed.wait_timeout(holds, last - now);
            holds = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
