//! Phone numbers in the form that payment links accept:
//! <https://razorpay.com/docs/api/payments/payment-links/create-standard/>.

use payment_provider_core::Pii;

/// The rule for a phone number, as shown to a person.
pub(super) const RULE: &str = "must be 8 to 14 characters including the country code: digits with an optional \
     leading +, and no digit six times in a row";

const LENGTH: std::ops::RangeInclusive<usize> = 8..=14;

/// Number of equal digits in a row at which a number is refused as invented. Razorpay documents no
/// exact limit; six is the strictest one that any of its pages or refusals states.
const RUN: usize = 6;

/// A number as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contact(Pii);

impl Contact {
    /// Removes spaces, dashes and parentheses. Returns `None` if the rest is not a number that
    /// Razorpay accepts. Nothing is guessed, and no country code is added.
    pub(super) fn read(text: &str) -> Option<Self> {
        let bare: String = text.chars().filter(|c| !is_separator(*c)).collect();
        let digits = bare.strip_prefix('+').unwrap_or(&bare);
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || !LENGTH.contains(&bare.len()) || has_run(digits) {
            return None;
        }
        Some(Self(Pii::new(bare)))
    }

    pub(super) fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Returns true if the text has only separators, which counts as no number.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(is_separator)
}

fn is_separator(c: char) -> bool {
    // U+2010 to U+2015 are the hyphens and dashes that word processors insert.
    c.is_whitespace() || matches!(c, '-' | '(' | ')' | '\u{2010}'..='\u{2015}')
}

fn has_run(digits: &str) -> bool {
    digits
        .as_bytes()
        .windows(RUN)
        .any(|window| window.iter().all(|digit| Some(digit) == window.first()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        Contact::read(text).map(|contact| contact.expose().to_owned())
    }

    #[test]
    fn numbers_are_sent_without_separators() {
        for (given, sent) in [
            ("9000090000", "9000090000"),
            ("+919000090000", "+919000090000"),
            ("(+91) 90000-90000", "+919000090000"),
            ("90000\u{2013}90000", "9000090000"),
            ("+44 20 7946 0958", "+442079460958"),
            ("12345678", "12345678"),
            ("+1234567", "+1234567"),
            ("+1234567890123", "+1234567890123"),
            ("9999900000", "9999900000"),
        ] {
            assert_eq!(read(given).as_deref(), Some(sent), "{given:?}");
        }
    }

    #[test]
    fn numbers_that_razorpay_refuses_are_refused() {
        for bad in [
            "",
            "+",
            "1234567",
            "+123456",
            "+12345678901234",
            "123456789012345",
            "9999999999",
            "+919999999999",
            "9000000123",
            "++919900090000",
            "+91+90009000",
            "90000x0000",
            "90000.90000",
            "9000090000;ext=1",
            "\u{0663}876543210",
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn accepted_numbers_have_the_documented_form(text in "[-+0-9 ()a]{0,20}|\\PC{0,20}") {
            if let Some(sent) = read(&text) {
                prop_assert!((8..=14).contains(&sent.len()));
                let digits = sent.strip_prefix('+').unwrap_or(&sent);
                prop_assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
                prop_assert_eq!(read(&sent).unwrap(), sent);
            }
        }
    }
}
