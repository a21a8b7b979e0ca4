//! Amounts as people type them.

use payment_provider_core::{Currency, Money, MoneyError};

/// Parses `1499`, `1499.00` or `1,499.00`. Never rounds: an inexact amount is an error.
pub(super) fn parse(text: &str, currency: Currency) -> Result<Money, &'static str> {
    let text = text.trim();
    let (whole, decimals) = text.split_at(text.find('.').unwrap_or(text.len()));
    if !is_grouped(whole) {
        return Err("must use commas only between groups of digits, such as 1,499.00");
    }
    let plain = whole.replace(',', "") + decimals;
    match Money::from_decimal(&plain, currency) {
        Ok(amount) if amount.is_positive() => Ok(amount),
        Ok(_) => Err("must be greater than 0"),
        Err(MoneyError::Overflow) => Err("is too large"),
        Err(_) => {
            Err("must be an amount such as 1499.00, with no more decimals than the currency has")
        }
    }
}

/// Returns true if the commas group thousands, or lakhs and crores. Any other comma may be a decimal
/// comma.
fn is_grouped(whole: &str) -> bool {
    let mut groups: Vec<_> = whole.split(',').map(str::len).collect();
    let (Some(last), Some(first)) = (groups.pop(), groups.first().copied()) else {
        return true;
    };
    let between = groups.get(1..).unwrap_or_default();
    let even = |size: usize| (1..=size).contains(&first) && between.iter().all(|it| *it == size);
    last == 3 && (even(3) || even(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_thousands_and_of_lakhs_are_parsed() {
        for (text, paise) in [
            ("1,499.00", 149_900),
            ("1,49,900", 14_990_000),
            ("12,34,567.80", 123_456_780),
            ("1,234,567.80", 123_456_780),
        ] {
            let parsed = parse(text, Currency::INR).map(Money::minor_units);
            assert_eq!(parsed, Ok(paise), "{text}");
        }
    }

    #[test]
    fn an_amount_is_parsed_exactly_or_refused() {
        for text in ["1499", "1499.0", "1499.00", "1,499.00", " 1499.00 "] {
            let parsed = parse(text, Currency::INR).map(Money::minor_units);
            assert_eq!(parsed, Ok(149_900), "{text}");
        }
        for text in [
            "",
            "0",
            "0.00",
            "-1",
            "1e3",
            "1.005",
            "12.",
            "₹5",
            "99999999999999999999",
            "12,50",
            "1,5",
            "1,2345",
            ",100",
            "1,00,00",
            "1,,000",
            "1 499",
            "1499.0,0",
        ] {
            assert!(parse(text, Currency::INR).is_err(), "{text}");
        }
    }
}
