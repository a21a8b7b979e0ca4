//! Faults that hit single webhooks.

use std::time::Duration;

use serde::Serialize;

use crate::endpoint::EventType;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// Faults of a webhook.
    WebhookFault, UnknownWebhookFault, "webhook fault" {
        /// Recorded, but not sent.
        Drop = "drop",
        /// Sent twice, as two identical requests.
        Duplicate = "duplicate",
        /// Held back, with the other webhooks of the same change, until those of the next change are sent.
        Reorder = "reorder",
        /// Sent late. Later webhooks do not wait for it.
        Delay = "delay",
        /// Signed with a key that belongs to no merchant.
        WrongSignature = "wrong_signature",
        /// Sent with a timestamp two days old and a valid signature.
        OldTimestamp = "old_timestamp",
    }
}

/// A fault for the next webhooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WebhookFaultRule {
    /// The type of event that is hit; `None` means any.
    pub event: Option<EventType>,
    /// The fault.
    pub fault: WebhookFault,
    /// Number of webhooks still to be hit.
    pub times: u32,
    /// Delay of [`WebhookFault::Delay`], in milliseconds.
    pub delay_ms: u64,
}

impl WebhookFaultRule {
    /// Creates a fault for the next webhook.
    pub const fn once(fault: WebhookFault) -> Self {
        Self {
            event: None,
            fault,
            times: 1,
            delay_ms: 1000,
        }
    }

    /// Hits only webhooks of this type.
    pub const fn with_event(mut self, event: EventType) -> Self {
        self.event = Some(event);
        self
    }

    /// Hits the next `times` webhooks.
    pub const fn with_times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Sets the delay of [`WebhookFault::Delay`]. The default is one second.
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }
}

/// The flaws of one webhook, from a rule, the chaos profile, or the settings.
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
