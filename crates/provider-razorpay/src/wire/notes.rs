use std::borrow::Cow;
use std::collections::BTreeMap;

use payment_provider_http::json::{self, Raw};
use serde::Deserialize;

#[derive(Deserialize)]
struct Pair<'a> {
    #[serde(borrow, default)]
    key: Raw<'a>,
    #[serde(borrow, default)]
    value: Raw<'a>,
}

/// Returns the note with this key. Notes are an object, null, an empty list, or, after an update, a
/// list of keys and values.
pub(crate) fn note<'a>(notes: Raw<'a>, key: &str) -> Option<Cow<'a, str>> {
    if let Some(object) = json::optional_object::<BTreeMap<String, Raw<'_>>>(notes) {
        return json::optional_text(object.get(key).copied().flatten());
    }
    let list = json::array("notes", notes).ok()?;
    list.into_iter().find_map(|raw| {
        let pair: Pair<'_> = json::optional_object(Some(raw))?;
        let named = json::optional_text(pair.key)? == key;
        named.then(|| json::optional_text(pair.value)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[test]
    fn notes_are_read_in_each_of_their_forms() {
        for (json, expected) in [
            (r#"{"a":"1","b":"2"}"#, Some("2")),
            (r#"{"b":7,"a":null}"#, Some("7")),
            (
                r#"[{"key":"a","value":"1"},{"key":"b","value":"2"}]"#,
                Some("2"),
            ),
            (
                r#"["b",null,{"key":"b"},{"key":"b","value":"2"}]"#,
                Some("2"),
            ),
            (r#"{"b":{"c":"2"}}"#, None),
            (r#"{"a":"1"}"#, None),
            (r#"{"b":null}"#, None),
            ("[]", None),
            ("{}", None),
            ("null", None),
            ("\"b\"", None),
        ] {
            let raw: Option<&RawValue> = serde_json::from_str(json).unwrap();
            assert_eq!(note(raw, "b").as_deref(), expected, "{json}");
        }
    }
}
