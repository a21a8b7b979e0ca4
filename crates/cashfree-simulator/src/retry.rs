//! The retry schedule of webhooks.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// The gateway's waits before the second, third and fourth attempt, in seconds.
pub(crate) const DEFAULT_DELAYS: [u64; 3] = [2 * 60, 10 * 60, 30 * 60];

const ONE: u64 = 1_000_000;

/// A factor on the waits between webhook attempts, in millionths: `1` is real time, `0.001` gives waits of 120 ms,
/// 600 ms and 1.8 s, `0` retries at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RetryScale(u64);

impl RetryScale {
    /// The gateway's own waits: 2, 10 and 30 minutes.
    pub const REAL_TIME: Self = Self(ONE);

    /// No waits.
    pub const NO_WAIT: Self = Self(0);

    /// Creates a factor of `millionths` / 1 000 000.
    pub const fn from_millionths(millionths: u64) -> Self {
        Self(millionths)
    }

    /// Returns the factor in millionths.
    pub const fn millionths(self) -> u64 {
        self.0
    }

    /// Returns the scaled wait.
    pub(crate) fn apply(self, seconds: u64) -> Duration {
        Duration::from_micros(seconds.saturating_mul(self.0))
    }
}

impl Default for RetryScale {
    fn default() -> Self {
        Self::REAL_TIME
    }
}

/// The text is not a retry scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a plain decimal number from 0 to 1000 with at most six decimals")]
pub struct RetryScaleError;

impl FromStr for RetryScale {
    type Err = RetryScaleError;

    fn from_str(text: &str) -> Result<Self, RetryScaleError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let number = |part: &str| -> Result<u64, RetryScaleError> {
            let plain = !part.is_empty()
                && part.len() <= 6
                && part.bytes().all(|byte| byte.is_ascii_digit());
            if plain {
                part.parse().map_err(|_| RetryScaleError)
            } else {
                Err(RetryScaleError)
            }
        };
        let scale = number(whole)? * ONE
            + number(&format!("{fraction:0<6}")).and_then(|millionths| {
                if fraction.is_empty() {
                    Err(RetryScaleError)
                } else {
                    Ok(millionths)
                }
            })?;
        if scale > 1000 * ONE {
            Err(RetryScaleError)
        } else {
            Ok(Self(scale))
        }
    }
}

impl fmt::Display for RetryScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / ONE, self.0 % ONE);
        if fraction == 0 {
            write!(f, "{whole}")
        } else {
            f.write_str(format!("{whole}.{fraction:06}").trim_end_matches('0'))
        }
    }
}

/// Serializes as a JSON number.
impl Serialize for RetryScale {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string())
            .map_err(S::Error::custom)?
            .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_scales_round_trip() {
        for (text, millionths) in [
            ("1", 1_000_000),
            ("0.001", 1_000),
            ("0", 0),
            ("0.000001", 1),
            ("2.5", 2_500_000),
        ] {
            let scale: RetryScale = text.parse().unwrap();
            assert_eq!(scale.millionths(), millionths);
            assert_eq!(scale.to_string(), text);
        }
        for text in ["", "-1", "1e3", "0.0000001", "1.", ".5", "1001", "abc"] {
            assert!(text.parse::<RetryScale>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_default_waits_scale() {
        let scale: RetryScale = "0.001".parse().unwrap();
        let waits: Vec<_> = DEFAULT_DELAYS
            .iter()
            .map(|&seconds| scale.apply(seconds).as_millis())
            .collect();
        assert_eq!(waits, [120, 600, 1800]);
    }
}
