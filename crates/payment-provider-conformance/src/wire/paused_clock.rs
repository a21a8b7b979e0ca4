//! Keeps a paused clock from running away while bytes move.
//!
//! A current-thread runtime whose time is paused jumps to its next timer when no task is ready. Bytes between two
//! sockets make no task ready until the operating system has delivered them. Time does not jump, though, while a
//! blocking task runs: so one runs as long as time is to stand.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};

/// How long time stands after the last byte of something whole: as long as it may take to be delivered.
pub(super) const DELIVERY_GRACE: Duration = Duration::from_millis(10);

/// How long time stands in the middle of something, for a peer that does not go on.
pub(super) const STALL_GRACE: Duration = Duration::from_millis(250);

/// The most that passes at once, and how long time then stands, so that what nobody knows of yet can come in.
const MAX_STEP: Duration = Duration::from_secs(1);
const STEP_HOLD: Duration = Duration::from_millis(1);

/// No connection has this number.
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
    /// By connection, until when it needs the clock to stand. This is time of the real clock.
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

    /// Lets time stand for this long from now on behalf of a connection, instead of what it asked for before.
    pub(super) fn hold(&self, connection: u64, span: Duration) {
        // Only this kind of runtime can have its time paused.
        if self.runtime.runtime_flavor() != RuntimeFlavor::CurrentThread {
            return;
        }
        let until = Instant::now() + span;
        let mut holds = self.shared.lock();
        let before = holds.until.insert(connection, until);
        if holds.ended {
            return;
        }
        if !holds.held {
            holds.held = true;
            let shared = Arc::clone(&self.shared);
            self.runtime.spawn_blocking(move || shared.stand());
        } else if before.is_some_and(|before| until < before) {
            self.shared.changed.notify_one();
        }
    }

    /// Lets time pass, from now on.
    pub(super) fn end(&self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_one();
    }

    /// Lets time pass in strides.
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

    /// Returns when nobody needs time to stand any more.
    fn stand(&self) {
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
