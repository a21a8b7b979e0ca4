//! Sends deliveries, and retries them on schedule.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::Shared;
use crate::settings::WebhookSettings;
use crate::state::{DeliveryBatch, WebhookDeliveryState};

impl Shared {
    /// Starts sending a batch in the background. Outside a Tokio runtime its deliveries fail.
    pub(crate) fn dispatch(self: &Arc<Self>, batch: DeliveryBatch, webhooks: &WebhookSettings) {
        if tokio::runtime::Handle::try_current().is_err() {
            for (id, _) in batch.targets.into_iter().flatten() {
                self.give_up(id, Some("no async runtime is available"));
            }
            return;
        }
        let (earlier, turn) = self.take_turn(batch.reordered);
        let (delay, hold) = (
            Duration::from_millis(webhooks.delay_ms),
            Duration::from_millis(webhooks.reorder_hold_ms),
        );
        let (shared, halt) = (Arc::clone(self), self.sender.halted());
        self.sender.tasks.spawn(async move {
            if let Some(turn) = turn {
                tokio::select! {
                    _ = turn => {}
                    () = tokio::time::sleep(hold) => {}
                    () = halt.cancelled() => {}
                }
            }
            if !delay.is_zero() {
                tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    () = halt.cancelled() => {}
                }
            }
            let tasks: Vec<_> = batch
                .targets
                .into_iter()
                .map(|ids| {
                    let (shared, halt) = (Arc::clone(&shared), halt.clone());
                    shared
                        .sender
                        .tasks
                        .clone()
                        .spawn(async move { shared.send_in_order(ids, &halt).await })
                })
                .collect();
            for task in tasks {
                // The task records its own outcome.
                let _ = task.await;
            }
            if let Some(earlier) = earlier {
                let _ = earlier.send(());
            }
        });
    }

    /// Decides the order of two batches. A held batch waits for the next one, which is not held itself. Returns the
    /// batch to release afterwards, or the signal to wait for.
    fn take_turn(
        &self,
        hold: bool,
    ) -> (Option<oneshot::Sender<()>>, Option<oneshot::Receiver<()>>) {
        let mut waiting = self
            .sender
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(earlier) = waiting.take().filter(|earlier| !earlier.is_closed()) {
            return (Some(earlier), None);
        }
        if !hold {
            return (None, None);
        }
        let (release, turn) = oneshot::channel();
        *waiting = Some(release);
        (None, Some(turn))
    }

    /// Makes the first attempt of each delivery in order. Delayed deliveries and retries run in tasks of their own.
    async fn send_in_order(self: Arc<Self>, ids: Vec<(u64, Duration)>, halt: &CancellationToken) {
        for (id, after) in ids {
            if halt.is_cancelled() {
                self.give_up(id, None);
            } else if after.is_zero() {
                if let Some(wait) = self.attempt(id, Some(0)).await {
                    self.send_later(id, wait, 1, halt);
                }
            } else {
                self.send_later(id, after, 0, halt);
            }
        }
    }

    /// Waits, then makes the scheduled attempt number `next`, counted from 0, and those that follow.
    fn send_later(
        self: &Arc<Self>,
        id: u64,
        wait: Duration,
        next: usize,
        halt: &CancellationToken,
    ) {
        let (shared, halt) = (Arc::clone(self), halt.clone());
        self.sender
            .tasks
            .spawn(async move { shared.send_again(id, wait, next, &halt).await });
    }

    async fn send_again(
        self: Arc<Self>,
        id: u64,
        mut wait: Duration,
        mut next: usize,
        halt: &CancellationToken,
    ) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = halt.cancelled() => {
                    self.give_up(id, None);
                    return;
                }
            }
            let waiting = self.with(|state, _| {
                state
                    .delivery_mut(id)
                    .is_some_and(|delivery| !delivery.state.is_final())
            });
            if !waiting {
                return;
            }
            match self.attempt(id, Some(next)).await {
                Some(longer) => wait = longer,
                None => return,
            }
            next += 1;
        }
    }

    /// Sends a delivery once more, outside its schedule.
    pub(crate) fn resend(self: &Arc<Self>, id: u64) {
        if tokio::runtime::Handle::try_current().is_err() {
            self.give_up(id, Some("no async runtime is available"));
            return;
        }
        let shared = Arc::clone(self);
        self.sender.tasks.spawn(async move {
            shared.attempt(id, None).await;
        });
    }

    /// Makes one attempt and records its outcome. Returns the wait before the next attempt, if there is one.
    /// `retries` is the number of scheduled attempts so far, or `None` outside the schedule.
    async fn attempt(self: &Arc<Self>, id: u64, retries: Option<usize>) -> Option<Duration> {
        let (url, headers, body, timeout) = self.with(|state, now| {
            let delivery = state.delivery_mut(id)?;
            delivery.attempts_started = delivery.attempts_started.saturating_add(1);
            let (attempt, current) = (delivery.attempts_started, delivery.clone());
            if attempt > 1 && state.settings.webhooks.fresh_timestamp_on_retry {
                let key = state.webhook_key(&current).to_owned();
                state.delivery_mut(id)?.sign_body(&key, now);
            }
            let timeout = Duration::from_millis(state.settings.webhooks.timeout_ms);
            let delivery = state.delivery_mut(id)?;
            Some((
                delivery.url.clone(),
                delivery.headers(attempt),
                Bytes::from(delivery.body.clone()),
                timeout,
            ))
        })?;
        let outcome = self.sender.deliver(url, headers, body, timeout).await;
        let outcome = outcome.map_err(str::to_owned);
        self.with(|state, now| {
            let wait = retries.and_then(|retries| {
                let seconds = state.settings.retry_delays_seconds.get(retries).copied()?;
                Some(state.settings.retry_scale.apply(seconds))
            });
            let delivery = state.delivery_mut(id)?;
            let delivered = matches!(outcome, Ok(status) if (200..300).contains(&status));
            delivery.record_attempt(outcome, now);
            match (delivered, retries.is_some(), delivery.state) {
                (true, ..) => delivery.state = WebhookDeliveryState::Delivered,
                (false, true, state) if state != WebhookDeliveryState::Delivered => {
                    delivery.state = if wait.is_some() {
                        WebhookDeliveryState::Retrying
                    } else {
                        WebhookDeliveryState::Failed
                    };
                    return wait;
                }
                (false, false, WebhookDeliveryState::Pending) => {
                    delivery.state = WebhookDeliveryState::Failed;
                }
                (false, ..) => {}
            }
            None
        })
    }

    /// Marks a delivery as failed when no further attempt will follow.
    fn give_up(self: &Arc<Self>, id: u64, why: Option<&str>) {
        self.with(|state, now| {
            if let Some(delivery) = state
                .delivery_mut(id)
                .filter(|delivery| !delivery.state.is_final())
            {
                delivery.state = WebhookDeliveryState::Failed;
                if let Some(why) = why {
                    delivery.record_attempt(Err(why.to_owned()), now);
                }
            }
        });
    }
}
