//! The minor units of currencies at Razorpay:
//! <https://razorpay.com/docs/payments/international-payments/>.

use payment_provider_core::{Currency, Money, ViolationCode, Violations};

/// Currencies without a minor unit.
const NO_DECIMALS: [&str; 16] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
    "XAF", "XOF", "XPF",
];

/// Currencies with three decimals, of which the last must be 0.
const THREE_DECIMALS: [&str; 6] = ["BHD", "IQD", "JOD", "KWD", "OMR", "TND"];

/// The smallest amount in rupees, in paise. Limits of other currencies exist but are not
/// documented.
const LEAST_PAISE: i64 = 100;

/// Checks that a positive amount is accepted in its currency. `field` names the amount in
/// violations. Amounts of zero or less are not checked here.
pub(super) fn check(field: &'static str, amount: Money, found: &mut Violations) {
    let units = amount.minor_units();
    if !amount.is_positive() {
        return;
    }
    if amount.currency() == Currency::INR && units < LEAST_PAISE {
        found.push(field, ViolationCode::TooSmall, "must be at least 1 rupee");
    } else if decimals(amount.currency()) != amount.currency().exponent() {
        let message = "is in a currency whose minor unit at the gateway differs from ISO 4217";
        found.push(field, ViolationCode::Unsupported, message);
    } else if decimals(amount.currency()) == 3 && units % 10 != 0 {
        let message = "must have 0 as its third decimal";
        found.push(field, ViolationCode::Invalid, message);
    }
}

fn decimals(currency: Currency) -> u8 {
    if NO_DECIMALS.contains(&currency.code()) {
        0
    } else if THREE_DECIMALS.contains(&currency.code()) {
        3
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(units: i64, code: &str) -> Option<ViolationCode> {
        let currency: Currency = code.parse().unwrap();
        let mut found = Violations::none();
        check(
            "amount",
            Money::from_minor_units(units, currency),
            &mut found,
        );
        assert!(found.iter().count() <= 1);
        found.iter().next().map(|violation| violation.code)
    }

    #[test]
    fn amounts_respect_the_documented_limits_of_their_currency() {
        use ViolationCode::{Invalid, TooSmall, Unsupported};
        for (units, code, expected) in [
            (100, "INR", None),
            (99, "INR", Some(TooSmall)),
            (1, "USD", None),
            (i64::MAX, "INR", None),
            (295, "JPY", None),
            (99_990, "KWD", None),
            (99_991, "KWD", Some(Invalid)),
            (10_000, "LYD", Some(Unsupported)),
            (10_000, "CLF", Some(Unsupported)),
        ] {
            assert_eq!(found(units, code), expected, "{units} {code}");
        }
    }

    #[test]
    fn the_documented_exponents_are_those_of_the_contract() {
        for code in NO_DECIMALS.into_iter().chain(THREE_DECIMALS) {
            let currency: Currency = code.parse().unwrap();
            assert_eq!(decimals(currency), currency.exponent(), "{code}");
        }
    }
}
