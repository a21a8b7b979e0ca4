use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Currency, Decimal, MoneyError};

/// An exact amount: a whole number of the currency's smallest unit.
///
/// # Examples
/// ```
/// use payment_provider_core::{Currency, Money};
///
/// let price = Money::from_decimal("200.12", Currency::INR)?;
/// assert_eq!(price.minor_units(), 20_012);
/// assert_eq!(price.decimal().to_string(), "200.12");
/// assert!(Money::from_decimal("0.001", Currency::INR).is_err());
/// # Ok::<(), payment_provider_core::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    minor_units: i64,
    currency: Currency,
}

impl Money {
    /// Creates an amount of `minor_units` of the currency's smallest unit (paise, cents, yen).
    pub const fn from_minor_units(minor_units: i64, currency: Currency) -> Self {
        Self {
            minor_units,
            currency,
        }
    }

    /// Creates the zero amount in this currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::from_minor_units(0, currency)
    }

    /// Parses plain decimal text in major units (`200.12`, `200`, `-3.5`), exactly.
    ///
    /// # Errors
    /// Returns [`MoneyError::Malformed`] for anything but digits, one sign and one point (no
    /// exponent, no blanks, no separators), [`MoneyError::TooPrecise`] if a decimal beyond the
    /// currency's smallest unit is not zero, and [`MoneyError::Overflow`] beyond the range of the
    /// type.
    pub fn from_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        super::decimal::parse(text, currency.exponent()).map(|minor_units| Self {
            minor_units,
            currency,
        })
    }

    /// Returns the number of smallest units.
    pub const fn minor_units(self) -> i64 {
        self.minor_units
    }

    /// Returns the currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Returns the amount in major units with all of the currency's decimals, as text: `200.12`,
    /// `5.00`.
    pub const fn decimal(self) -> Decimal {
        Decimal::new(self.minor_units, self.currency.exponent())
    }

    /// Returns `true` if the amount is greater than zero.
    pub const fn is_positive(self) -> bool {
        self.minor_units > 0
    }

    /// Returns `true` if the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.minor_units == 0
    }

    /// Returns the sum, if both amounts have the same currency and the sum is in range.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// Returns the difference, if both amounts have the same currency and it is in range.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    fn combine(
        self,
        other: Self,
        operation: fn(i64, i64) -> Option<i64>,
    ) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let minor_units =
            operation(self.minor_units, other.minor_units).ok_or(MoneyError::Overflow)?;
        Ok(Self {
            minor_units,
            ..self
        })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, self.decimal())
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Parses the form that [`Display`](fmt::Display) writes, such as `INR 200.12`: the currency, one
    /// blank, and plain decimal text as for [`from_decimal`](Self::from_decimal).
    ///
    /// # Errors
    /// Those of [`from_decimal`](Self::from_decimal); also [`MoneyError::Malformed`] for an unknown
    /// currency or another form.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (currency, amount) = text.split_once(' ').ok_or(MoneyError::Malformed)?;
        let currency = currency.parse().map_err(|_| MoneyError::Malformed)?;
        Self::from_decimal(amount, currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn displayed_amounts_are_parsed_and_other_forms_are_not() {
        for text in ["INR 200.12", "JPY -7", "KWD 0.005"] {
            assert_eq!(text.parse::<Money>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "INR",
            "200.12",
            "INR200.12",
            "INR  1",
            "INR 1 ",
            "inr 1",
            "200.12 INR",
        ] {
            assert_eq!(text.parse::<Money>(), Err(MoneyError::Malformed), "{text}");
        }
        assert_eq!("INR 0.001".parse::<Money>(), Err(MoneyError::TooPrecise));
    }

    #[test]
    fn decimals_are_read_by_the_currencys_exponent() {
        let cases = [
            ("200.12", Currency::INR, Ok(20_012)),
            ("200", Currency::INR, Ok(20_000)),
            ("200.1", Currency::INR, Ok(20_010)),
            ("200.120", Currency::INR, Ok(20_012)),
            ("200.00", Currency::JPY, Ok(200)),
            ("1.234", Currency::KWD, Ok(1_234)),
            ("-0.05", Currency::INR, Ok(-5)),
            ("0.001", Currency::INR, Err(MoneyError::TooPrecise)),
            ("0.5", Currency::JPY, Err(MoneyError::TooPrecise)),
            ("92233720368547758.07", Currency::INR, Ok(i64::MAX)),
            ("-92233720368547758.08", Currency::INR, Ok(i64::MIN)),
            (
                "92233720368547758.08",
                Currency::INR,
                Err(MoneyError::Overflow),
            ),
            (
                "99999999999999999999999999",
                Currency::INR,
                Err(MoneyError::Overflow),
            ),
        ];
        for (text, currency, expected) in cases {
            let read = Money::from_decimal(text, currency).map(Money::minor_units);
            assert_eq!(read, expected, "{text} {currency}");
        }
    }

    #[test]
    fn anything_but_plain_decimals_is_malformed() {
        for text in [
            "", ".", "-", "+1", "1.", ".5", "1e2", "1,5", " 1", "1 ", "NaN", "0x1", "--1", "1.2.3",
            "١",
        ] {
            let read = Money::from_decimal(text, Currency::INR);
            assert_eq!(read, Err(MoneyError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn sums_keep_to_one_currency_and_the_range() {
        let rupee = Money::from_minor_units(100, Currency::INR);
        assert_eq!(rupee.checked_add(rupee).map(Money::minor_units), Ok(200));
        let dollar = Money::from_minor_units(100, Currency::USD);
        assert_eq!(rupee.checked_add(dollar), Err(MoneyError::CurrencyMismatch));
        let most = Money::from_minor_units(i64::MAX, Currency::INR);
        assert_eq!(most.checked_add(rupee), Err(MoneyError::Overflow));
    }

    #[test]
    fn the_ends_of_the_range_convert_both_ways() {
        for currency in [Currency::JPY, Currency::INR, Currency::KWD] {
            for units in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX] {
                let money = Money::from_minor_units(units, currency);
                let text = money.decimal().to_string();
                assert_eq!(Money::from_decimal(&text, currency), Ok(money), "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn text_and_units_convert_both_ways(units: i64, which in 0_usize..3) {
            let currency = [Currency::JPY, Currency::INR, Currency::KWD][which];
            let money = Money::from_minor_units(units, currency);
            let text = money.decimal().to_string();
            prop_assert_eq!(Money::from_decimal(&text, currency), Ok(money));
            // The text has all decimals of the currency. Zeros beyond them change nothing; another
            // digit beyond them is refused.
            let decimals = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            prop_assert_eq!(decimals, usize::from(currency.exponent()));
            let point = if decimals == 0 { "." } else { "" };
            let longer = format!("{text}{point}000");
            prop_assert_eq!(Money::from_decimal(&longer, currency), Ok(money));
            let finer = format!("{text}{point}001");
            prop_assert_eq!(Money::from_decimal(&finer, currency), Err(MoneyError::TooPrecise));
        }

        #[test]
        fn amounts_that_differ_have_texts_that_differ(one: i64, other: i64, which in 0_usize..3) {
            let currency = [Currency::JPY, Currency::INR, Currency::KWD][which];
            let text = |units| Money::from_minor_units(units, currency).decimal().to_string();
            prop_assert_eq!(text(one) == text(other), one == other);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = Money::from_decimal(&text, Currency::INR);
        }
    }
}
