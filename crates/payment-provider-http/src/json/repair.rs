//! Bodies that are genuine, but not JSON because of single characters in their texts.

use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The character that stands for a part of a text that cannot be read.
pub(super) const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// Maximum depth to which a body is searched for damage.
const MAX_DEPTH: usize = 64;

/// A body in which every part of a text that JSON does not allow is replaced by U+FFFD, one of the
/// payer's name for example.
///
/// Replaced are bytes that are not UTF-8, control characters, escapes that do not exist, and halves
/// of surrogate pairs. The structure is never repaired: a body that is incomplete, or is followed by
/// something else, stays unreadable, and so does an object with the same field twice.
///
/// The result is for texts that decide nothing. Read the body strictly first; if that fails, read
/// this one, and trust its events only if
/// [`is_damaged_outside`](Self::is_damaged_outside) the texts without meaning for money is false. If it
/// is true, money that the events name by an intact id should still be claimed. The readers of this module take no identifier and no word that contains U+FFFD.
///
/// ```
/// use payment_provider_http::json::{self, Raw, RepairedBody, Unreadable};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Payment<'a> {
///     #[serde(borrow, default)]
///     status: Raw<'a>,
/// }
///
/// let body = b"{\"status\":\"PAID\",\"payer\":{\"name\":\"Zo\xeb\"}}";
/// assert!(json::body::<Payment<'_>>(body).is_err());
/// let repaired = RepairedBody::of(body).ok_or(Unreadable("body"))?;
/// assert!(!repaired.is_damaged_outside(&["payer"]));
/// let payment: Payment<'_> = json::body(repaired.as_bytes())?;
/// assert_eq!(json::word("status", payment.status)?, "PAID");
///
/// let body = b"{\"status\":\"PAI\xff\",\"payer\":{\"name\":\"Zoe\"}}";
/// assert!(RepairedBody::of(body).is_some_and(|body| body.is_damaged_outside(&["payer"])));
/// # Ok::<(), Unreadable>(())
/// ```
#[derive(Clone)]
pub struct RepairedBody(String);

impl RepairedBody {
    /// Repairs a body that could not be read strictly. Returns `None` if there is nothing to repair
    /// or the result is not JSON either.
    pub fn of(body: &[u8]) -> Option<Self> {
        let repaired = repaired(&String::from_utf8_lossy(body));
        let changed = repaired.as_bytes() != body;
        let json = || serde_json::from_str::<&RawValue>(&repaired).is_ok();
        (changed && json()).then_some(Self(repaired))
    }

    /// Returns the repaired body, to be read like a strict one.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Returns true if a value or a field's name contains U+FFFD, except in the fields of these names
    /// and everything in them.
    pub fn is_damaged_outside(&self, harmless: &[&str]) -> bool {
        serde_json::from_str(&self.0).map_or(true, |raw| is_damaged(raw, harmless, MAX_DEPTH))
    }
}

impl fmt::Debug for RepairedBody {
    /// The length alone: a body has names and addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RepairedBody({} bytes)", self.0.len())
    }
}

fn is_damaged(raw: &RawValue, harmless: &[&str], depth: usize) -> bool {
    let text = raw.get();
    let Some(depth) = depth.checked_sub(1) else {
        return true;
    };
    if text.starts_with('{') {
        let Ok(Fields(fields)) = serde_json::from_str(text) else {
            return true;
        };
        fields.iter().any(|(name, value)| {
            !harmless.contains(&name.as_str())
                && (name.contains(REPLACEMENT) || is_damaged(value, harmless, depth))
        })
    } else if text.starts_with('[') {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text) else {
            return true;
        };
        items.iter().any(|item| is_damaged(item, harmless, depth))
    } else if text.starts_with('"') {
        serde_json::from_str::<String>(text).map_or(true, |text| text.contains(REPLACEMENT))
    } else {
        false
    }
}

