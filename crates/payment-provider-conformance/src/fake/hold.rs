//! Stopping a call until a test lets it go on, on any executor or none.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

/// A call that the gateway holds: from the moment it comes until this is released or dropped.
///
/// Dropping the call's own future instead is what a host's timeout or its end does.
#[derive(Debug)]
#[must_use = "dropping it releases the call"]
pub struct Hold {
    gate: Arc<Gate>,
}

impl Hold {
    pub(super) fn new() -> (Self, Arc<Gate>) {
        let gate = Arc::new(Gate::default());
        let hold = Self {
            gate: Arc::clone(&gate),
        };
        (hold, gate)
    }

    /// Until a call is being held.
    pub async fn reached(&self) {
        self.gate.reached.wait().await;
    }

    /// Whether a call is being held, or was.
    pub fn is_reached(&self) -> bool {
        self.gate.reached.is_given()
    }

    /// Lets the call go on.
    pub fn release(self) {}
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.gate.open.give();
    }
}

/// Where a held call stands.
#[derive(Debug, Default)]
pub(super) struct Gate {
    reached: Signal,
    open: Signal,
}

impl Gate {
    /// Says that a call has come, and waits until it may go on.
    pub(super) async fn pass(&self) {
        self.reached.give();
        self.open.wait().await;
    }
}

/// Something that happens once and stays so.
#[derive(Debug, Default)]
struct Signal(Mutex<SignalState>);

#[derive(Debug, Default)]
struct SignalState {
    given: bool,
    waiting: Vec<Waker>,
}

impl Signal {
    fn give(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.given = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    fn is_given(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).given
    }

    async fn wait(&self) {
        poll_fn(|context| {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.given {
                return Poll::Ready(());
            }
            let waker = context.waker();
            if !state.waiting.iter().any(|known| known.will_wake(waker)) {
                state.waiting.push(waker.clone());
            }
            Poll::Pending
        })
        .await;
    }
}

/// Lets another task come in between, as a network does.
pub(super) async fn interleave() {
    let mut again = true;
    poll_fn(|context| {
        if std::mem::take(&mut again) {
            context.waker().wake_by_ref();
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
}
