//! What a text column can hold.

use std::borrow::Cow;

/// A text with every NUL replaced, which PostgreSQL takes in no text. Only for what nothing is found by:
/// identifiers have none.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A key in which a NUL is written as `%00`: two keys that differ still do. Keys begin with the kind
/// of what they are about, so none is written like this already.
pub(super) fn storable_key(key: &str) -> Cow<'_, str> {
    if key.contains('\0') {
        let escaped = key.replace('%', "%25").replace('\0', "%00");
        Cow::Owned(format!("escaped:{escaped}"))
    } else {
        Cow::Borrowed(key)
    }
}

#[cfg(test)]
mod tests {
    use super::{storable, storable_key};

    #[test]
    fn only_what_cannot_be_stored_is_replaced() {
        assert_eq!(storable("a\0b\u{1}₹"), "a\u{fffd}b\u{1}₹");
    }

    #[test]
    fn keys_that_differ_are_stored_as_keys_that_differ() {
        assert_eq!(storable_key("payment:50%:p"), "payment:50%:p");
        assert_eq!(
            storable_key("payment:\0%00:p"),
            "escaped:payment:%00%2500:p"
        );
        assert_ne!(storable_key("payment:\0:p"), storable_key("payment:%00:p"));
    }
}
