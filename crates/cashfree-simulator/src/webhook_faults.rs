//! Faults of single webhooks.

use std::time::Duration;

use serde::Serialize;

use crate::endpoint::EventType;
use crate::faults::wire_names;
use crate::world::World;

wire_names! {
    /// What goes wrong with a webhook.
    WebhookFault, UnknownWebhookFault, "webhook fault" {
        /// It is recorded but not sent.
        Drop = "drop",
        /// It is sent twice, as two identical requests.
        Duplicate = "duplicate",
        /// It and the others of its change are held back until those of the next change are sent.
        Reorder = "reorder",
        /// It is sent late; those after it do not wait.
        Delay = "delay",
        /// It is signed with a key nobody has.
        WrongSignature = "wrong_signature",
        /// Its timestamp is two days old, and correctly signed.
        OldTimestamp = "old_timestamp",
    }
}

/// A fault for the next webhooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WebhookFaultRule {
    /// The type of event it hits; any, if none is named.
    pub event: Option<EventType>,
    /// What goes wrong.
    pub fault: WebhookFault,
    /// How many webhooks are still hit.
    pub times: u32,
    /// How long [`WebhookFault::Delay`] holds back, in milliseconds.
    pub delay_ms: u64,
}

impl WebhookFaultRule {
    /// A fault for the next webhook.
    pub const fn once(fault: WebhookFault) -> Self {
        Self {
            event: None,
            fault,
            times: 1,
            delay_ms: 1000,
        }
    }

    /// Hits only webhooks of this type.
    pub const fn event(mut self, event: EventType) -> Self {
        self.event = Some(event);
        self
    }

    /// Hits the next `times` webhooks.
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Sets how long [`WebhookFault::Delay`] holds back, a second unless set.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }
}

/// What is wrong with one webhook: by a rule, by chance, or by the settings that hold for all.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // independent switches
pub(crate) struct Flaws {
    pub(crate) dropped: bool,
    pub(crate) doubled: bool,
    pub(crate) reordered: bool,
    pub(crate) after: Duration,
    pub(crate) forged: bool,
    pub(crate) age: Duration,
}

/// How old an old timestamp is: beyond any window a receiver should have.
const OLD: Duration = Duration::from_hours(48);

impl World {
    /// What is wrong with the next webhook of a type.
    pub(crate) fn flaws(&mut self, event: EventType) -> Flaws {
        let by_chance = self.webhook_chance(event);
        let hit = self.take_webhook_fault(event).or(by_chance);
        let webhooks = &self.settings.webhooks;
        let is = |fault| hit.is_some_and(|(hit, _)| hit == fault);
        Flaws {
            dropped: webhooks.drop || is(WebhookFault::Drop),
            doubled: webhooks.duplicate || is(WebhookFault::Duplicate),
            reordered: webhooks.reorder || is(WebhookFault::Reorder),
            after: match hit {
                Some((WebhookFault::Delay, delay_ms)) => Duration::from_millis(delay_ms),
                _ => Duration::ZERO,
            },
            forged: is(WebhookFault::WrongSignature),
            age: if is(WebhookFault::OldTimestamp) {
                OLD
            } else {
                Duration::from_secs(webhooks.timestamp_age_seconds)
            },
        }
    }

    fn take_webhook_fault(&mut self, event: EventType) -> Option<(WebhookFault, u64)> {
        let hits = |rule: &WebhookFaultRule| rule.event.is_none_or(|wanted| wanted == event);
        let index = self.webhook_faults.iter().position(hits)?;
        let rule = self.webhook_faults.get_mut(index)?;
        let hit = (rule.fault, rule.delay_ms);
        rule.times = rule.times.saturating_sub(1);
        if rule.times == 0 {
            self.webhook_faults.remove(index);
        }
        Some(hit)
    }
}
