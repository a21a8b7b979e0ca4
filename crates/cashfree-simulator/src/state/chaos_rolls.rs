//! Random faults, drawn from the chaos profile and counted.

use sha2::{Digest, Sha256};

use super::GatewayState;
use crate::api_faults::{ApiFault, ApiFaultRule, ApiOperation};
use crate::chaos::pick;
use crate::endpoint::EventType;
use crate::webhook_faults::WebhookFault;

impl GatewayState {
    /// Draws the fault of the next call of an operation.
    pub(crate) fn roll_request_fault(&mut self, operation: ApiOperation) -> Option<ApiFaultRule> {
        let roll = self.roll(operation.as_str())?;
        let profile = self.settings.chaos.as_ref()?;
        let fault = pick(&profile.requests, roll).filter(|fault| fault.suits(operation))?;
        let mut rule =
            ApiFaultRule::once(operation, fault).with_retry_seconds(profile.retry_seconds);
        rule.delay_ms = match fault {
            ApiFault::Delay => profile.delay_ms,
            ApiFault::TimeoutBeforeCommit | ApiFault::TimeoutAfterCommit => profile.timeout_ms,
            _ => 0,
        };
        self.tally(fault.as_str());
        Some(rule)
    }

    /// Draws the fault of the next webhook of a type.
    pub(crate) fn roll_webhook_fault(&mut self, event: EventType) -> Option<(WebhookFault, u64)> {
        let roll = self.roll(event.as_str())?;
        let profile = self.settings.chaos.as_ref()?;
        let (fault, delay_ms) = (pick(&profile.webhooks, roll)?, profile.delay_ms);
        self.tally(fault.as_str());
        Some((fault, delay_ms))
    }

    /// Returns true if a late payment arrives on the next link that ends.
    pub(crate) fn roll_late_payment(&mut self) -> bool {
        let Some(roll) = self.roll("late_payment") else {
            return false;
        };
        let profile = self.settings.chaos.as_ref();
        let hit = profile.is_some_and(|profile| roll < profile.late_payment);
        if hit {
            self.tally("late_payment");
        }
        hit
    }

    /// Returns a number below 1000 for the next event of a kind, if random faults are enabled.
    fn roll(&mut self, kind: &'static str) -> Option<u16> {
        let seed = self.settings.chaos.as_ref()?.seed;
        let count = self.chaos_tally.seen.entry(kind).or_default();
        *count = count.saturating_add(1);
        let mut hash = Sha256::new();
        hash.update(seed.to_be_bytes());
        hash.update(count.to_be_bytes());
        hash.update(kind);
        let digest: [u8; 32] = hash.finalize().into();
        let [first, second, third, fourth, ..] = digest;
        let number = u32::from_be_bytes([first, second, third, fourth]) % 1000;
        u16::try_from(number).ok()
    }

    fn tally(&mut self, fault: &'static str) {
        let count = self.chaos_tally.hit.entry(fault).or_default();
        *count = count.saturating_add(1);
    }
}
