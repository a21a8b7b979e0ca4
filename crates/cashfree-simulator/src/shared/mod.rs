//! The shared state: its lock, its clock, and the sending of webhooks after each change.

mod dispatch;
mod http_clients;
mod sender;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

pub(crate) use sender::WebhookSender;

use crate::clock::SimulatorClock;
use crate::state::GatewayState;
use crate::timestamp;

/// The data that all parts of a simulator share.
pub(crate) struct Shared {
    pub(crate) state: Mutex<GatewayState>,
    pub(crate) clock: Arc<dyn SimulatorClock>,
    pub(crate) sender: WebhookSender,
    pub(crate) changed: watch::Sender<()>,
    pub(crate) fixed_public_url: bool,
    pub(crate) expiry_interval: Duration,
}

impl Shared {
    /// Locks the state and runs `act` at the current time. Due tasks run before it; webhooks are dispatched after it,
    /// outside the lock.
    pub(crate) fn with<R>(
        self: &Arc<Self>,
        act: impl FnOnce(&mut GatewayState, Timestamp) -> R,
    ) -> R {
        let (result, outbox, webhooks) = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let now = timestamp::now(self.clock.now(), state.clock_offset);
            state.run_due_tasks(now);
            let result = act(&mut state, now);
            let outbox = std::mem::take(&mut state.outbox);
            (result, outbox, state.settings.webhooks.clone())
        };
        for batch in outbox {
            self.dispatch(batch, &webhooks);
        }
        self.changed.send_replace(());
        result
    }

    /// Returns true if a task is due. Changes nothing.
    pub(crate) fn has_due_tasks(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = timestamp::now(self.clock.now(), state.clock_offset);
        state.has_due_tasks(now)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
