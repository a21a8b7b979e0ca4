//! Amounts as a person reads and writes them.

use payment_provider_core::{Currency, Money, MoneyError};

/// An amount in its currency's own format, such as `₹1,49,900.00`.
pub(super) fn written(amount: Money) -> String {
    match rusty_money::iso::find(amount.currency().code()) {
        // Only if both know the currency by the same exponent does the text mean the same.
        Some(known) if known.exponent == u32::from(amount.currency().exponent()) => {
            rusty_money::Money::from_minor(amount.minor_units(), known).to_string()
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
    let plain: String = text
        .chars()
        .filter(|letter| *letter != ',' && !letter.is_whitespace())
        .collect();
    match Money::from_decimal(&plain, currency) {
        Ok(amount) if amount.is_positive() => Ok(amount),
        Ok(_) => Err("must be more than nothing"),
        Err(MoneyError::Overflow) => Err("is too large"),
        Err(_) => {
            Err("must be an amount such as 1499.00, with no more decimals than the currency has")
        }
    }
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
            "$12,345.67"
        );
        assert_eq!(written(Money::from_minor_units(500, Currency::JPY)), "¥500");
        assert_eq!(of_row(100, "no currency"), "100 no currency");
    }

    #[test]
    fn no_amount_is_rounded_on_its_way_to_a_reader() {
        let most = inr(i64::MAX);
        assert!(most.ends_with(",758.07"), "{most}");
        let digits: String = most.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(digits, i64::MAX.to_string());
        let fils = written(Money::from_minor_units(1_001, Currency::KWD));
        assert!(fils.ends_with("1.001"), "{fils}");
    }

    #[test]
    fn what_a_person_types_is_read_exactly_or_refused() {
        for text in ["1499", "1499.0", "1499.00", "1,499.00", " 1 499.00 "] {
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
        ] {
            assert!(read(text, Currency::INR).is_err(), "{text}");
        }
    }
}
