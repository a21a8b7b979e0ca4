//! Faults of single webhooks.

use std::time::Duration;

use serde::Serialize;

use crate::endpoint::EventType;
use crate::wire_enum::wire_enum;

wire_enum! {
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
pub(crate) struct WebhookFlaws {
    pub(crate) dropped: bool,
    pub(crate) duplicated: bool,
    pub(crate) reordered: bool,
    pub(crate) delay: Duration,
    pub(crate) wrong_signature: bool,
    pub(crate) timestamp_age: Duration,
}
