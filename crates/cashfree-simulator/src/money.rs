//! Exact amounts: decimal text on the wire, whole paise in memory.

use std::fmt;
use std::str::FromStr;

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// An amount of money in paise (a hundredth of a rupee).
///
/// Text and paise convert exactly in both directions, without binary fractions. `Display` always writes two decimals
/// (`200.12`, `5.00`), which is also the form of amounts in the control API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Paise(i64);

impl Paise {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// An amount of `minor` paise.
    pub const fn new(minor: i64) -> Self {
        Self(minor)
    }

    /// Returns the number of paise.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// Returns true if the amount is greater than zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Returns the sum, or `None` on overflow.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// Returns the difference, or zero if `other` is greater.
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }
}

impl fmt::Display for Paise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", magnitude / 100, magnitude % 100)
    }
}

/// Errors of parsing an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AmountError {
    /// The text is not an unsigned plain decimal number.
    #[error("not a plain positive decimal number")]
    NotDecimal,
    /// The text has more than two digits after the point.
    #[error("more than two decimals")]
    TooManyDecimals,
    /// The amount exceeds the representable range.
    #[error("too large")]
    TooLarge,
}

impl FromStr for Paise {
    type Err = AmountError;

    /// Parses `digits[.d[d]]`: no sign, exponent, blanks, or bare or trailing point.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(AmountError::NotDecimal),
            Some((whole, fraction)) => (whole, fraction),
            None => (text, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(AmountError::NotDecimal);
        }
        let hundredths = match fraction.len() {
            0 => 0,
            1 => digits(fraction)?.saturating_mul(10),
            2 => digits(fraction)?,
            _ => return Err(AmountError::TooManyDecimals),
        };
        digits(whole)?
            .checked_mul(100)
            .and_then(|paise| paise.checked_add(hundredths))
            .map(Self)
            .ok_or(AmountError::TooLarge)
    }
}

fn digits(text: &str) -> Result<i64, AmountError> {
    text.parse().map_err(|_| AmountError::TooLarge)
}

/// Serializes as a decimal string with two decimals.
impl Serialize for Paise {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An amount that serializes as a JSON number with two decimals.
///
/// It works with `serde_json`'s text writers only, not with `serde_json::Value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AmountNumber(pub(crate) Paise);

impl Serialize for AmountNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string())
            .map_err(S::Error::custom)?
            .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_paise_convert_exactly() {
        for (text, minor, shown) in [
            ("200.12", 20_012, "200.12"),
            ("200", 20_000, "200.00"),
            ("0.1", 10, "0.10"),
            ("0.01", 1, "0.01"),
            (
                "90071992547409.93",
                9_007_199_254_740_993,
                "90071992547409.93",
            ),
        ] {
            let paise: Paise = text.parse().unwrap();
            assert_eq!(paise.minor(), minor, "{text}");
            assert_eq!(paise.to_string(), shown);
        }
    }

    #[test]
    fn anything_but_a_plain_decimal_is_refused() {
        for text in [
            "", ".", "1.", ".5", "-1", "+1", "1e2", "1E2", " 1", "1 ", "1,0", "0x1", "1.2.3",
            "NaN", "१",
        ] {
            assert_eq!(
                text.parse::<Paise>(),
                Err(AmountError::NotDecimal),
                "{text:?}"
            );
        }
        assert_eq!("1.234".parse::<Paise>(), Err(AmountError::TooManyDecimals));
        assert_eq!("1.230".parse::<Paise>(), Err(AmountError::TooManyDecimals));
        assert_eq!(
            "99999999999999999999".parse::<Paise>(),
            Err(AmountError::TooLarge)
        );
        assert_eq!(
            "92233720368547758.08".parse::<Paise>(),
            Err(AmountError::TooLarge)
        );
    }

    #[test]
    fn the_number_form_keeps_both_decimals() {
        assert_eq!(
            serde_json::to_string(&AmountNumber(Paise::new(17_000))).unwrap(),
            "170.00"
        );
        assert_eq!(
            serde_json::to_string(&Paise::new(17_000)).unwrap(),
            "\"170.00\""
        );
    }
}
