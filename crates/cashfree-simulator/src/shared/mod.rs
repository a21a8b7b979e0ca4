//! The state, its lock, its clock, and what follows every change.

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

/// What every part of a simulator shares.
pub(crate) struct Shared {
    pub(crate) state: Mutex<GatewayState>,
    pub(crate) clock: Arc<dyn SimulatorClock>,
    pub(crate) sender: WebhookSender,
    pub(crate) changed: watch::Sender<()>,
    pub(crate) fixed_public_url: bool,
    pub(crate) expiry_interval: Duration,
}

impl Shared {
    /// Acts on the state at the present moment: links whose time has come have ended before, and the webhooks of
    /// all that happened are on their way after.
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

    /// Whether the time of something has come. Changes nothing.
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
