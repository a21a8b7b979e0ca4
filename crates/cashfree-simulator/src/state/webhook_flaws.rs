//! Flaws of the next webhook, from faults and settings.

use std::time::Duration;

use super::GatewayState;
use crate::endpoint::EventType;
use crate::webhook_faults::{WebhookFault, WebhookFaultRule, WebhookFlaws};

/// Age of an old timestamp: beyond any window that a receiver should accept.
const OLD_TIMESTAMP_AGE: Duration = Duration::from_hours(48);

impl GatewayState {
    /// Takes the flaws of the next webhook of a type.
    pub(crate) fn webhook_flaws(&mut self, event: EventType) -> WebhookFlaws {
        let chaos_fault = self.roll_webhook_fault(event);
        let hit = self.take_webhook_fault(event).or(chaos_fault);
        let webhooks = &self.settings.webhooks;
        let is = |fault| hit.is_some_and(|(hit, _)| hit == fault);
        WebhookFlaws {
            dropped: webhooks.drop || is(WebhookFault::Drop),
            duplicated: webhooks.duplicate || is(WebhookFault::Duplicate),
            reordered: webhooks.reorder || is(WebhookFault::Reorder),
            delay: match hit {
                Some((WebhookFault::Delay, delay_ms)) => Duration::from_millis(delay_ms),
                _ => Duration::ZERO,
            },
            wrong_signature: is(WebhookFault::WrongSignature),
            timestamp_age: if is(WebhookFault::OldTimestamp) {
                OLD_TIMESTAMP_AGE
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
