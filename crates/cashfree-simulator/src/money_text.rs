//! Amounts for people: rupees with their sign and Indian groups, other currencies with their code and groups of
//! thousands.

use crate::money::Paise;

/// Formats an amount for a page: `₹1,49,900.00`, `USD 200.12`.
pub(crate) fn format_amount(amount: Paise, currency: &str) -> String {
    let is_inr = currency == "INR";
    let text = amount.to_string();
    let (sign, text) = text
        .strip_prefix('-')
        .map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "00"));
    let whole = grouped(whole, if is_inr { 2 } else { 3 });
    if is_inr {
        format!("{sign}₹{whole}.{fraction}")
    } else {
        format!("{currency} {sign}{whole}.{fraction}")
    }
}

/// Groups digits: the last three, then groups of `size`.
fn grouped(digits: &str, size: usize) -> String {
    let mut text = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len() - index;
        if index > 0 && left >= 3 && (left - 3).is_multiple_of(size) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rupees_have_indian_groups_and_other_currencies_have_thousands() {
        for (minor, currency, text) in [
            (5, "INR", "₹0.05"),
            (99_999, "INR", "₹999.99"),
            (100_000, "INR", "₹1,000.00"),
            (1_234_500, "INR", "₹12,345.00"),
            (14_990_000, "INR", "₹1,49,900.00"),
            (123_456_789_012, "INR", "₹1,23,45,67,890.12"),
            (-14_990_000, "INR", "-₹1,49,900.00"),
            (20_012, "USD", "USD 200.12"),
            (14_990_000, "USD", "USD 149,900.00"),
        ] {
            assert_eq!(format_amount(Paise::new(minor), currency), text);
        }
    }
}