/// All fields of an object, repeated ones included.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// Replaces what JSON does not allow inside strings. Text outside of strings is kept.
fn repaired(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut chars = body.chars().peekable();
    let mut in_string = false;
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                in_string = !in_string;
                out.push(c);
            }
            '\\' if in_string => escape(&mut chars, &mut out),
            c if in_string && u32::from(c) < 0x20 => out.push(REPLACEMENT),
            c => out.push(c),
        }
    }
    out
}

/// Copies the escape that begins with the backslash just read, or replaces it. The character after a
/// backslash without meaning is kept.
fn escape(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    match chars.peek() {
        Some('u') => {}
        Some(&c @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't')) => {
            chars.next();
            out.extend(['\\', c]);
            return;
        }
        _ => return out.push(REPLACEMENT),
    }
    let mut rest = chars.clone();
    rest.next();
    let Some(first) = hexadecimal(&mut rest) else {
        return out.push(REPLACEMENT);
    };
    match first {
        0xd800..=0xdbff => {
            let mut second = rest.clone();
            let low = (second.next() == Some('\\') && second.next() == Some('u'))
                .then(|| hexadecimal(&mut second))
                .flatten()
                .filter(|low| matches!(low, 0xdc00..=0xdfff));
            match low {
                Some(low) => {
                    out.push_str(&written(first));
                    out.push_str(&written(low));
                    rest = second;
                }
                None => out.push(REPLACEMENT),
            }
        }
        0xdc00..=0xdfff => out.push(REPLACEMENT),
        _ => out.push_str(&written(first)),
    }
    *chars = rest;
}

/// Reads four hexadecimal digits.
fn hexadecimal(chars: &mut Peekable<Chars<'_>>) -> Option<u32> {
    let mut value = 0;
    for _ in 0..4 {
        value = value * 16 + chars.next()?.to_digit(16)?;
    }
    Some(value)
}

