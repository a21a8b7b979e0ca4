use std::borrow::Cow;

use super::repair::REPLACEMENT;
use super::{Raw, Unreadable};
use payment_provider_core::InvalidIdentifier;

/// Longest word that is kept, in characters.
const MAX_WORD: usize = 64;

/// A text, from a JSON string or a whole JSON number of any length; anything else counts as absent.
/// Text without escapes is borrowed from the body.
pub fn optional_text(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    let token = raw?.get();
    if is_string(token) {
        return string(token);
    }
    let digits = token.strip_prefix('-').unwrap_or(token);
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    whole.then_some(Cow::Borrowed(token))
}

pub(super) fn is_string(token: &str) -> bool {
    token.starts_with('"')
}

/// The text of a JSON string; `None` if one of its escapes stands for no character.
pub(super) fn string(token: &str) -> Option<Cow<'_, str>> {
    let text = token.strip_prefix('"')?.strip_suffix('"')?;
    if text.contains('\\') {
        return serde_json::from_str(token).ok().map(Cow::Owned);
    }
    // The token is valid JSON, so a string without a backslash is its own text.
    Some(Cow::Borrowed(text))
}

/// A text that is needed; empty, it is missing.
pub fn text<'a>(field: &'static str, raw: Raw<'a>) -> Result<Cow<'a, str>, Unreadable> {
    optional_text(raw)
        .filter(|text| !text.is_empty())
        .ok_or(Unreadable(field))
}

/// An identifier, if there is one that fits its type. One with a U+FFFD is not complete, and could be
/// that of many objects.
pub fn identifier<T>(raw: Raw<'_>) -> Option<T>
where
    T: TryFrom<String, Error = InvalidIdentifier>,
{
    optional_text(raw).and_then(complete)
}

fn complete<T>(text: Cow<'_, str>) -> Option<T>
where
    T: TryFrom<String, Error = InvalidIdentifier>,
{
    let damaged = !text.is_ascii() && text.contains(REPLACEMENT);
    (!damaged)
        .then(|| T::try_from(text.into_owned()).ok())
        .flatten()
}

/// An identifier that the gateway gave. Where it has none it sends `0`, `NA`, `null` in quotes or
/// an empty text: taken for ids, these would be the same for everyone.
pub fn gateway_identifier<T>(raw: Raw<'_>) -> Option<T>
where
    T: TryFrom<String, Error = InvalidIdentifier>,
{
    optional_text(raw)
        .filter(|text| !stands_for_none(text))
        .and_then(complete)
}

/// Returns true if an identifier is absent in any of the forms that gateways use. An identifier that
/// is present but unreadable is not absent.
pub fn says_nothing(raw: Raw<'_>) -> bool {
    raw.is_none() || optional_text(raw).is_some_and(|text| stands_for_none(&text))
}

/// A text that says something. Where a gateway knows nothing it sends an empty text, `NA` or even
/// `null` in quotes.
pub fn stated(raw: Raw<'_>) -> Option<String> {
    optional_text(raw)
        .filter(|text| !matches!(text.trim(), "" | "NA" | "null"))
        .map(Cow::into_owned)
}

/// A text that says something and is complete, such as a bank's reference: one with a U+FFFD could be
/// that of many transfers.
pub fn stated_whole(raw: Raw<'_>) -> Option<String> {
    stated(raw).filter(|text| !text.contains(REPLACEMENT))
}

fn stands_for_none(id: &str) -> bool {
    matches!(id.trim(), "" | "0" | "NA" | "null")
}

/// One word of an open set, such as a status: at most 64 characters, none of them a control
/// character or U+FFFD.
pub fn word<'a>(field: &'static str, raw: Raw<'a>) -> Result<Cow<'a, str>, Unreadable> {
    text(field, raw)
        .ok()
        .filter(|text| is_word(text))
        .ok_or(Unreadable(field))
}

/// Returns a value of an open set, if it is present.
pub fn stated_word(raw: Raw<'_>) -> Option<String> {
    stated(raw).filter(|text| is_word(text))
}

fn is_word(text: &str) -> bool {
    if text.is_ascii() {
        return text.len() <= MAX_WORD && !text.bytes().any(|byte| byte.is_ascii_control());
    }
    text.chars().count() <= MAX_WORD && !text.contains(|c: char| c.is_control() || c == REPLACEMENT)
}

#[cfg(test)]
mod tests {
    use payment_provider_core::CheckoutReference;
    use serde_json::value::RawValue;

    use super::*;

    fn raw(json: &str) -> Raw<'_> {
        serde_json::from_str::<Option<&RawValue>>(json).unwrap()
    }

    #[test]
    fn ids_come_as_strings_or_as_whole_numbers_of_any_length() {
        for (json, expected) in [
            ("\"1576977\"", Some("1576977")),
            ("1576977", Some("1576977")),
            ("98765432109876543210", Some("98765432109876543210")),
            ("\"a\\u0062c\"", Some("abc")),
            ("null", None),
            ("1.5", None),
            ("1e3", None),
            ("true", None),
            ("[\"a\"]", None),
            ("{}", None),
        ] {
            assert_eq!(optional_text(raw(json)).as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn an_identifier_that_does_not_fit_is_dropped() {
        let read = |json| identifier::<CheckoutReference>(raw(json));
        assert_eq!(read("\"inv_1\"").unwrap().as_str(), "inv_1");
        assert_eq!(read("\"uuid.1\""), None);
        assert_eq!(read("\"\""), None);
    }

    #[test]
    fn an_identifier_with_a_lost_character_is_dropped() {
        use payment_provider_core::PaymentId;
        for damaged in ["\"p\u{fffd}\"", "\"p\\ufffd\"", "\"\u{fffd}\""] {
            assert_eq!(identifier::<PaymentId>(raw(damaged)), None, "{damaged}");
            assert_eq!(gateway_identifier::<PaymentId>(raw(damaged)), None);
        }
    }

    #[test]
    fn a_reference_with_a_lost_character_is_dropped_and_a_note_is_kept() {
        for damaged in ["\"6015\u{fffd}\"", "\"6015\\ufffd\"", "\"\u{fffd}\""] {
            assert_eq!(stated_whole(raw(damaged)), None, "{damaged}");
            assert!(stated(raw(damaged)).is_some(), "{damaged}");
        }
        for nothing in ["null", "\"NA\"", "\"\"", "\"null\"", "{}"] {
            assert_eq!(stated_whole(raw(nothing)), None, "{nothing}");
        }
        for whole in ["\"601512345678\"", "601512345678"] {
            assert_eq!(stated_whole(raw(whole)).as_deref(), Some("601512345678"));
        }
    }

    #[test]
    fn what_stands_for_no_id_is_none() {
        use payment_provider_core::PaymentId;
        let read = |json| gateway_identifier::<PaymentId>(raw(json));
        for none in ["0", "\"0\"", "\"NA\"", "\"null\"", "\"\"", "\" \"", "null"] {
            assert_eq!(read(none), None, "{none}");
        }
        for (json, expected) in [("10", "10"), ("\"00\"", "00"), ("\"NAB\"", "NAB")] {
            assert_eq!(read(json).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn a_word_is_short_and_printable() {
        let long = format!("\"{}\"", "X".repeat(65));
        assert_eq!(word("status", raw("\"PAID\"")), Ok(Cow::Borrowed("PAID")));
        for bad in ["\"\"", "\"A\\nB\"", "\"A\u{fffd}\"", "null", "{}", &long] {
            assert_eq!(word("status", raw(bad)), Err(Unreadable("status")), "{bad}");
        }
    }
}
