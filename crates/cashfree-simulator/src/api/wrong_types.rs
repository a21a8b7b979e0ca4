//! Responses whose JSON values have wrong types.

use bytes::Bytes;

/// Replacements for the correct values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WrongTypes {
    /// Turns numbers into strings of the same digits.
    NumbersAsStrings,
    /// Turns strings, numbers and booleans into null.
    Nulls,
    /// Turns strings, numbers and booleans into empty objects.
    Objects,
}

/// Replaces every value that is neither array nor object. Names and digits stay.
pub(super) fn with_wrong_types(json: &Bytes, wrong: WrongTypes) -> Bytes {
    let mut text = Vec::with_capacity(json.len() * 2);
    let mut rest: &[u8] = json;
    while let Some(first) = rest.first().copied() {
        let length = match first {
            b'"' => string_length(rest),
            b'{' | b'}' | b'[' | b']' | b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' => 1,
            _ => plain_length(rest),
        };
        let (token, after) = rest.split_at(length.min(rest.len()));
        let is_name = first == b'"' && after.trim_ascii_start().first() == Some(&b':');
        if length == 1 && !first.is_ascii_digit() || is_name {
            text.extend_from_slice(token);
        } else {
            value(&mut text, token, wrong);
        }
        rest = after;
    }
    Bytes::from(text)
}

fn value(text: &mut Vec<u8>, token: &[u8], wrong: WrongTypes) {
    let number = token
        .first()
        .is_some_and(|first| first.is_ascii_digit() || *first == b'-');
    match wrong {
        WrongTypes::NumbersAsStrings if number => {
            text.push(b'"');
            text.extend_from_slice(token);
            text.push(b'"');
        }
        WrongTypes::NumbersAsStrings => text.extend_from_slice(token),
        WrongTypes::Nulls => text.extend_from_slice(b"null"),
        WrongTypes::Objects => text.extend_from_slice(b"{}"),
    }
}

/// Returns the length of the string at the start of the text, quotes included.
fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    for (index, byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// Returns the length of the number or literal at the start of the text.
fn plain_length(text: &[u8]) -> usize {
    let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
    text.iter().position(ends).unwrap_or(text.len()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = r#"{"a":1,"b":"x\",: 2","c":[200.00,true,null,-3],"d":{"e:":"f"}}"#;

    #[test]
    fn values_change_and_names_do_not() {
        for (wrong, text) in [
            (
                WrongTypes::NumbersAsStrings,
                r#"{"a":"1","b":"x\",: 2","c":["200.00",true,null,"-3"],"d":{"e:":"f"}}"#,
            ),
            (
                WrongTypes::Nulls,
                r#"{"a":null,"b":null,"c":[null,null,null,null],"d":{"e:":null}}"#,
            ),
            (
                WrongTypes::Objects,
                r#"{"a":{},"b":{},"c":[{},{},{},{}],"d":{"e:":{}}}"#,
            ),
        ] {
            let made = with_wrong_types(&Bytes::from_static(RIGHT.as_bytes()), wrong);
            assert_eq!(std::str::from_utf8(&made), Ok(text));
        }
    }

    #[test]
    fn malformed_json_does_not_panic() {
        for text in ["", "\"", "\"\\", "{\"a\":", "<html>"] {
            with_wrong_types(&Bytes::copy_from_slice(text.as_bytes()), WrongTypes::Nulls);
        }
    }
}