/// Writes a UTF-16 code unit as an escape.
fn written(unit: u32) -> String {
    format!("\\u{unit:04x}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn repair(body: &[u8]) -> Option<String> {
        RepairedBody::of(body).map(|RepairedBody(text)| text)
    }

    #[test]
    fn every_character_that_json_does_not_allow_in_a_text_is_replaced() {
        for (body, expected) in [
            (&b"{\"n\":\"Zo\xeb\"}"[..], "{\"n\":\"Zo\u{fffd}\"}"),
            // Half of a surrogate pair, as bytes and as an escape.
            (
                b"{\"n\":\"\xed\xa0\x80\"}",
                "{\"n\":\"\u{fffd}\u{fffd}\u{fffd}\"}",
            ),
            (br#"{"n":"\ud83d"}"#, "{\"n\":\"\u{fffd}\"}"),
            (
                br#"{"n":"\ude00 \uD83D\u0041"}"#,
                "{\"n\":\"\u{fffd} \u{fffd}\\u0041\"}",
            ),
            (
                b"{\"n\":\"a\nb\tc\0\"}",
                "{\"n\":\"a\u{fffd}b\u{fffd}c\u{fffd}\"}",
            ),
            (
                br#"{"n":"\x41\'\u12g4"}"#,
                "{\"n\":\"\u{fffd}x41\u{fffd}'\u{fffd}u12g4\"}",
            ),
            (b"{\"n\":\"\\\n\"}", "{\"n\":\"\u{fffd}\u{fffd}\"}"),
            (b"{\"\xff\":1}", "{\"\u{fffd}\":1}"),
        ] {
            assert_eq!(repair(body).as_deref(), Some(expected), "{expected}");
        }
        // Valid escapes and characters are left unchanged.
        let kept = r#"{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 é","b":[1.50,null]"#;
        let body = [kept.as_bytes(), b",\"n\":\"\xff\"}"].concat();
        let expected = format!("{kept},\"n\":\"\u{fffd}\"}}");
        assert_eq!(repair(&body), Some(expected));
    }

    #[test]
    fn debug_shows_the_length_alone() {
        let repaired = RepairedBody::of(b"{\"name\":\"canary\xff\"}").unwrap();
        let length = repaired.as_bytes().len();
        let shown = format!("{repaired:?}");
        assert!(!shown.contains("canary"), "{shown}");
        assert_eq!(shown, format!("RepairedBody({length} bytes)"));
    }

    #[test]
    fn the_structure_is_not_repaired() {
        for body in [
            &b""[..],
            b"{",
            b"{\"n\":\"\xff\"",
            b"{\"n\":\"\xff\"}x",
            b"{\"n\":\"\xff\"}{}",
            b"{\"n\":\xff}",
            b"\xff{\"n\":1}",
            b"{\"n\":\"\xff\",}",
            b"{\"n\":\"\xff\\",
            b"{\"n\":\"a\\\"}",
            b"<\xff>",
            // Nothing is damaged, so there is nothing to repair.
            b"{}",
            b"{\"n\":1,\"n\":2}",
            br#"{"n":"\ud83d\ude00"}"#,
        ] {
            assert_eq!(repair(body), None, "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn damage_counts_unless_it_is_in_a_field_without_meaning() {
        for (body, damaged) in [
            (&b"{\"payer\":\"\xff\"}"[..], false),
            (b"{\"payer\":{\"name\":[\"\xff\"],\"\xff\":1}}", false),
            (b"{\"in\":[{\"payer\":\"\xff\"}]}", false),
            (b"{\"id\":\"\xff\"}", true),
            (b"{\"id\":[\"\xff\"]}", true),
            (b"{\"in\":{\"id\":\"\xff\"},\"payer\":\"\xff\"}", true),
            (b"{\"\xff\":1}", true),
            (b"{\"payer\xff\":1}", true),
            // Both values of a repeated field count.
            (b"{\"id\":\"\xff\",\"id\":\"1\",\"payer\":\"\xff\"}", true),
            // The sender replaced it before.
            (b"{\"id\":\"\xef\xbf\xbd\",\"payer\":\"\xff\"}", true),
            (b"{\"id\":\"\\uFFFD\",\"payer\":\"\xff\"}", true),
        ] {
            let repaired = RepairedBody::of(body).unwrap();
            let text = &repaired.0;
            assert_eq!(repaired.is_damaged_outside(&["payer"]), damaged, "{text}");
        }
    }

    #[test]
    fn a_body_that_is_too_deep_to_be_searched_counts_as_damaged() {
        for (depth, damaged) in [(60, false), (100, true), (100_000, true)] {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            let body = [
                b"{\"payer\":\"\xff\",\"a\":",
                open.as_bytes(),
                close.as_bytes(),
                b"}",
            ];
            let repaired = RepairedBody::of(&body.concat()).unwrap();
            assert_eq!(repaired.is_damaged_outside(&["payer"]), damaged, "{depth}");
        }
    }

    proptest! {
        #[test]
        fn any_text_between_quotes_is_repaired(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let bytes: Vec<u8> = bytes.into_iter().filter(|byte| !b"\"\\".contains(byte)).collect();
            let body = [b"{\"n\":\"", &bytes[..], b"\"}"].concat();
            let strict = serde_json::from_slice::<serde_json::Value>(&body).is_ok();
            let repaired = RepairedBody::of(&body);
            prop_assert_eq!(repaired.is_some(), !strict);
            if let Some(repaired) = repaired {
                prop_assert!(serde_json::from_slice::<serde_json::Value>(repaired.as_bytes()).is_ok());
                prop_assert!(repaired.is_damaged_outside(&[]));
            }
        }

        #[test]
        fn any_bytes_are_repaired_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(repaired) = RepairedBody::of(&bytes) {
                let again = RepairedBody::of(repaired.as_bytes());
                prop_assert!(again.is_none(), "{:?}", again.map(|again| again.0));
            }
        }
    }
}
