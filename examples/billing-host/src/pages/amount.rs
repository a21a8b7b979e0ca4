//! Amounts as a person reads and writes them.

use payment_provider_core::{Currency, Money, MoneyError};

/// An amount in its currency's own format, such as `₹1,49,900.00`. The signs of other currencies are
/// those of several, so their code stands beside them.
pub(super) fn written(amount: Money) -> String {
    match rusty_money::iso::find(amount.currency().code()) {
        // Only if both know the currency by the same exponent does the text mean the same.
        Some(known) if known.exponent == u32::from(amount.currency().exponent()) => {
            let text = rusty_money::Money::from_minor(amount.minor_units(), known).to_string();
            if amount.currency() == Currency::INR {
                text
            } else {
                format!("{text} {}", amount.currency())
            }
        }
        _ => amount.to_string(),
    }
}

/// The same for a whole number of smallest units and a currency's code, as tables have them.
pub(super) fn of_row(minor_units: i64, currency: &str) -> String {
    match currency.parse() {
        Ok(currency) => written(Money::from_minor_units(minor_units, currency)),
        Err(_) => format!("{minor_units} {currency}"),
    }
}

/// Reads `1499`, `1499.00` or `1,499.00`; exactly, or not at all.
pub(super) fn read(text: &str, currency: Currency) -> Result<Money, &'static str> {
    let text = text.trim();
    let (whole, decimals) = text.split_at(text.find('.').unwrap_or(text.len()));
    if !is_grouped(whole) {
        return Err("must have commas between groups of digits only, such as 1,499.00");
    }
    let plain = whole.replace(',', "") + decimals;
    match Money::from_decimal(&plain, currency) {
        Ok(amount) if amount.is_positive() => Ok(amount),
        Ok(_) => Err("must be more than nothing"),
        Err(MoneyError::Overflow) => Err("is too large"),
        Err(_) => {
            Err("must be an amount such as 1499.00, with no more decimals than the currency has")
        }
    }
}

/// Whether commas, if there are any, stand between thousands, or between lakhs and crores. Anything
/// else may be a decimal comma.
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

    fn inr(paise: i64) -> String {
        written(Money::from_minor_units(paise, Currency::INR))
    }

    #[test]
    fn amounts_are_written_as_their_currency_is() {
        assert_eq!(inr(20_012), "₹200.12");
        assert_eq!(inr(14_990_000), "₹1,49,900.00");
        assert_eq!(inr(5), "₹0.05");
        assert_eq!(
            written(Money::from_minor_units(1_234_567, Currency::USD)),
            "$12,345.67 USD"
        );
        assert_eq!(
            written(Money::from_minor_units(500, Currency::JPY)),
            "¥500 JPY"
        );
        assert_eq!(of_row(100, "no currency"), "100 no currency");
    }

    #[test]
    fn no_amount_is_rounded_on_its_way_to_a_reader() {
        let most = inr(i64::MAX);
        assert!(most.ends_with(",758.07"), "{most}");
        let digits: String = most.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(digits, i64::MAX.to_string());
        let fils = written(Money::from_minor_units(1_001, Currency::KWD));
        assert!(fils.ends_with("1.001 KWD"), "{fils}");
    }

    #[test]
    fn groups_of_thousands_and_of_lakhs_are_read() {
        for (text, paise) in [
            ("1,499.00", 149_900),
            ("1,49,900", 14_990_000),
            ("12,34,567.80", 123_456_780),
            ("1,234,567.80", 123_456_780),
        ] {
            let read = read(text, Currency::INR).map(Money::minor_units);
            assert_eq!(read, Ok(paise), "{text}");
        }
    }

    #[test]
    fn what_a_person_types_is_read_exactly_or_refused() {
        for text in ["1499", "1499.0", "1499.00", "1,499.00", " 1499.00 "] {
            let read = read(text, Currency::INR).map(Money::minor_units);
            assert_eq!(read, Ok(149_900), "{text}");
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
            assert!(read(text, Currency::INR).is_err(), "{text}");
        }
    }
}
