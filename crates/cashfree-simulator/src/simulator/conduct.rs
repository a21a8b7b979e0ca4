//! How the simulator behaves: settings, faults, accounts and time.

use std::time::Duration;

use jiff::Timestamp;

use super::Simulator;
use crate::chaos::{ChaosError, ChaosProfile, ChaosTally};
use crate::control_error::ControlError;
use crate::faults::FaultRule;
use crate::merchant::{Merchant, MerchantSnapshot};
use crate::settings::Settings;
use crate::stamp;
use crate::webhook_faults::WebhookFaultRule;

impl Simulator {
    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.core.with(|world, _| world.settings.clone())
    }

    /// Changes settings. Values are taken as they are; the control API checks them.
    ///
    /// `change` runs while the simulator's lock is held: it must not call the simulator, which would wait for ever.
    pub fn update_settings(&self, change: impl FnOnce(&mut Settings)) {
        self.core.with(|world, _| change(&mut world.settings));
    }

    /// Adds a fault behind those already waiting for their operation.
    pub fn inject_fault(&self, rule: FaultRule) {
        if rule.times > 0 {
            self.core.with(|world, _| world.faults.push(rule));
        }
    }

    /// The faults that have not hit yet.
    pub fn faults(&self) -> Vec<FaultRule> {
        self.core.with(|world, _| world.faults.clone())
    }

    /// Takes all waiting faults away.
    pub fn clear_faults(&self) {
        self.core.with(|world, _| world.faults.clear());
    }

    /// Adds a webhook fault behind those already waiting.
    pub fn inject_webhook_fault(&self, rule: WebhookFaultRule) {
        if rule.times > 0 {
            self.core.with(|world, _| world.webhook_faults.push(rule));
        }
    }

    /// The webhook faults that have not hit yet.
    pub fn webhook_faults(&self) -> Vec<WebhookFaultRule> {
        self.core.with(|world, _| world.webhook_faults.clone())
    }

    /// Takes all waiting webhook faults away.
    pub fn clear_webhook_faults(&self) {
        self.core.with(|world, _| world.webhook_faults.clear());
    }

    /// Leaves more, less or nothing to chance, and begins to count anew. A profile whose rates cannot be is refused.
    pub fn set_chaos(&self, profile: Option<ChaosProfile>) -> Result<(), ChaosError> {
        profile.as_ref().map_or(Ok(()), ChaosProfile::check)?;
        self.core.with(|world, _| {
            world.settings.chaos = profile;
            world.chance = ChaosTally::default();
        });
        Ok(())
    }

    /// What chance has done since it was last set.
    pub fn chaos_tally(&self) -> ChaosTally {
        self.core.with(|world, _| world.chance.clone())
    }

    /// Adds an account, or gives a known one the new secrets and name.
    pub fn add_merchant(&self, merchant: Merchant) -> Result<MerchantSnapshot, ControlError> {
        merchant
            .check()
            .map_err(|(field, problem)| ControlError::invalid(field, problem))?;
        let snapshot = MerchantSnapshot::from(&merchant);
        self.core.with(|world, _| {
            match world
                .merchants
                .iter_mut()
                .find(|known| known.client_id == merchant.client_id)
            {
                Some(known) => *known = merchant,
                None => world.merchants.push(merchant),
            }
        });
        Ok(snapshot)
    }

    /// The accounts.
    pub fn merchants(&self) -> Vec<MerchantSnapshot> {
        self.core
            .with(|world, _| world.merchants.iter().map(MerchantSnapshot::from).collect())
    }

    /// The simulator's present time.
    pub fn now(&self) -> Timestamp {
        self.core.with(|_, now| now)
    }

    /// Moves the simulator's time forward, on top of its clock, and ends the links whose time has come. Stops at
    /// the end of the simulator's time, the beginning of the year 9000.
    pub fn advance_clock(&self, by: Duration) -> Timestamp {
        self.core.with(|world, now| {
            let by = by.min(stamp::LAST_NOW.duration_since(now).unsigned_abs());
            world.clock_offset = world.clock_offset.saturating_add(by);
        });
        self.now()
    }
}
