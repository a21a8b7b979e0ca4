//! The open connections of a server, and the choice of the one that is closed for a new one.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// The time that each connection has to send a request before it is closed for another: what follows the
/// opening of a connection at once is read, however fast others are opened.
const PATIENCE: Duration = Duration::from_millis(50);

/// The open connections.
#[derive(Debug, Default)]
pub(super) struct Registry {
    state: Mutex<State>,
    /// Notified when a connection ends, and when one begins to wait for its peer.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    open: usize,
    last_turn: u64,
    /// The connections that wait for a request, for the rest of one, or for their peers to take a response,
    /// by their turns: the first has waited longest.
    unfinished: BTreeMap<Turn, CancellationToken>,
}

/// The beginning of a wait for a request: a connection with an earlier turn is closed earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    number: u64,
    since: Instant,
}

impl Registry {
    /// Adds a connection, which waits for its first request. It is removed with [`remove`](Self::remove).
    pub(super) fn add(&self, closed: &CancellationToken) -> Turn {
        let turn = self.next_turn();
        let mut state = self.state();
        state.open += 1;
        state.unfinished.insert(turn, closed.clone());
        turn
    }

    /// Returns the turn of a wait that begins now.
    pub(super) fn next_turn(&self) -> Turn {
        let mut state = self.state();
        state.last_turn += 1;
        Turn {
            number: state.last_turn,
            since: Instant::now(),
        }
    }

    /// Adds a connection to those that wait for their peers. Returns false if it is closed already.
    pub(super) fn begin_waiting(&self, turn: Turn, closed: &CancellationToken) -> bool {
        let mut state = self.state();
        if closed.is_cancelled() {
            return false;
        }
        state.unfinished.insert(turn, closed.clone());
        drop(state);
        self.changed.notify_one();
        true
    }

    /// Removes a connection from those that wait for their peers. Returns false if it is closed already:
    /// then no handler may begin or go on.
    pub(super) fn end_waiting(&self, turn: Turn, closed: &CancellationToken) -> bool {
        let mut state = self.state();
        state.unfinished.remove(&turn);
        !closed.is_cancelled()
    }

    /// Removes a connection that has ended. It begins no wait any more.
    pub(super) fn remove(&self, turn: Turn, closed: &CancellationToken) {
        let mut state = self.state();
        closed.cancel();
        state.unfinished.remove(&turn);
        state.open -= 1;
        drop(state);
        self.changed.notify_one();
    }

    /// Closes the connection that has waited longest for its peer; returns false if none waits.
    pub(super) fn close_oldest(&self) -> bool {
        let mut state = self.state();
        let Some((_, closed)) = state.unfinished.pop_first() else {
            return false;
        };
        // Under the lock, so that the connection cannot stop waiting meanwhile.
        closed.cancel();
        true
    }

    /// Waits until there is room for one more connection below this number. Closes one connection at
    /// most, and returns true if it did.
    pub(super) async fn room(&self, most: usize) -> bool {
        let mut closed = false;
        loop {
            if self.state().open < most.max(1) {
                return closed;
            }
            let oldest = self.state().unfinished.keys().next().copied();
            let impatient = oldest.map(|oldest| oldest.since + PATIENCE);
            match impatient.filter(|_| !closed) {
                Some(at) if at <= Instant::now() => closed = self.close_oldest(),
                Some(at) => drop(timeout_at(at, self.changed()).await),
                None => self.changed().await,
            }
        }
    }

    /// Waits until a connection has ended or begins to wait for its peer.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
