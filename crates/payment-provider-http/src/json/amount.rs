use std::borrow::Cow;

use payment_provider_core::{Currency, Money};
use serde_json::value::RawValue;

use super::text::{is_string, string};
use super::{Raw, Unreadable, optional_text, text};

/// A currency, from its three letters.
pub fn currency(field: &'static str, raw: Raw<'_>) -> Result<Currency, Unreadable> {
    text(field, raw)?.parse().map_err(|_| Unreadable(field))
}

/// An amount in major units (`200.12` rupees), from a JSON number or from decimal text; never by way
/// of a float. Less than nothing is no amount, and neither is a part of the smallest unit.
pub fn amount(field: &'static str, raw: Raw<'_>, currency: Currency) -> Result<Money, Unreadable> {
    raw.and_then(decimal_text)
        .and_then(|text| Money::from_decimal(&text, currency).ok())
        .filter(|money| money.minor_units() >= 0)
        .ok_or(Unreadable(field))
}

/// An amount in minor units (`20012` paise), from a whole JSON number or from its digits as text. A
/// fraction or an exponent makes it unreadable even where its value would be whole, since it may
/// mean major units. A negative number is not an amount.
pub fn minor_units(
    field: &'static str,
    raw: Raw<'_>,
    currency: Currency,
) -> Result<Money, Unreadable> {
    optional_text(raw)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .map(|units| Money::from_minor_units(units, currency))
        .ok_or(Unreadable(field))
}

fn decimal_text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let token = raw.get();
    if is_string(token) {
        string(token)
    } else {
        without_exponent(token)
    }
}

/// Writes out a JSON number such as `1.0E7`, the form in which some writers put large numbers.
fn without_exponent(number: &str) -> Option<Cow<'_, str>> {
    const MOST_SHIFT: usize = 30;
    let Some((mantissa, exponent)) = number.split_once(['e', 'E']) else {
        return Some(Cow::Borrowed(number));
    };
    let shift: i32 = exponent.parse().ok()?;
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let places = usize::try_from(shift.unsigned_abs()).ok()?;
    if places > MOST_SHIFT {
        return None;
    }
    let zeros = |count: usize| "0".repeat(count);
    if shift >= 0 {
        let fraction = format!("{fraction}{}", zeros(places.saturating_sub(fraction.len())));
        let (moved, rest) = fraction.split_at_checked(places)?;
        let rest = if rest.is_empty() { "0" } else { rest };
        Some(format!("{sign}{whole}{moved}.{rest}").into())
    } else {
        let whole = format!("{}{whole}", zeros((places + 1).saturating_sub(whole.len())));
        let (rest, moved) = whole.split_at_checked(whole.len() - places)?;
        Some(format!("{sign}{rest}.{moved}{fraction}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<i64> {
        let raw: Option<&RawValue> = serde_json::from_str(json).unwrap();
        let read = amount("field", raw, Currency::INR);
        read.ok().map(Money::minor_units)
    }

    #[test]
    fn numbers_and_texts_are_read_exactly() {
        for (json, paise) in [
            ("200.12", 20_012),
            ("170.00", 17_000),
            ("1.8", 180),
            ("2", 200),
            ("0", 0),
            ("\"200.12\"", 20_012),
            ("\"55\"", 5_500),
            ("90071992547409.93", 9_007_199_254_740_993),
            ("1.0E7", 1_000_000_000),
            ("1.2345E3", 123_450),
            ("123E-2", 123),
            ("1e-2", 1),
            ("1.5e+2", 15_000),
            ("0e0", 0),
        ] {
            assert_eq!(read(json), Some(paise), "{json}");
        }
    }

    #[test]
    fn everything_else_is_unreadable() {
        for json in [
            "null",
            "true",
            "[]",
            "{}",
            "[1]",
            "\"\"",
            "\"abc\"",
            "\"1e2\"",
            "\"1,000.00\"",
            "\"\\u0661\"",
            "-1",
            "\"-1.00\"",
            "0.001",
            "1e-3",
            "1e31",
            "1e999999999999",
            "1e-999999999999",
            "99999999999999999999",
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn minor_units_are_whole_numbers_and_nothing_else() {
        let read = |json: &str| {
            let raw: Option<&RawValue> = serde_json::from_str(json).unwrap();
            minor_units("field", raw, Currency::INR).map(Money::minor_units)
        };
        for (json, paise) in [
            ("20012", 20_012),
            ("0", 0),
            ("\"20012\"", 20_012),
            ("\"007\"", 7),
            ("9223372036854775807", i64::MAX),
        ] {
            assert_eq!(read(json), Ok(paise), "{json}");
        }
        for json in [
            "20012.0",
            "200.12",
            "2e4",
            "2E4",
            "20012e0",
            "\"20012.0\"",
            "\"2e4\"",
            "\"+5\"",
            "\" 5\"",
            "\"5 \"",
            "\"1,000\"",
            "\"\\u0661\"",
            "-1",
            "-0",
            "\"-1\"",
            "9223372036854775808",
            "\"\"",
            "null",
            "true",
            "[1]",
            "{}",
        ] {
            assert_eq!(read(json), Err(Unreadable("field")), "{json}");
        }
    }

    fn read_in(currency: Currency, json: &str) -> Option<Money> {
        let raw: Option<&RawValue> = serde_json::from_str(json).unwrap();
        amount("field", raw, currency).ok()
    }

    proptest::proptest! {
        #[test]
        fn every_amount_is_read_back_from_each_form(
            units in 0..=i64::MAX,
            which in 0_usize..3,
            zeros in 0_usize..4,
            shift in 0_u32..8,
        ) {
            let currency = [Currency::JPY, Currency::INR, Currency::KWD][which];
            let money = Money::from_minor_units(units, currency);
            let text = money.decimal().to_string();
            let point = if text.contains('.') { "" } else { "." };
            let longer = format!("{text}{point}{}", "0".repeat(zeros + 1));
            // Moves the point by writing an exponent.
            let exponent = i64::from(shift) + i64::from(currency.exponent());
            let shifted = format!("{units}{}e-{exponent}", "0".repeat(shift as usize));
            for json in [&text, &longer, &shifted, &format!("\"{text}\""), &format!("\"{longer}\"")] {
                proptest::prop_assert_eq!(read_in(currency, json), Some(money), "{}", json);
            }
        }

        #[test]
        fn less_than_nothing_is_no_amount(units in i64::MIN..0, which in 0_usize..3) {
            let currency = [Currency::JPY, Currency::INR, Currency::KWD][which];
            let text = Money::from_minor_units(units, currency).decimal();
            proptest::prop_assert_eq!(read_in(currency, &text.to_string()), None);
            proptest::prop_assert_eq!(read_in(currency, &format!("\"{text}\"")), None);
        }
    }
}
