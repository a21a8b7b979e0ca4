//! Phone numbers in the form that Cashfree accepts.

use payment_provider_core::Pii;

pub(crate) const PHONE_RULE: &str = "must be 10 digits for India, of which the first is not 0, or + with country code and number of 7 to 15 digits";

/// A number as it is sent: 10 digits for India, otherwise `+` with country code and number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phone(Pii);

impl Phone {
    /// Converts a number into the form that is sent. Returns `None` if the number is ambiguous.
    ///
    /// Removes spaces, dashes and parentheses, then the prefix of an Indian number: `+91`, a leading
    /// `0`, or `91` and `0091` if a mobile number follows. The rest must be digits; nothing is
    /// guessed.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let bare: String = text.chars().filter(|c| !is_separator(*c)).collect();
        let (international, digits) = match bare.strip_prefix('+') {
            Some(digits) => (true, digits),
            None => (false, bare.as_str()),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let indian = if international {
            digits.strip_prefix("91")
        } else {
            let without = mobile_after_country_code(digits);
            Some(without.unwrap_or_else(|| digits.strip_prefix('0').unwrap_or(digits)))
        };
        let sent = if let Some(number) = indian {
            let fits = number.len() == 10 && !number.starts_with('0');
            fits.then(|| number.to_owned())
        } else {
            let fits = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
            fits.then(|| format!("+{digits}"))
        };
        sent.map(|number| Self(Pii::new(number)))
    }

    /// Returns the number, for the request that sends it.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Returns the Indian mobile number after a country code without `+`. Such numbers begin with 6 to
/// 9, and no other number has this length and these digits.
fn mobile_after_country_code(digits: &str) -> Option<&str> {
    let number = ["0091", "91"]
        .iter()
        .find_map(|code| digits.strip_prefix(code))?;
    let mobile = number.len() == 10 && number.starts_with(['6', '7', '8', '9']);
    mobile.then_some(number)
}

/// Returns true if the text has only separators, which counts as no number.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(is_separator)
}

fn is_separator(c: char) -> bool {
    // U+2010 to U+2015 are the hyphens and dashes that word processors insert.
    c.is_whitespace() || matches!(c, '-' | '(' | ')' | '\u{2010}'..='\u{2015}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        Phone::read(text).map(|phone| phone.expose().to_owned())
    }

    #[test]
    fn numbers_are_normalized() {
        for (given, sent) in [
            ("9876543210", "9876543210"),
            (" 98765 43210 ", "9876543210"),
            ("98765-43210", "9876543210"),
            ("98765\u{2013}43210", "9876543210"),
            ("98765\u{a0}43210", "9876543210"),
            ("09876543210", "9876543210"),
            ("+919876543210", "9876543210"),
            ("(+91) 98765 43210", "9876543210"),
            ("+91 80 4040 4040", "8040404040"),
            ("919638544240", "9638544240"),
            ("91 63854 42400", "6385442400"),
            ("0091 96385 44240", "9638544240"),
            ("9198765432", "9198765432"),
            ("09198765432", "9198765432"),
            ("+14155552671", "+14155552671"),
            ("+44 (20) 7946-0958", "+442079460958"),
            ("+1234567", "+1234567"),
            ("+123456789012345", "+123456789012345"),
        ] {
            assert_eq!(read(given).as_deref(), Some(sent), "{given:?}");
        }
    }

    #[test]
    fn ambiguous_numbers_are_refused() {
        for bad in [
            "",
            "  ",
            "+",
            "98765432",
            "98765432101",
            "98765a3210",
            "9876543210x",
            "98765.43210",
            "9876543210;9876543211",
            "0123456789",
            "0963854424",
            "+910963854424",
            "+91 0 96385 44240",
            "00963854424",
            "915876543210",
            "910963854424",
            "00915876543210",
            "+00919876543210",
            "00919876543210 1",
            "0919876543210",
            "+9198765432",
            "+91987654321000",
            "+0123456789",
            "+123456",
            "+1234567890123456",
            "++14155552671",
            "+1415+5552671",
            "14155552671",
            "\u{0663}876543210",
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn accepted_numbers_have_the_documented_form(text in "[-+0-9 ()a]{0,20}|\\PC{0,20}") {
            if let Some(sent) = read(&text) {
                let digits = sent.strip_prefix('+').unwrap_or(&sent);
                prop_assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
                prop_assert!(!digits.starts_with('0'));
                let fits = if digits.len() == sent.len() { digits.len() == 10 } else { (7..=15).contains(&digits.len()) };
                prop_assert!(fits);
                prop_assert_eq!(read(&sent).unwrap(), sent);
            }
        }
    }
}
