//! Suspends a call until a test releases it. Works with any executor.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

/// Suspends a call at the gateway until it is released or dropped.
///
/// To simulate a timeout or the end of the host's process, drop the future of the call instead.
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

    /// Waits until a call is suspended.
    pub async fn reached(&self) {
        self.gate.reached.wait().await;
    }

    /// Returns true if a call is or was suspended.
    pub fn is_reached(&self) -> bool {
        self.gate.reached.is_set()
    }

    /// Lets the call continue.
    pub fn release(self) {}
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.gate.open.set();
    }
}

/// The point at which a call is suspended.
#[derive(Debug, Default)]
pub(super) struct Gate {
    reached: Signal,
    open: Signal,
}

impl Gate {
    /// Signals that a call has arrived, and waits until it may continue.
    pub(super) async fn pass(&self) {
        self.reached.set();
        self.open.wait().await;
    }
}

/// A flag that is set once and stays set.
#[derive(Debug, Default)]
struct Signal(Mutex<SignalState>);

#[derive(Debug, Default)]
struct SignalState {
    set: bool,
    waiting: Vec<Waker>,
}

impl Signal {
    fn set(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.set = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    fn is_set(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).set
    }

    async fn wait(&self) {
        poll_fn(|context| {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.set {
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

/// Yields to other tasks once, as a network call does.
pub(super) async fn yield_once() {
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
