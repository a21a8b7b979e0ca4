use std::fmt;

use super::MoneyError;

/// An amount as decimal text in major units, written with all of the currency's decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    minor_units: i64,
    exponent: u8,
}

impl Decimal {
    pub(super) const fn new(minor_units: i64, exponent: u8) -> Self {
        Self {
            minor_units,
            exponent,
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = usize::from(self.exponent);
        let sign = if self.minor_units < 0 { "-" } else { "" };
        // At least one digit stands before the point.
        let digits = format!(
            "{:0>width$}",
            self.minor_units.unsigned_abs(),
            width = exponent + 1
        );
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

pub(super) fn parse(text: &str, exponent: u8) -> Result<i64, MoneyError> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((_, "")) => return Err(MoneyError::Malformed),
        Some(parts) => parts,
        None => (unsigned, ""),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err(MoneyError::Malformed);
    }
    let exponent = usize::from(exponent);
    let (kept, beyond) = fraction.split_at(fraction.len().min(exponent));
    if beyond.bytes().any(|byte| byte != b'0') {
        return Err(MoneyError::TooPrecise);
    }
    let padding = std::iter::repeat_n(b'0', exponent - kept.len());
    let mut units: i64 = 0;
    for digit in whole.bytes().chain(kept.bytes()).chain(padding) {
        // Accumulating negative values covers the whole range, including i64::MIN.
        units = units
            .checked_mul(10)
            .and_then(|tens| tens.checked_sub(i64::from(digit - b'0')))
            .ok_or(MoneyError::Overflow)?;
    }
    if negative {
        Ok(units)
    } else {
        units.checked_neg().ok_or(MoneyError::Overflow)
    }
}
