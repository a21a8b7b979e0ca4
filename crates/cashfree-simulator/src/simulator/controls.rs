//! Settings, faults, merchants and time.

use std::time::Duration;

use jiff::Timestamp;

use super::Simulator;
use crate::api_faults::ApiFaultRule;
use crate::chaos::{ChaosError, ChaosProfile, ChaosTally};
use crate::control_error::ControlError;
use crate::merchant::{Merchant, MerchantSnapshot};
use crate::settings::Settings;
use crate::timestamp;
use crate::webhook_faults::WebhookFaultRule;

impl Simulator {
    /// Returns the current settings.
    pub fn settings(&self) -> Settings {
        self.shared.with(|state, _| state.settings.clone())
    }

    /// Changes settings. Unlike the control API, this does not validate the values.
    ///
    /// `change` runs while the simulator's lock is held. It must not call the simulator: that would deadlock.
    pub fn update_settings(&self, change: impl FnOnce(&mut Settings)) {
        self.shared.with(|state, _| change(&mut state.settings));
    }

    /// Queues a fault after those already queued for its operation.
    pub fn inject_fault(&self, rule: ApiFaultRule) {
        if rule.times > 0 {
            self.shared.with(|state, _| state.faults.push(rule));
        }
    }

    /// Returns the queued faults.
    pub fn faults(&self) -> Vec<ApiFaultRule> {
        self.shared.with(|state, _| state.faults.clone())
    }

    /// Removes all queued faults.
    pub fn clear_faults(&self) {
        self.shared.with(|state, _| state.faults.clear());
    }

    /// Queues a webhook fault after those already queued.
    pub fn inject_webhook_fault(&self, rule: WebhookFaultRule) {
        if rule.times > 0 {
            self.shared.with(|state, _| state.webhook_faults.push(rule));
        }
    }

    /// Returns the queued webhook faults.
    pub fn webhook_faults(&self) -> Vec<WebhookFaultRule> {
        self.shared.with(|state, _| state.webhook_faults.clone())
    }

    /// Removes all queued webhook faults.
    pub fn clear_webhook_faults(&self) {
        self.shared.with(|state, _| state.webhook_faults.clear());
    }

    /// Sets or disables random faults, and resets their tally. A profile whose rates add up to more than 1000 is
    /// refused.
    pub fn set_chaos(&self, profile: Option<ChaosProfile>) -> Result<(), ChaosError> {
        profile.as_ref().map_or(Ok(()), ChaosProfile::check)?;
        self.shared.with(|state, _| {
            state.settings.chaos = profile;
            state.chaos_tally = ChaosTally::default();
        });
        Ok(())
    }

    /// Returns the counts of random faults since they were last set.
    pub fn chaos_tally(&self) -> ChaosTally {
        self.shared.with(|state, _| state.chaos_tally.clone())
    }

    /// Adds a merchant, or replaces the secrets and the name of a known one.
    pub fn add_merchant(&self, merchant: Merchant) -> Result<MerchantSnapshot, ControlError> {
        merchant
            .check()
            .map_err(|(field, problem)| ControlError::invalid(field, problem))?;
        let snapshot = MerchantSnapshot::from(&merchant);
        self.shared.with(|state, _| {
            match state
                .merchants
                .iter_mut()
                .find(|known| known.client_id == merchant.client_id)
            {
                Some(known) => *known = merchant,
                None => state.merchants.push(merchant),
            }
        });
        Ok(snapshot)
    }

    /// Returns the merchants.
    pub fn merchants(&self) -> Vec<MerchantSnapshot> {
        self.shared
            .with(|state, _| state.merchants.iter().map(MerchantSnapshot::from).collect())
    }

    /// Returns the current time of the simulator.
    pub fn now(&self) -> Timestamp {
        self.shared.with(|_, now| now)
    }

    /// Advances the simulator's time relative to its clock, and runs the tasks that become due. Stops at the end of
    /// the simulator's time, the beginning of the year 9000.
    pub fn advance_clock(&self, by: Duration) -> Timestamp {
        self.shared.with(|state, now| {
            let by = by.min(timestamp::LAST_NOW.duration_since(now).unsigned_abs());
            state.clock_offset = state.clock_offset.saturating_add(by);
        });
        self.now()
    }
}
