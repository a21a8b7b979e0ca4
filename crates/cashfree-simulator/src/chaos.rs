//! Random faults that can be reproduced: the same seed and the same calls give the same faults.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Serialize;

use crate::api_faults::ApiFault;
use crate::webhook_faults::WebhookFault;

/// The named profiles, mildest first.
const NAMES: [&str; 4] = ["calm", "mild", "rough", "storm"];

/// Rates of random faults, per thousand calls or webhooks.
///
/// The fault of the nth call of an operation depends on seed, operation and n alone. The same holds for the nth
/// webhook of a type, and for the nth link that is cancelled or expires. A queued
/// [`ApiFaultRule`](crate::ApiFaultRule) takes precedence; its call is counted all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChaosProfile {
    /// The seed of all random faults.
    pub seed: u64,
    /// Rate of each fault, per thousand calls of the merchant API.
    pub requests: BTreeMap<ApiFault, u16>,
    /// Rate of each fault, per thousand webhooks.
    pub webhooks: BTreeMap<WebhookFault, u16>,
    /// Rate of late payments, per thousand links that are cancelled or expire. The payment arrives one second later.
    pub late_payment: u16,
    /// Delay of [`ApiFault::Delay`] and [`WebhookFault::Delay`], in milliseconds.
    pub delay_ms: u64,
    /// Delay of the timeout faults, in milliseconds.
    pub timeout_ms: u64,
    /// The wait that [`ApiFault::RateLimited`] states, in seconds.
    pub retry_seconds: u32,
}

/// Errors of a chaos profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChaosError {
    /// The seed is not a whole number.
    #[error("the seed is not a whole number")]
    Seed,
    /// The profile name is unknown.
    #[error("unknown profile; known profiles are calm, mild, rough, storm")]
    Name,
    /// The rates of requests or of webhooks add up to more than 1000.
    #[error("the rates of one kind add up to more than 1000")]
    Rates,
}

impl ChaosProfile {
    /// A profile without faults.
    pub const fn calm(seed: u64) -> Self {
        Self {
            seed,
            requests: BTreeMap::new(),
            webhooks: BTreeMap::new(),
            late_payment: 0,
            delay_ms: 250,
            timeout_ms: 60_000,
            retry_seconds: 1,
        }
    }

    /// A few faults that every network has: one call in fifty, one webhook in ten.
    pub fn mild(seed: u64) -> Self {
        Self {
            requests: [
                (ApiFault::DropAfterCommit, 5),
                (ApiFault::Error500, 5),
                (ApiFault::RateLimited, 5),
                (ApiFault::Delay, 5),
            ]
            .into(),
            webhooks: [
                (WebhookFault::Drop, 10),
                (WebhookFault::Duplicate, 40),
                (WebhookFault::Reorder, 25),
                (WebhookFault::Delay, 25),
            ]
            .into(),
            late_payment: 10,
            ..Self::calm(seed)
        }
    }

    /// Every fault, each at 10 of 1000 calls and 50 of 1000 webhooks.
    pub fn rough(seed: u64) -> Self {
        Self::of_all(seed, 10, 50)
    }

    /// Every fault, each at 40 of 1000 calls and 100 of 1000 webhooks.
    pub fn storm(seed: u64) -> Self {
        Self::of_all(seed, 40, 100)
    }

    fn of_all(seed: u64, requests: u16, webhooks: u16) -> Self {
        let by_name = |fault: &&ApiFault| **fault != ApiFault::LatePayment;
        Self {
            requests: ApiFault::ALL
                .iter()
                .filter(by_name)
                .map(|fault| (*fault, requests))
                .collect(),
            webhooks: WebhookFault::ALL
                .iter()
                .map(|fault| (*fault, webhooks))
                .collect(),
            late_payment: webhooks,
            ..Self::calm(seed)
        }
    }

    /// Returns the profile with a name: `calm`, `mild`, `rough` or `storm`.
    pub fn named(seed: u64, name: &str) -> Result<Self, ChaosError> {
        match name {
            "calm" => Ok(Self::calm(seed)),
            "mild" => Ok(Self::mild(seed)),
            "rough" => Ok(Self::rough(seed)),
            "storm" => Ok(Self::storm(seed)),
            _ => Err(ChaosError::Name),
        }
    }

    /// Returns the names of the profiles.
    pub(crate) const fn names() -> [&'static str; 4] {
        NAMES
    }

    /// Returns the name of the profile, if it equals a named one.
    pub fn name(&self) -> Option<&'static str> {
        let same = |name: &&str| Self::named(self.seed, name).is_ok_and(|named| named == *self);
        NAMES.into_iter().find(same)
    }

    /// Checks that the rates of each kind add up to at most 1000.
    pub(crate) fn check(&self) -> Result<(), ChaosError> {
        let total = |rates: &mut dyn Iterator<Item = u16>| rates.map(u32::from).sum::<u32>();
        let requests = total(&mut self.requests.values().copied());
        let webhooks = total(&mut self.webhooks.values().copied());
        if requests.max(webhooks).max(self.late_payment.into()) > 1000 {
            Err(ChaosError::Rates)
        } else {
            Ok(())
        }
    }
}

/// Parses `SEED`, which means the profile `rough`, or `SEED:NAME`.
impl FromStr for ChaosProfile {
    type Err = ChaosError;

    fn from_str(text: &str) -> Result<Self, ChaosError> {
        let (seed, name) = text.split_once(':').unwrap_or((text, "rough"));
        Self::named(seed.parse().map_err(|_| ChaosError::Seed)?, name)
    }
}

/// Counts of random faults. The keys are operations, event types, and `late_payment`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChaosTally {
    /// Number of calls, webhooks and ended links.
    pub seen: BTreeMap<&'static str, u64>,
    /// Number of hits of each fault.
    pub hit: BTreeMap<&'static str, u64>,
}

/// Returns the value whose share of a thousand contains the number `roll`, which is below 1000.
pub(crate) fn pick<T: Copy + Ord>(rates: &BTreeMap<T, u16>, roll: u16) -> Option<T> {
    let mut above = 0_u16;
    rates.iter().find_map(|(value, rate)| {
        above = above.saturating_add(*rate);
        (roll < above).then_some(*value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_gets_its_share_of_a_thousand() {
        let rates = BTreeMap::from([(1, 10), (2, 0), (3, 20)]);
        let rates = &rates;
        let on = |wanted: Option<i32>| (0..1000).filter(move |roll| pick(rates, *roll) == wanted);
        assert_eq!(on(Some(1)).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        assert_eq!(on(Some(2)).count(), 0);
        assert_eq!(on(Some(3)).count(), 20);
        assert_eq!(on(None).count(), 970);
    }

    #[test]
    fn named_profiles_parse_and_are_valid() {
        for name in NAMES {
            let profile: ChaosProfile = format!("7:{name}").parse().unwrap();
            assert_eq!((profile.seed, profile.name()), (7, Some(name)));
            profile.check().unwrap();
        }
        assert_eq!("7".parse(), Ok(ChaosProfile::rough(7)));
        assert_eq!("x".parse::<ChaosProfile>(), Err(ChaosError::Seed));
        assert_eq!("7:wild".parse::<ChaosProfile>(), Err(ChaosError::Name));
        let mut much = ChaosProfile::calm(1);
        much.requests.insert(ApiFault::Delay, 600);
        much.check().unwrap();
        much.requests.insert(ApiFault::Error500, 401);
        assert_eq!((much.check(), much.name()), (Err(ChaosError::Rates), None));
    }
}
