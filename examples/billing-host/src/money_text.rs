//! Amounts for people, in one form on all pages, in all commands and in all texts.
//!
//! Rupees have their sign and Indian groups, `₹1,49,900.00`. Other currencies have their code, since signs such as
//! `$` are ambiguous, and groups of thousands: `USD 12,345.67`, `JPY 500`, `KWD 1.001`.

use payment_provider_core::{Currency, Money};

/// Formats an amount.
pub(crate) fn format(amount: Money) -> String {
    format_units(amount.minor_units().into(), amount.currency())
}

/// Formats an amount stored as minor units and a currency code.
pub(crate) fn format_minor_units(minor_units: i64, currency: &str) -> String {
    match currency.parse() {
        Ok(currency) => format_units(minor_units.into(), currency),
        Err(_) => format!("{minor_units} {currency}"),
    }
}

/// Formats a number of minor units, such as a total that is larger than any amount. Never rounds.
pub(crate) fn format_units(units: i128, currency: Currency) -> String {
    let decimals = usize::from(currency.exponent());
    let digits = format!("{:0width$}", units.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let is_inr = currency == Currency::INR;
    let mut text = String::from(if units < 0 { "-" } else { "" });
    if is_inr {
        text.push('₹');
    } else {
        text.insert_str(0, &format!("{} ", currency.code()));
    }
    text += &grouped(whole, if is_inr { 2 } else { 3 });
    if decimals > 0 {
        text.push('.');
        text += fraction;
    }
    text
}

/// Groups digits: the last three, then groups of `size`.
fn grouped(digits: &str, size: usize) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len() - index;
        if index > 0 && left >= 3 && (left - 3).is_multiple_of(size) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A text, with its amounts apart so that a page keeps each of them on one line.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Prose {
    pub(crate) parts: Vec<Part>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) is_amount: bool,
}

impl Prose {
    /// Splits a text at the amounts that `Money` has written into it, such as `INR 200.12`, and formats them as all
    /// other amounts.
    pub(crate) fn of(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut push = |text: &str, is_amount| {
            let text = text.to_owned();
            if !text.is_empty() {
                parts.push(Part { text, is_amount });
            }
        };
        let mut rest = text;
        while let Some((start, end, amount)) = next_amount(rest) {
            push(&rest[..start], false);
            push(&format(amount), true);
            rest = &rest[end..];
        }
        push(rest, false);
        Self { parts }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

/// Returns the text with its amounts formatted as all other amounts.
pub(crate) fn in_text(text: &str) -> String {
    let parts = Prose::of(text).parts;
    parts.into_iter().map(|part| part.text).collect()
}

/// Returns the start, the end and the value of the first amount in a text.
fn next_amount(text: &str) -> Option<(usize, usize, Money)> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric();
    let bytes = text.as_bytes();
    bytes.iter().enumerate().find_map(|(blank, byte)| {
        let start = blank.checked_sub(3).filter(|_| *byte == b' ')?;
        let is_code = bytes[start..blank].iter().all(u8::is_ascii_uppercase);
        let is_alone = start == 0 || !is_word(&bytes[start - 1]);
        if !is_code || !is_alone {
            return None;
        }
        let number = &text[blank + 1..];
        let is_of_number = |letter: char| letter.is_ascii_digit() || ".-".contains(letter);
        let length = number.find(|letter| !is_of_number(letter));
        let number = number[..length.unwrap_or(number.len())].trim_end_matches(['.', '-']);
        let end = blank + 1 + number.len();
        if bytes.get(end).is_some_and(is_word) {
            return None;
        }
        let amount = text[start..end].parse().ok()?;
        Some((start, end, amount))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(units: i64, currency: &str) -> String {
        format_minor_units(units, currency)
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        for (units, currency, text) in [
            (20_012, "INR", "₹200.12"),
            (14_990_000, "INR", "₹1,49,900.00"),
            (99_999, "INR", "₹999.99"),
            (100_000, "INR", "₹1,000.00"),
            (5, "INR", "₹0.05"),
            (0, "INR", "₹0.00"),
            (-14_990_000, "INR", "-₹1,49,900.00"),
            (1_234_567, "USD", "USD 12,345.67"),
            (-500, "USD", "USD -5.00"),
            (123_456_789, "EUR", "EUR 1,234,567.89"),
            (500, "JPY", "JPY 500"),
            (1_234_567, "JPY", "JPY 1,234,567"),
            (1_001, "KWD", "KWD 1.001"),
            (7, "KWD", "KWD 0.007"),
            (100, "no currency", "100 no currency"),
        ] {
            assert_eq!(money(units, currency), text);
        }
    }

    #[test]
    fn formatting_never_rounds() {
        for units in [i128::from(i64::MAX), i128::MAX, i128::MIN] {
            let text = format_units(units, Currency::INR);
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            assert_eq!(digits, units.unsigned_abs().to_string());
        }
    }

    #[test]
    fn amounts_in_a_text_are_formatted_as_all_others() {
        for (text, shown) in [
            ("INR 149900.00", "₹1,49,900.00"),
            (
                "payment 7 of INR 1499.00: posted",
                "payment 7 of ₹1,499.00: posted",
            ),
            (
                "due INR 0.00, overpaid USD 12345.67.",
                "due ₹0.00, overpaid USD 12,345.67.",
            ),
            ("KWD 1.001 and JPY 5000", "KWD 1.001 and JPY 5,000"),
            ("INR 5.00-INR 6.00", "₹5.00-₹6.00"),
            ("", ""),
            // No amounts.
            ("INV 12", "INV 12"),
            ("order INR 12x", "order INR 12x"),
            ("xINR 12.00", "xINR 12.00"),
            ("INR 1.005", "INR 1.005"),
            ("INR", "INR"),
            ("größe INR ü", "größe INR ü"),
        ] {
            assert_eq!(in_text(text), shown);
        }
        let prose = Prose::of("of INR 5.00: ok");
        let amounts: Vec<_> = prose.parts.iter().map(|part| part.is_amount).collect();
        assert_eq!(amounts, [false, true, false]);
    }
}
