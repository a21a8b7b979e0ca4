//! NUL characters in texts. PostgreSQL stores none, and SQLite does what PostgreSQL does.

use std::borrow::Cow;

use crate::accounting::TargetName;

/// Replaces every NUL by U+FFFD: in texts that are stored, and in those that rows are looked up by.
pub(super) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Writes every NUL of a key as `%00`, so that keys that differ still differ. Keys begin with the kind
/// of what they identify, so none begins with `escaped:` by itself.
pub(super) fn escaped_key(key: &str) -> Cow<'_, str> {
    if key.contains('\0') {
        let escaped = key.replace('%', "%25").replace('\0', "%00");
        Cow::Owned(format!("escaped:{escaped}"))
    } else {
        Cow::Borrowed(key)
    }
}

/// Returns the text by which a name is looked up, as it is stored.
pub(super) fn name_key(name: &TargetName) -> Cow<'_, str> {
    match name {
        TargetName::Payment(_) => Cow::Owned(escaped_key(&name.key()).into_owned()),
        _ => without_nul(name.id()),
    }
}

/// Reads back what [`escaped_key`] wrote.
pub(super) fn unescaped_key(key: String) -> String {
    match key.strip_prefix("escaped:") {
        Some(escaped) => escaped.replace("%00", "\0").replace("%25", "%"),
        None => key,
    }
}

#[cfg(test)]
mod tests {
    use super::{escaped_key, unescaped_key, without_nul};

    #[test]
    fn only_nul_is_replaced() {
        assert_eq!(without_nul("a\0b\u{1}₹"), "a\u{fffd}b\u{1}₹");
    }

    #[test]
    fn keys_that_differ_are_stored_as_keys_that_differ() {
        assert_eq!(escaped_key("payment:50%:p"), "payment:50%:p");
        assert_eq!(escaped_key("payment:\0%00:p"), "escaped:payment:%00%2500:p");
        assert_ne!(escaped_key("payment:\0:p"), escaped_key("payment:%00:p"));
        for key in ["payment:50%:p", "payment:\0%00:p", "payment:%25\0:p"] {
            assert_eq!(unescaped_key(escaped_key(key).into_owned()), key);
        }
    }
}
