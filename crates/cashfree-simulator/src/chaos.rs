//! Faults by chance that can be repeated: the same seed and the same calls give the same faults.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Serialize;

use crate::api_faults::ApiFault;
use crate::webhook_faults::WebhookFault;

/// The profiles that have a name, mildest first.
const NAMES: [&str; 4] = ["calm", "mild", "rough", "storm"];

/// How often which fault hits, in calls or webhooks of a thousand.
///
/// Whether the nth call of an operation is hit, and by what, follows from seed, operation and n alone; for the nth
/// webhook of a type, and for the nth link that is cancelled or expires, likewise. A fault that was asked for by a
/// [`ApiFaultRule`](crate::ApiFaultRule) goes before; the call counts all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChaosProfile {
    /// What all chance follows from.
    pub seed: u64,
    /// The calls of the merchant API that are hit, of a thousand, for each fault.
    pub requests: BTreeMap<ApiFault, u16>,
    /// The webhooks that are hit, of a thousand, for each fault.
    pub webhooks: BTreeMap<WebhookFault, u16>,
    /// The links, of a thousand that are cancelled or expire, on which a payment lands a second later.
    pub late_payment: u16,
    /// How long [`ApiFault::Delay`] and [`WebhookFault::Delay`] hold back, in milliseconds.
    pub delay_ms: u64,
    /// How long the timeouts withhold an answer, in milliseconds.
    pub timeout_ms: u64,
    /// The wait told by [`ApiFault::RateLimited`], in seconds.
    pub retry_seconds: u32,
}

/// Why something is no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChaosError {
    /// The seed is no whole number.
    #[error("the seed is not a whole number")]
    Seed,
    /// The name is not known.
    #[error("not a known profile; known are calm, mild, rough, storm")]
    Name,
    /// The rates of requests or of webhooks come to more than a thousand.
    #[error("the rates of one kind come to more than 1000")]
    Rates,
}

impl ChaosProfile {
    /// A profile in which nothing goes wrong.
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

    /// A few of the faults every network has: one call in fifty, one webhook in ten.
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

    /// Every fault, each for one call in a hundred and one webhook in twenty.
    pub fn rough(seed: u64) -> Self {
        Self::of_all(seed, 10, 50)
    }

    /// Every fault, each for four calls in a hundred and one webhook in ten.
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

    /// The profile with a name: `calm`, `mild`, `rough` or `storm`.
    pub fn named(seed: u64, name: &str) -> Result<Self, ChaosError> {
        match name {
            "calm" => Ok(Self::calm(seed)),
            "mild" => Ok(Self::mild(seed)),
            "rough" => Ok(Self::rough(seed)),
            "storm" => Ok(Self::storm(seed)),
            _ => Err(ChaosError::Name),
        }
    }

    /// The names there are.
    pub(crate) const fn names() -> [&'static str; 4] {
        NAMES
    }

    /// The name of the profile, if it is one of those with a name.
    pub fn name(&self) -> Option<&'static str> {
        let same = |name: &&str| Self::named(self.seed, name).is_ok_and(|named| named == *self);
        NAMES.into_iter().find(same)
    }

    /// Whether the rates can be.
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

/// Reads `SEED`, which is rough, or `SEED:NAME`.
impl FromStr for ChaosProfile {
    type Err = ChaosError;

    fn from_str(text: &str) -> Result<Self, ChaosError> {
        let (seed, name) = text.split_once(':').unwrap_or((text, "rough"));
        Self::named(seed.parse().map_err(|_| ChaosError::Seed)?, name)
    }
}

/// What chance has done so far, by what was counted: operations, event types, and `late_payment`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChaosTally {
    /// How many there were.
    pub seen: BTreeMap<&'static str, u64>,
    /// How many were hit, for each fault by which.
    pub hit: BTreeMap<&'static str, u64>,
}

/// The one of several, each with its share of a thousand, that a number below a thousand falls on.
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
    fn each_share_of_a_thousand_falls_on_its_fault() {
        let rates = BTreeMap::from([(1, 10), (2, 0), (3, 20)]);
        let rates = &rates;
        let on = |wanted: Option<i32>| (0..1000).filter(move |roll| pick(rates, *roll) == wanted);
        assert_eq!(on(Some(1)).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        assert_eq!(on(Some(2)).count(), 0);
        assert_eq!(on(Some(3)).count(), 20);
        assert_eq!(on(None).count(), 970);
    }

    #[test]
    fn profiles_are_read_by_seed_and_name_and_can_be() {
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
