//! How the simulator behaves: settings, faults, accounts and time.

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
    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.shared.with(|state, _| state.settings.clone())
    }

    /// Changes settings. Values are taken as they are; the control API checks them.
    ///
    /// `change` runs while the simulator's lock is held: it must not call the simulator, which would wait for ever.
    pub fn update_settings(&self, change: impl FnOnce(&mut Settings)) {
        self.shared.with(|state, _| change(&mut state.settings));
    }

    /// Adds a fault behind those already waiting for their operation.
    pub fn inject_fault(&self, rule: ApiFaultRule) {
        if rule.times > 0 {
            self.shared.with(|state, _| state.faults.push(rule));
        }
    }

    /// The faults that have not hit yet.
    pub fn faults(&self) -> Vec<ApiFaultRule> {
        self.shared.with(|state, _| state.faults.clone())
    }

    /// Takes all waiting faults away.
    pub fn clear_faults(&self) {
        self.shared.with(|state, _| state.faults.clear());
    }

    /// Adds a webhook fault behind those already waiting.
    pub fn inject_webhook_fault(&self, rule: WebhookFaultRule) {
        if rule.times > 0 {
            self.shared.with(|state, _| state.webhook_faults.push(rule));
        }
    }

    /// The webhook faults that have not hit yet.
    pub fn webhook_faults(&self) -> Vec<WebhookFaultRule> {
        self.shared.with(|state, _| state.webhook_faults.clone())
    }

    /// Takes all waiting webhook faults away.
    pub fn clear_webhook_faults(&self) {
        self.shared.with(|state, _| state.webhook_faults.clear());
    }

    /// Leaves more, less or nothing to chance, and begins to count anew. A profile whose rates cannot be is refused.
    pub fn set_chaos(&self, profile: Option<ChaosProfile>) -> Result<(), ChaosError> {
        profile.as_ref().map_or(Ok(()), ChaosProfile::check)?;
        self.shared.with(|state, _| {
            state.settings.chaos = profile;
            state.chaos_tally = ChaosTally::default();
        });
        Ok(())
    }

    /// What chance has done since it was last set.
    pub fn chaos_tally(&self) -> ChaosTally {
        self.shared.with(|state, _| state.chaos_tally.clone())
    }

    /// Adds an account, or gives a known one the new secrets and name.
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

    /// The accounts.
    pub fn merchants(&self) -> Vec<MerchantSnapshot> {
        self.shared
            .with(|state, _| state.merchants.iter().map(MerchantSnapshot::from).collect())
    }

    /// The simulator's present time.
    pub fn now(&self) -> Timestamp {
        self.shared.with(|_, now| now)
    }

    /// Moves the simulator's time forward, on top of its clock, and ends the links whose time has come. Stops at
    /// the end of the simulator's time, the beginning of the year 9000.
    pub fn advance_clock(&self, by: Duration) -> Timestamp {
        self.shared.with(|state, now| {
            let by = by.min(timestamp::LAST_NOW.duration_since(now).unsigned_abs());
            state.clock_offset = state.clock_offset.saturating_add(by);
        });
        self.now()
    }
}
