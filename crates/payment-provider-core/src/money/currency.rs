use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency with the number of decimals of its smallest unit.
///
/// # Examples
/// ```
/// use payment_provider_core::Currency;
///
/// let yen: Currency = "JPY".parse()?;
/// assert_eq!(yen, Currency::JPY);
/// assert_eq!(yen.exponent(), 0);
/// assert!("yen".parse::<Currency>().is_err());
/// # Ok::<(), payment_provider_core::UnknownCurrency>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

impl Currency {
    /// Indian rupee, two decimals (paise).
    pub const INR: Self = Self {
        code: *b"INR",
        exponent: 2,
    };
    /// United States dollar, two decimals.
    pub const USD: Self = Self {
        code: *b"USD",
        exponent: 2,
    };
    /// Euro, two decimals.
    pub const EUR: Self = Self {
        code: *b"EUR",
        exponent: 2,
    };
    /// Japanese yen, no decimals.
    pub const JPY: Self = Self {
        code: *b"JPY",
        exponent: 0,
    };
    /// Kuwaiti dinar, three decimals.
    pub const KWD: Self = Self {
        code: *b"KWD",
        exponent: 3,
    };

    const COMMON: [Self; 5] = [Self::INR, Self::USD, Self::EUR, Self::JPY, Self::KWD];

    /// Returns the three upper-case letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or_default()
    }

    /// Returns the number of decimals of the smallest unit: 2 for INR, 0 for JPY, 3 for KWD.
    pub const fn exponent(self) -> u8 {
        self.exponent
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    /// Parses the three upper-case letters of ISO 4217. Codes without a smallest unit (gold, test
    /// codes) are refused, because no exact amount can be expressed in them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code: [u8; 3] = text.as_bytes().try_into().map_err(|_| UnknownCurrency)?;
        // The most frequent ones, without a search in the list.
        if let Some(common) = Self::COMMON.iter().find(|common| common.code == code) {
            return Ok(*common);
        }
        let known = iso_currency::Currency::from_code(text).ok_or(UnknownCurrency)?;
        let exponent = known
            .exponent()
            .and_then(|digits| u8::try_from(digits).ok());
        Ok(Self {
            code,
            exponent: exponent.ok_or(UnknownCurrency)?,
        })
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An error that reports a text that is not an ISO 4217 code with a smallest unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("currency must be an ISO 4217 code in capitals, such as INR")]
#[non_exhaustive]
pub struct UnknownCurrency;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_agree_with_the_table() {
        for currency in Currency::COMMON {
            let listed = iso_currency::Currency::from_code(currency.code()).unwrap();
            assert_eq!(listed.exponent(), Some(currency.exponent().into()));
            assert_eq!(currency.code().parse::<Currency>(), Ok(currency));
        }
    }

    #[test]
    fn only_codes_with_a_smallest_unit_are_accepted() {
        for bad in ["", "inr", "INRX", "XAU", "ABC", "₹₹₹", "IN"] {
            assert!(bad.parse::<Currency>().is_err(), "{bad:?} was accepted");
        }
    }
}
