//! The state, its lock, its clock, and what follows every change.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::stamp;
use crate::webhook::Sender;
use crate::world::World;

/// What every part of a simulator shares.
pub(crate) struct Core {
    pub(crate) world: Mutex<World>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sender: Sender,
    pub(crate) changed: watch::Sender<()>,
    pub(crate) fixed_public_url: bool,
    pub(crate) expiry_interval: Duration,
}

impl Core {
    /// Acts on the state at the present moment: links whose time has come have ended before, and the webhooks of
    /// all that happened are on their way after.
    pub(crate) fn with<R>(self: &Arc<Self>, act: impl FnOnce(&mut World, Timestamp) -> R) -> R {
        let (result, outbox, webhooks) = {
            let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
            let now = stamp::now(self.clock.now(), world.clock_offset);
            world.run_due(now);
            let result = act(&mut world, now);
            let outbox = std::mem::take(&mut world.outbox);
            (result, outbox, world.settings.webhooks.clone())
        };
        for batch in outbox {
            self.dispatch(batch, &webhooks);
        }
        self.changed.send_replace(());
        result
    }

    /// Whether the time of something has come. Changes nothing.
    pub(crate) fn has_due(&self) -> bool {
        let world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let now = stamp::now(self.clock.now(), world.clock_offset);
        world.has_due(now)
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
