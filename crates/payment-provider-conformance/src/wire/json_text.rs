//! The raw text of a value in a JSON document, without decoding the value.

use std::collections::HashMap;

use serde_json::value::RawValue;

/// Returns the raw text of the value at this pointer.
pub(super) fn text_at<'a>(document: &'a [u8], pointer: &str) -> Option<&'a str> {
    let mut text = serde_json::from_slice::<&RawValue>(document).ok()?.get();
    if pointer.is_empty() {
        return Some(text);
    }
    for token in pointer.strip_prefix('/')?.split('/') {
        text = member(text, &token.replace("~1", "/").replace("~0", "~"))?;
    }
    Some(text)
}

fn member<'a>(text: &'a str, token: &str) -> Option<&'a str> {
    let found = if text.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
        // A JSON pointer spells each index in one way only.
        let plain = token == "0" || !token.starts_with(['0', '+']);
        items
            .get(token.parse::<usize>().ok().filter(|_| plain)?)
            .copied()
    } else {
        let members: HashMap<String, &RawValue> = serde_json::from_str(text).ok()?;
        members.get(token).copied()
    };
    found.map(RawValue::get)
}

#[cfg(test)]
mod tests {
    use super::text_at;

    const DOCUMENT: &[u8] = br#" {"customer": {"phone": "\u0039000", "a/b": {"~": null}},
        "amount": 200.10, "list": [1e2, {"x": -0.0 }], "twice": 1, "twice": 2} "#;

    #[test]
    fn values_keep_their_original_text() {
        for (pointer, text) in [
            ("/customer/phone", r#""\u0039000""#),
            ("/customer/a~1b", r#"{"~": null}"#),
            ("/customer/a~1b/~0", "null"),
            ("/amount", "200.10"),
            ("/list/0", "1e2"),
            ("/list/1/x", "-0.0"),
            ("/twice", "2"),
        ] {
            assert_eq!(text_at(DOCUMENT, pointer), Some(text), "{pointer}");
        }
        assert_eq!(text_at(b" [1, 2] ", ""), Some("[1, 2]"));
    }

    #[test]
    fn missing_values_have_no_text() {
        for pointer in [
            "amount",
            "/none",
            "/amount/0",
            "/list/2",
            "/list/00",
            "/list/+1",
            "/list/x",
            "/",
        ] {
            assert_eq!(text_at(DOCUMENT, pointer), None, "{pointer}");
        }
        assert_eq!(text_at(br#"{"a":1"#, "/a"), None);
        assert_eq!(text_at(b"", ""), None);
        assert_eq!(text_at(b"{} {}", ""), None);
    }
}
