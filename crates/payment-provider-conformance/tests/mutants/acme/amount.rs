//! Amounts in the format of Acme Pay: decimal text in the main unit, or a number of minor units.

use payment_provider_core::{Currency, Money};
use serde_json::Value;

use crate::flaw::{Flaw, Profile};

pub(super) fn write(amount: Money, profile: Profile) -> Value {
    let minor = amount.minor_units();
    let currency = amount.currency();
    if profile.has(Flaw::WritesThroughFloats) && currency.exponent() == 2 {
        return through_float(amount).decimal().to_string().into();
    }
    if profile.has(Flaw::YenWithDecimals) && currency.exponent() == 0 {
        let hundredths = Money::from_minor_units(minor, Currency::INR);
        return hundredths.decimal().to_string().into();
    }
    if profile.has(Flaw::TruncatesThirdDecimal) && currency.exponent() == 3 {
        let cut = Money::from_minor_units(minor - minor % 10, currency);
        return cut.decimal().to_string().into();
    }
    if profile.is_full() {
        amount.decimal().to_string().into()
    } else {
        minor.into()
    }
}

/// Parses an amount.
pub(super) fn read(value: &Value, currency: &Value, profile: Profile) -> Option<Money> {
    let currency: Currency = currency.as_str()?.parse().ok()?;
    if profile.is_full() {
        Money::from_decimal(value.as_str()?, currency).ok()
    } else {
        Some(Money::from_minor_units(value.as_i64()?, currency))
    }
}

/// Returns the amount after a conversion to a binary fraction and back.
#[expect(clippy::float_arithmetic, reason = "the flaw")]
#[expect(clippy::cast_possible_truncation, reason = "the flaw")]
pub(super) fn through_float(amount: Money) -> Money {
    let currency = amount.currency();
    let unit = 10_f64.powi(i32::from(currency.exponent()));
    let major: f64 = amount.decimal().to_string().parse().unwrap_or_default();
    Money::from_minor_units((major * unit) as i64, currency)
}
